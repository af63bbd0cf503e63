// The settings' names, bounds and comments; services/notification/config.yaml is tested against
// them.
#include "config.hpp"

#include "mail_message.hpp"

#include "sluice/curl/ca_file.hpp"

namespace sluice::notification {

void describe(config_visitor& v, rabbitmq_config& c) {
    describe(v, c.connection);
    describe(v, c.queues);
}

void describe(config_visitor& v, batch_config& c) {
    v.live().field(
        "max_results",
        c.max_results,
        "results in one insert; a batch is what is there, it is never waited for",
        {.minimum = 1, .maximum = 4096}
    );
    v.live()
        .field("max_bytes", c.max_bytes, "encoded results in one insert; a larger one goes alone");
    v.live()
        .field("in_flight", c.in_flight, "batches at the same time", {.minimum = 1, .maximum = 64});
    v.field(
        "prefetch",
        c.prefetch,
        "results that the broker may hand over unacknowledged; bounds memory while a server is "
        "away",
        {.minimum = 1, .maximum = 65535}
    );
}

void describe(config_visitor& v, events_config& c) {
    v.live().field(
        "stream_length",
        c.stream_length,
        "events kept for each user (about)",
        {.minimum = 10, .maximum = 1000000}
    );
    v.live()
        .field("stream_ttl", c.stream_ttl, "a user's events are forgotten after this long silence");
    v.live().field(
        "state_ttl",
        c.state_ttl,
        "how long the latest state of a submission is kept in Redis"
    );
    v.live().field(
        "frame_limit",
        c.frame_limit,
        "a larger frame carries shortened outputs and partial=true; the whole is read over HTTP"
    );
}

void describe(config_visitor& v, sweeper_config& c) {
    v.live().field("interval", c.interval, "how often overdue submissions are looked for");
    v.live().field(
        "grace",
        c.grace,
        "time past its deadline before a submission without a result is ended"
    );
    v.field("lookback", c.lookback, "how far back the first look after a start goes");
    v.live().field(
        "batch",
        c.batch,
        "submissions ended by one statement",
        {.minimum = 1, .maximum = 4096}
    );
}

void describe(config_visitor& v, webhooks_config& c) {
    describe(v, c.policy);
    v.field(
        "concurrency",
        c.concurrency,
        "deliveries sent at a time, each on a thread",
        {.minimum = 1, .maximum = 512}
    );
    v.field("per_host", c.per_host, "of these to one host", {.minimum = 1, .maximum = 512});
    v.field("per_user", c.per_user, "of these of one user", {.minimum = 1, .maximum = 512});
    v.field("connect_timeout", c.connect_timeout, "to resolve the host and to connect");
    v.field("timeout", c.timeout, "of a whole attempt");
    v.field(
        "max_tries",
        c.retries.max_tries,
        "attempts before a delivery has failed",
        {.minimum = 1, .maximum = 1000}
    );
    v.field("max_age", c.retries.max_age, "time after which it is not tried again");
    v.field("first_pause", c.retries.first_pause, "after the first attempt; doubles each time");
    v.field("longest_pause", c.retries.longest_pause, "between two attempts");
    v.field("max_body", c.max_body, "a larger one carries shortened outputs and partial=true");
    v.field("keep", c.keep, "how long the log of a delivery is kept after its end");
    v.field("interval", c.interval, "how often retries and replays are looked for");
    v.field("ca_file", c.ca_file, "PEM bundle for https; empty means the system's");
}

void describe(config_visitor& v, cache_config& c) {
    v.live().field("keep", c.keep, "how long a result answers others like it; 0s: not at all");
    v.live().field("max_result", c.max_result, "a larger result is not kept");
    v.live().field(
        "max_entries",
        c.max_entries,
        "results kept at a time; the one that would end first goes",
        {.minimum = 1, .maximum = 10'000'000}
    );
}

void describe(config_visitor& v, mail_config& c) {
    v.field("smtp_url", c.smtp_url, "smtp://host:587 or smtps://host:465; empty: no mail is sent");
    v.field("username", c.username, "empty: the server asks for none");
    v.field("password", c.password, "of that user");
    v.field("from", c.from, "an address, or Name <address>");
    v.field("public_url", c.public_url, "where users reach this installation; empty: no link");
    v.field("require_tls", c.require_tls, "STARTTLS or smtps; must be true in production");
    v.field("ca_file", c.ca_file, "PEM bundle for TLS; empty means the system's");
    v.field(
        "concurrency",
        c.concurrency,
        "mails sent at a time, each on a thread",
        {.minimum = 1, .maximum = 64}
    );
    v.field("per_host", c.per_host, "of these to one domain", {.minimum = 1, .maximum = 64});
    v.field("per_user", c.per_user, "of these of one user", {.minimum = 1, .maximum = 64});
    v.field("connect_timeout", c.connect_timeout, "to resolve the server and to connect");
    v.field("timeout", c.timeout, "of a whole attempt");
    v.field(
        "max_tries",
        c.retries.max_tries,
        "attempts before a mail has failed",
        {.minimum = 1, .maximum = 1000}
    );
    v.field("max_age", c.retries.max_age, "time after which it is not tried again");
    v.field("first_pause", c.retries.first_pause, "after the first attempt; doubles each time");
    v.field("longest_pause", c.retries.longest_pause, "between two attempts");
    v.field("max_output", c.max_output, "of each output in the mail; the rest is behind the link");
    v.field("keep", c.keep, "how long the log of a mail is kept after its end");
    v.field("interval", c.interval, "how often retries are looked for");
}

void describe(config_visitor& v, config& c) {
    v.choice(
        "environment",
        c.environment,
        {"development", "production"},
        "production refuses what is insecure outside a laptop"
    );
    v.section("log", c.log, "");
    v.section("admin", c.admin, "internal listener: metrics, health");
    v.section("rabbitmq", c.rabbitmq, "where results and progress come from");
    v.section("redis", c.redis, "event streams, states and the way to the websocket nodes");
    v.section("postgres", c.postgres, "where results are kept");
    v.section("batch", c.batch, "how results are put together");
    v.section("events", c.events, "what is kept for users who come back");
    v.section("sweeper", c.sweeper, "ends submissions whose result never came");
    v.section("webhooks", c.webhooks, "callbacks; the first four as in the submission service");
    v.section("cache", c.cache, "results of submissions with cache: true, for others like them");
    v.section("mail", c.mail, "mail when done");
    v.field("connect_timeout", c.connect_timeout, "longest wait for the three servers at start");
    v.live().field("drain_grace", c.drain_grace, "time to finish what is in hand after SIGTERM");
}

std::vector<std::string> unfit_settings(const config& c) {
    const bool is_production = c.environment == "production";
    std::vector<std::string> problems = domain::unfit_settings(c.webhooks.policy, is_production);
    for (const auto* time :
         {&c.webhooks.timeout,
          &c.webhooks.connect_timeout,
          &c.webhooks.interval,
          &c.webhooks.retries.first_pause}) {
        if (time->count() > 0) continue;
        problems.push_back("webhooks: timeouts, pauses and the interval must be above zero");
    }
    if (c.webhooks.policy.enabled) {
        const auto wrong = curl::ca_file_problem(c.webhooks.ca_file);
        if (!wrong.empty()) problems.push_back("webhooks.ca_file: " + wrong);
    }
    if (c.mail.is_on()) {
        const auto wrong = curl::ca_file_problem(c.mail.ca_file);
        if (!wrong.empty()) problems.push_back("mail.ca_file: " + wrong);
    }
    if (c.mail.is_on() && !mail_address(c.mail.from)) {
        problems.push_back("mail.from is no address: set SLUICE__MAIL__FROM");
    }
    for (const auto* time :
         {&c.mail.timeout,
          &c.mail.connect_timeout,
          &c.mail.interval,
          &c.mail.retries.first_pause}) {
        if (time->count() > 0) continue;
        problems.push_back("mail: timeouts, pauses and the interval must be above zero");
    }
    if (c.environment != "production") return problems;
    if (c.mail.is_on() && !c.mail.require_tls) {
        problems.push_back("mail.require_tls is off: set SLUICE__MAIL__REQUIRE_TLS=true");
    }
    if (c.rabbitmq.connection.url.value.find("//guest:guest@") != std::string::npos) {
        problems.push_back(
            "rabbitmq.url uses guest:guest: refused in production. Give this service a user of its "
            "own."
        );
    }
    const std::string& redis = c.redis.url.value;
    if (redis.starts_with("redis://") && redis.find('@') == std::string::npos) {
        problems.push_back(
            "redis.url has no user and password: refused in production. Give this service an ACL "
            "user of its own."
        );
    }
    return problems;
}

}  // namespace sluice::notification
