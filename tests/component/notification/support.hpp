// The real servers of these tests, started once, and what every case needs of them.
#pragma once

#include "ports.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/postgres/pool.hpp"
#include "sluice/redis/client.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace sluice::notification::real {

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(sluice::describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

inline sluice::testing::private_server& postgres_server() {
    static const auto server = [] {
        auto fresh = sluice::testing::start_postgres();
        postgres::config c;
        c.url.value = fresh->url();
        need(postgres::migrate(c, "deployments/postgres/migrations"));
        return fresh;
    }();
    return *server;
}
inline sluice::testing::private_server& redis_server() {
    static const auto server = sluice::testing::start_redis();
    return *server;
}
inline sluice::testing::private_server& rabbitmq_server() {
    static const auto server = sluice::testing::start_rabbitmq();
    return *server;
}

inline submission_id fresh_id() {
    return submission_id(uuid::time_v7(unix_ms(system_clock().now())));
}
// Of the database's precision, so that it compares after a round trip.
inline domain::run_result a_result(submission_id id, std::string output = "hello\n") {
    domain::run_result r;
    r.id = id;
    r.correlation_id = correlation_id(uuid::random_v4());
    r.user_id = "alice";
    r.language = "python3";
    r.status = domain::status::accepted;
    r.exit_code = 0;
    r.stdout_bytes = std::move(output);
    r.worker_id = "w1";
    r.cpu_us = 1234;
    r.times.created_at = system_clock().now();
    r.times.persisted_at = system_clock().now();
    return r;
}

// A client and a pool on one loop.
struct servers {
    asio::io_context io;
    postgres::config postgres_settings;
    redis::config redis_settings;
    std::unique_ptr<postgres::pool> pool;
    std::unique_ptr<redis::client> redis;

    template <class Make>
    auto run(Make make) {
        return sluice::testing::run_coro(io, std::move(make));
    }

    servers() {
        postgres_settings.url.value = postgres_server().url();
        redis_settings.url.value = redis_server().url();
        const auto ex = io.get_executor();
        pool = std::make_unique<postgres::pool>(ex, "test", postgres_settings);
        redis = std::make_unique<redis::client>(ex, "test", redis_settings);
        const auto until = deadline::in(std::chrono::seconds(10));
        need(run([&] { return pool->connect(until); }));
        need(run([&] { return redis->connect(until); }));
    }
    ~servers() {
        run([&] { return pool->close(); });
        run([&] { return redis->close(); });
    }
    redis::reply command(std::vector<std::string> words) {
        return need(run([&] { return redis->command(words); }));
    }
    postgres::rows query(std::string sql, std::vector<postgres::param> params = {}) {
        return need(run([&] { return pool->query(sql, params); }));
    }
    void accept(submission_id id, wall_time deadline_at, const std::string& version = "") {
        query(
            "insert into submissions (id, user_id, correlation_id, language, version, limits, "
            "task, created_at, deadline_at) values ($1::uuid, 'alice', $2::uuid, 'python3', "
            "$3::text, '{11,12,13,14,15,16,17,18,19,20}', '', $4::timestamptz, $5::timestamptz)",
            {id, uuid::random_v4(), version, deadline_at - std::chrono::minutes(5), deadline_at}
        );
    }
};

}  // namespace sluice::notification::real
