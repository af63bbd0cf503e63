// One PostgreSQL for all cases, migrated once; each case uses users of its own.
#pragma once

#include "adapters/postgres_outbox.hpp"
#include "adapters/postgres_store.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace sluice::submission::testing {

inline sluice::testing::private_server& server() {
    static const auto started = sluice::testing::start_postgres();
    return *started;
}

inline const postgres::config& database() {
    static const postgres::config c = [] {
        postgres::config made;
        made.url.value = server().url();
        made.pool_size = 4;
        const auto applied = postgres::migrate(made, "deployments/postgres/migrations");
        if (!applied) throw std::runtime_error(describe(applied.error()));
        return made;
    }();
    return c;
}

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

[[noreturn]] inline void rethrow(const std::string&, std::exception_ptr thrown) {
    std::rethrow_exception(thrown);
}

// A pool with the two adapters, connected, for one case.
struct storage {
    asio::io_context io;
    runtime::gate tasks{io.get_executor(), rethrow};
    postgres::pool pool{io.get_executor(), "test", database()};
    postgres_store store{pool};
    postgres_outbox outbox{pool};

    template <class Body>
    void run(Body body) {
        sluice::testing::run_coro(io, [&]() -> awaitable<void> {
            need(co_await pool.connect(deadline::in(std::chrono::seconds(10))));
            co_await body();
            co_await tasks.close(std::chrono::seconds(5));
            co_await pool.close();
        });
    }
    awaitable<std::int64_t> number(std::string sql) {
        auto found = need(co_await pool.query(std::move(sql)));
        co_return found[0].integer("n");
    }
};

inline user_id new_user() {
    return "user-" + uuid::random_v4().to_string();
}

inline new_submission make_row(user_id owner, wall_time created = system_clock().now()) {
    new_submission row;
    row.task.id = submission_id(uuid::time_v7(unix_ms(created)));
    row.task.correlation_id = correlation_id(uuid::random_v4());
    row.task.user_id = std::move(owner);
    row.task.language = "python3";
    row.task.files.push_back({"main.py", std::string("print('\0')", 11)});
    row.task.limits.cpu_time_ms = 2000;
    row.task.limits.stack_bytes = 64 << 20;
    row.task.created_at = created;
    row.task.deadline_at = created + std::chrono::hours(1);
    row.encoded_task = messages::encode(row.task);
    row.forget_keys_before = created - std::chrono::hours(24);
    return row;
}

inline new_submission make_row_with_key(
    user_id owner,
    std::string key,
    std::string digest,
    wall_time created = system_clock().now()
) {
    new_submission row = make_row(std::move(owner), created);
    row.idempotency = idempotency{std::move(key), std::move(digest)};
    return row;
}

// What notification does, as far as reading it back is concerned.
inline awaitable<void>
finish(postgres::pool& pool, const domain::task& task, domain::status status) {
    domain::run_result r;
    r.id = task.id;
    r.correlation_id = task.correlation_id;
    r.user_id = task.user_id;
    r.language = task.language;
    r.status = status;
    r.stdout_bytes = std::string("out\0\xff", 5);
    r.worker_id = "w";
    r.cpu_us = 1500;
    std::vector<postgres::param> params;
    params.emplace_back(task.id);
    params.emplace_back(task.user_id);
    params.emplace_back(domain::to_string(status));
    params.emplace_back(postgres::bytes{messages::encode(r)});
    need(co_await pool.query(
        "with stored as (insert into results (submission_id, user_id, language, status, cpu_us, "
        "wall_us, memory_peak_bytes, worker_id, attempt, result, persisted_at) values ($1::uuid, "
        "$2::text, 'python3', $3::text, 1500, 2500, 1024, 'w', 1, $4::bytea, now())) "
        "insert into usage_days as u (user_id, key_id, day, cpu_us, wall_us, bytes, submissions, " +
            std::string(domain::to_string(status)) +
            ") values ($2::text, '00000000-0000-0000-0000-000000000000', now()::date, 1500, 2500, "
            "octet_length($4::bytea), 1, 1) on conflict (user_id, key_id, day) do update set "
            "cpu_us = u.cpu_us + 1500, wall_us = u.wall_us + 2500, bytes = u.bytes + "
            "excluded.bytes, submissions = u.submissions + 1, " +
            std::string(domain::to_string(status)) + " = u." +
            std::string(domain::to_string(status)) + " + 1",
        std::move(params)
    ));
}

}  // namespace sluice::submission::testing
