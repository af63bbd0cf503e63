// The settings' names, bounds and comments; services/notification/config.yaml is tested against
// them.
#include "config.hpp"

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
    v.field("connect_timeout", c.connect_timeout, "longest wait for the three servers at start");
    v.live().field("drain_grace", c.drain_grace, "time to finish what is in hand after SIGTERM");
}

std::vector<std::string> unfit_settings(const config& c) {
    std::vector<std::string> problems;
    if (c.environment != "production") return problems;
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
