// Names, comments and bounds of the settings. config_checks.cpp looks at several at once.
#include "config.hpp"

namespace sluice::submission {

void describe(config_visitor& v, log_section& c) {
    v.live().choice(
        "level",
        c.level,
        {"debug", "info", "warn", "error"},
        "lines below this are not written; the admin listener changes it while running"
    );
}

void describe(config_visitor& v, rabbitmq_section& c) {
    describe(v, c.connection);
    describe(v, c.queues);
}

void describe(config_visitor& v, auth_section& c) {
    v.live().secret_keys(
        "tokens",
        c.tokens,
        "bearer token → user id; the demo token is refused in production"
    );
    v.live().field("admins", c.admins, "user ids of the tokens' users who may administer");
    v.field("registration", c.registration, "anybody may make an account");
    v.field(
        "max_keys_per_user",
        c.max_keys_per_user,
        "API keys of one account",
        {.minimum = 1, .maximum = 1000}
    );
    v.section("passwords", c.passwords, "of accounts");
    v.section("attempts", c.attempts, "sign-ins and registrations; above: 429");
    v.section("sessions", c.sessions, "what a sign-in gives");
    v.section("first_admin", c.first_admin, "made by sluice-submission --create-admin");
}

void describe(config_visitor& v, passwords_section& c) {
    v.field("strict", c.strict, "refuse short and trivial passwords; must be true in production");
    v.field("hash_memory", c.hash_memory, "of one argon2id hash; production wants 19MiB at least");
    v.field(
        "hash_iterations",
        c.hash_iterations,
        "passes over that memory; production wants 2 at least",
        {.minimum = 1, .maximum = 100}
    );
    v.field(
        "hash_threads",
        c.hash_threads,
        "hashes computed at a time, each with its memory",
        {.minimum = 1, .maximum = 64}
    );
    v.field(
        "max_waiting",
        c.max_waiting,
        "hashes that may wait for a thread; above: 503",
        {.minimum = 0, .maximum = 10'000}
    );
}

void describe(config_visitor& v, attempts_section& c) {
    v.field(
        "per_account",
        c.per_account,
        "failed sign-ins with one name in a window",
        {.minimum = 1, .maximum = 1'000'000}
    );
    v.field(
        "per_address",
        c.per_address,
        "attempts from one client address in a window; an IPv6 client counts by its /64",
        {.minimum = 1, .maximum = 1'000'000}
    );
    v.field("window", c.window, "after this the counts begin anew");
}

void describe(config_visitor& v, sessions_section& c) {
    v.field("lifetime", c.lifetime, "a session ends after this, used or not");
    v.field("idle", c.idle, "a session ends when it was not used for so long");
    v.field(
        "max_per_user",
        c.max_per_user,
        "sessions of one account; the oldest goes",
        {.minimum = 1, .maximum = 1000}
    );
    v.field(
        "secure_cookies",
        c.secure_cookies,
        "cookies travel over HTTPS only; must be true in production"
    );
    v.choice(
        "same_site",
        c.same_site,
        {"lax", "strict"},
        "strict: not even a link from another site carries the cookie"
    );
}

void describe(config_visitor& v, first_admin_section& c) {
    v.field("name", c.name, "user name, or an e-mail address");
    v.field("password", c.password, "empty: one is made up and printed, once");
}

void describe(config_visitor& v, outbox_section& c) {
    v.live().field(
        "max_pending",
        c.max_pending,
        "accepted submissions that may wait for the broker; above: 503",
        {.minimum = 1, .maximum = 10'000'000}
    );
    v.field("confirm_timeout", c.confirm_timeout, "longest wait for the broker's confirm");
    v.live()
        .field("settle_after", c.settle_after, "age at which an unpublished row is taken up again");
    v.live().field("sweep_interval", c.sweep_interval, "time between looks at the outbox");
    v.live().field(
        "batch",
        c.batch,
        "rows that one sweep takes at once",
        {.minimum = 1, .maximum = 10'000}
    );
    v.live().field(
        "requeue_after",
        c.requeue_after,
        "a task without a result this long after its publish is published again"
    );
    v.live().field(
        "max_publishes",
        c.max_publishes,
        "how often one task is published at most",
        {.minimum = 1, .maximum = 100}
    );
}

void describe(config_visitor& v, quotas_section& c) {
    describe(v, c.user);
    v.section("per_key", c.per_key, "of one API key, beside those of its user; 0: no limit");
    v.live().field(
        "max_queued",
        c.max_queued,
        "accepted submissions of all users that may wait; above: 503; 0: no limit",
        {.minimum = 0, .maximum = 100'000'000}
    );
    v.live().field(
        "window",
        c.window,
        "tasks of one user that may stand in the queue or run, the rest waits its turn; 0: four "
        "for each slot, at least eight",
        {.minimum = 0, .maximum = 1'000'000}
    );
}

namespace {

template <class Section>
void describe_quotas(config_visitor& v, Section& c) {
    constexpr std::int64_t most = 1'000'000'000;
    v.live().field(
        "requests_per_second",
        c.requests_per_second,
        "requests of all kinds; above: 429; 0: no limit, as with the others",
        {.minimum = 0, .maximum = 10'000'000}
    );
    v.live().field(
        "submissions_in_flight",
        c.submissions_in_flight,
        "accepted submissions without a result",
        {.minimum = 0, .maximum = most}
    );
    v.live().field(
        "cpu_seconds_per_day",
        c.cpu_seconds_per_day,
        "processor time of all that ended on this day (UTC)",
        {.minimum = 0, .maximum = most}
    );
    v.live().field("stored_bytes", c.stored_bytes, "kept tasks, results and uploads");
}

}  // namespace

void describe(config_visitor& v, quota_section& c) {
    describe_quotas(v, c);
}

void describe(config_visitor& v, key_quota_section& c) {
    describe_quotas(v, c);
}

void describe(config_visitor& v, submissions_section& c) {
    v.live().field("lifetime", c.lifetime, "a submission without a result after this is ended");
    v.live()
        .field("idempotency_keep", c.idempotency_keep, "how long an Idempotency-Key is remembered");
    v.live().field(
        "max_batch_items",
        c.max_batch_items,
        "submissions in one batch",
        {.minimum = 1, .maximum = 5000}
    );
}

void describe(config_visitor& v, history_section& c) {
    v.live().field(
        "keep_days",
        c.keep_days,
        "a submission is deleted after so many days, once all of its partition is that old; 0: "
        "never",
        {.minimum = 0, .maximum = 36'500}
    );
    v.live().field(
        "keep_count",
        c.keep_count,
        "of each user the newest so many are kept; 0: all",
        {.minimum = 0, .maximum = 1'000'000'000}
    );
    v.field(
        "partition_days",
        c.partition_days,
        "of how many days the submissions are that are dropped together",
        {.minimum = 1, .maximum = 366}
    );
    v.live().field("sweep_interval", c.sweep_interval, "how often it is looked after");
    v.field("full_text", c.full_text, "keep the words of new programs, for ?q= of the history");
}

void describe(config_visitor& v, cache_section& c) {
    v.field(
        "enabled",
        c.enabled,
        "submissions with cache: true may be answered by earlier results"
    );
    v.field("shared", c.shared, "by those of other users too");
}

void describe(config_visitor& v, compatibility_section& c) {
    v.field("system_a", c.system_a, "the cloud job service's: docs/api/system-a.md");
    v.field("system_d", c.system_d, "/auth/register, /api/run_code and so on");
    v.field("system_e", c.system_e, "pages for a browser: /login, /run");
}

void describe(config_visitor& v, jobs_section& c) {
    v.field(
        "max_searches",
        c.max_searches,
        "job searches that are followed at a time, over gRPC and HTTP",
        {.minimum = 1, .maximum = 100'000}
    );
}

void describe(config_visitor& v, limits_section& c) {
    v.live().field(
        "defaults",
        c.defaults,
        "limit name → default, where it differs from GET /api/v1/limits"
    );
    v.live().field("maxima", c.maxima, "limit name → largest value a client may ask for");
}

void describe(config_visitor& v, migrations_section& c) {
    v.field("on_start", c.on_start, "apply missing migrations before serving");
}

void describe(config_visitor& v, tickets_section& c) {
    v.field(
        "websocket_url",
        c.websocket_url,
        "address of the WebSocket service shown with a ticket; empty: the path /ws"
    );
}

void describe(config_visitor& v, mail_section& c) {
    v.field(
        "enabled",
        c.enabled,
        "mail when done is accepted; the notification service's mail.smtp_url says where it goes"
    );
}

void describe(config_visitor& v, config& c) {
    v.choice(
        "environment",
        c.environment,
        {"development", "production"},
        "production refuses insecure defaults"
    );
    v.section("log", c.log, "JSON lines on stderr");
    v.section("http", c.http, "the public listener");
    v.section("grpc", c.grpc, "the gRPC listener of the job worker's interface");
    v.section("admin", c.admin, "the internal listener: metrics, health, log level");
    v.section("rabbitmq", c.rabbitmq, "the broker and its queues");
    v.section("redis", c.redis, "finished channels, running states, tickets, workers");
    v.section("postgres", c.postgres, "the truth: submissions and idempotency keys");
    v.section("auth", c.auth, "who may call");
    v.section("outbox", c.outbox, "what is stored but not yet confirmed by the broker");
    v.section("submissions", c.submissions, "how long things are kept");
    v.section(
        "quotas",
        c.quotas,
        "what one user may use up, unless an administrator says otherwise"
    );
    v.section("history", c.history, "what becomes of submissions after their end");
    v.section("cache", c.cache, "results as answers; the notification service keeps them");
    v.section("compatibility", c.compatibility, "interfaces of older systems");
    v.section("jobs", c.jobs, "the job worker's interface, gRPC and HTTP");
    v.section("limits", c.limits, "changes to the limits table");
    v.section("webhooks", c.webhooks, "where callbacks may go; as in the notification service");
    v.section("mail", c.mail, "mail when done");
    v.section("tickets", c.tickets, "single-use tickets for WebSocket");
    v.section("uploads", c.uploads, "stored programs");
    v.section("migrations", c.migrations, "database schema");
    v.field("migrations_folder", c.migrations_folder, "numbered SQL files");
    v.field(
        "postgres_owner_url",
        c.postgres_owner_url,
        "login that may change the schema, for migrations only; empty: postgres.url"
    );
    v.field("languages_folder", c.languages_folder, "the language catalogue");
    v.field(
        "start_timeout",
        c.start_timeout,
        "longest wait for the servers at start; what is away then is connected later"
    );
    v.live().field("drain_grace", c.drain_grace, "time that running requests get at shutdown");
}

}  // namespace sluice::submission
