// The real Redis of these tests, started once, and a client for each case.
#pragma once

#include "adapters/redis_events.hpp"
#include "adapters/redis_sessions.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/testing/manual_clock.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace sluice::websocket::real {

namespace keys = sluice::messages::keys;

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(sluice::describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

inline sluice::testing::private_server& redis_server() {
    static const auto server = sluice::testing::start_redis();
    return *server;
}

struct with_redis {
    template <class Make>
    auto run(Make make) {
        return sluice::testing::run_coro(io, std::move(make));
    }

    asio::io_context io;
    redis::config settings = [] {
        redis::config c;
        c.url.value = redis_server().url();
        return c;
    }();
    redis::client client{io.get_executor(), "test", settings};
    std::string user = "u" + uuid::random_v4().to_string();

    with_redis() {
        const auto until = deadline::in(std::chrono::seconds(10));
        need(run([&] { return client.connect(until); }));
    }
    ~with_redis() {
        run([&] { return client.close(); });
    }
    redis::reply command(std::vector<std::string> words) {
        return need(run([&] { return client.command(words); }));
    }
    // Stores an event as notification does; its id.
    std::string store(const std::string& text) {
        return command({"XADD", keys::user_events(user), "*", "frame", R"({"t":")" + text + "\"}"})
            .text;
    }
    std::vector<std::string> members() {
        std::vector<std::string> out;
        for (const auto& m : command({"ZRANGE", keys::user_sessions(user), "0", "-1"}).items)
            out.push_back(m.text);
        return out;
    }
};

}  // namespace sluice::websocket::real
