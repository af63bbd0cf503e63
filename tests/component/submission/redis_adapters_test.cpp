// Waiter, tickets, states and workers against a real Redis.
#include "adapters/redis_states.hpp"
#include "adapters/redis_tickets.hpp"
#include "adapters/redis_waiter.hpp"
#include "adapters/redis_workers.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/live.hpp"
#include "sluice/messages/tokens.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>

namespace sluice::submission::testing {
namespace {

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

sluice::testing::private_server& server() {
    static const auto started = sluice::testing::start_redis();
    return *started;
}

redis::config settings() {
    redis::config c;
    c.url.value = server().url();
    return c;
}

deadline soon() {
    return deadline::in(std::chrono::seconds(5));
}

submission_id new_id() {
    return submission_id(uuid::time_v7(unix_ms(system_clock().now())));
}

struct connected {
    asio::io_context io;
    runtime::gate tasks{io.get_executor(), [](const std::string&, std::exception_ptr thrown) {
                            std::rethrow_exception(thrown);
                        }};
    redis::client client{io.get_executor(), "test", settings()};
    redis_waiter waiter{io.get_executor(), settings(), tasks, client};

    template <class Body>
    void run(Body body) {
        sluice::testing::run_coro(io, [&]() -> awaitable<void> {
            need(co_await client.connect(soon()));
            need(co_await waiter.connect(soon()));
            co_await body();
            co_await tasks.close(std::chrono::seconds(5));
            co_await waiter.close();
            co_await client.close();
        });
    }
    awaitable<redis::reply> command(std::vector<std::string> words) {
        co_return need(co_await client.command(std::move(words)));
    }
    awaitable<void> publish_end(submission_id id) {
        std::vector<std::string> words{"PUBLISH", messages::keys::finished_channel(id), "accepted"};
        co_await command(std::move(words));
    }
};

}  // namespace

TEST_CASE("a watch that is ready hears the end of its submission and of no other") {
    connected c;
    c.run([&]() -> awaitable<void> {
        const auto mine = new_id();
        const auto other = new_id();
        const auto watch = c.waiter.watch(mine);
        const auto beside = c.waiter.watch(other);
        need(co_await watch->ready());
        need(co_await beside->ready());
        co_await c.publish_end(mine);
        need(co_await watch->next(soon()));
        const auto none = co_await beside->next(deadline::in(std::chrono::milliseconds(50)));
        REQUIRE(none.has_error());
        CHECK(none.error() == errc::timeout);
    });
}

TEST_CASE(
    "two who watch one submission both hear, and one that leaves does not take the other along"
) {
    connected c;
    c.run([&]() -> awaitable<void> {
        const auto id = new_id();
        const auto stays = c.waiter.watch(id);
        auto leaves = c.waiter.watch(id);
        need(co_await stays->ready());
        need(co_await leaves->ready());
        leaves.reset();
        co_await c.publish_end(id);
        need(co_await stays->next(soon()));
    });
}

TEST_CASE("who follows a submission hears its output and its end, and reads what is stored") {
    connected c;
    c.run([&]() -> awaitable<void> {
        const auto id = new_id();
        runtime::event woken(c.io.get_executor());
        const auto watch = c.waiter.watch(id, woken);
        need(co_await watch->ready());
        CHECK_FALSE(watch->take_output());
        domain::output_piece piece;
        piece.id = id;
        piece.seq = 1;
        piece.data = "said";
        const std::string key = messages::keys::output_stream(id);
        std::vector<std::string> add{"XADD", key, "1-1", "m", messages::encode(piece)};
        co_await c.command(std::move(add));
        std::vector<std::string> tell{"PUBLISH", key, "x"};
        co_await c.command(std::move(tell));
        need(co_await woken.wait(soon()));
        woken.reset();
        CHECK(watch->take_output());
        CHECK_FALSE(watch->take_output());
        CHECK_FALSE(watch->take_end());
        const auto stored = need(co_await c.waiter.read(id, 1, 0, 10));
        REQUIRE(stored.size() == 1);
        CHECK(stored[0].data == "said");
        CHECK(need(co_await c.waiter.read(id, 1, 1, 10)).empty());
        co_await c.publish_end(id);
        need(co_await woken.wait(soon()));
        CHECK(watch->take_end());
        std::vector<std::string> clear{"DEL", key};
        co_await c.command(std::move(clear));
    });
}

TEST_CASE("a submission can be watched again after the last watch left") {
    connected c;
    c.run([&]() -> awaitable<void> {
        const auto id = new_id();
        c.waiter.watch(id).reset();
        const auto again = c.waiter.watch(id);
        need(co_await again->ready());
        co_await c.publish_end(id);
        need(co_await again->next(soon()));
    });
}

TEST_CASE("a lost connection wakes every watch once it is back") {
    connected c;
    c.run([&]() -> awaitable<void> {
        const auto watch = c.waiter.watch(new_id());
        need(co_await watch->ready());
        std::vector<std::string> kill{"CLIENT", "KILL", "TYPE", "pubsub"};
        co_await c.command(std::move(kill));
        need(co_await watch->next(soon()));
    });
}

TEST_CASE("a drain releases all who wait") {
    connected c;
    c.run([&]() -> awaitable<void> {
        const auto watch = c.waiter.watch(new_id());
        need(co_await watch->ready());
        c.waiter.release_all();
        const auto released = co_await watch->next(soon());
        REQUIRE(released.has_error());
        CHECK(released.error() == errc::shutting_down);
    });
}

TEST_CASE("a ticket is stored under its digest, with its user, his token and its minute") {
    connected c;
    redis_tickets tickets(c.client);
    c.run([&]() -> awaitable<void> {
        ticket_maker ada{"ada", messages::token_digest("her token")};
        need(co_await tickets.put("a-ticket", ada, std::chrono::seconds(60)));
        const std::string key = messages::keys::ticket("a-ticket");
        CHECK(key.find("a-ticket") == std::string::npos);
        std::vector<std::string> get{"GET", key};
        const auto kept = co_await c.command(std::move(get));
        const auto entry = messages::decode_ticket_entry(kept.text);
        REQUIRE(entry);
        CHECK(entry->owner == "ada");
        CHECK(entry->token_sha256 == ada.token_sha256);
        std::vector<std::string> ttl{"TTL", key};
        const auto left = (co_await c.command(std::move(ttl))).integer;
        CHECK(left > 50);
        CHECK(left <= 60);
    });
}

TEST_CASE("a submission runs when its state in Redis is past queued") {
    connected c;
    redis_states states(c.client);
    c.run([&]() -> awaitable<void> {
        const auto running = new_id();
        const auto queued = new_id();
        const auto unknown = new_id();
        std::vector<std::string> one{
            "HSET",
            messages::keys::submission_state(running),
            "status",
            "running"};
        co_await c.command(std::move(one));
        std::vector<std::string> two{
            "HSET",
            messages::keys::submission_state(queued),
            "status",
            "queued"};
        co_await c.command(std::move(two));
        std::vector<submission_id> ids{running, queued, unknown};
        const auto found = co_await states.running(std::move(ids));
        CHECK(found == std::vector{true, false, false});
    });
}

TEST_CASE("live workers are known, expired ones are not") {
    connected c;
    redis_workers workers(c.client, system_clock());
    c.run([&]() -> awaitable<void> {
        const auto now = unix_ms(system_clock().now());
        const std::vector<std::pair<std::string, std::int64_t>> announced{
            {"live", now + 30'000},
            {"dead", now - 1}};
        for (const auto& [id, expiry] : announced) {
            messages::worker_report report;
            report.worker_id = id;
            domain::language_availability a;
            a.id = "language-of-" + id;
            a.is_available = true;
            report.languages.push_back(a);
            std::vector<std::string> add{
                "ZADD",
                messages::keys::instance_index("execution"),
                std::to_string(expiry),
                id};
            co_await c.command(std::move(add));
            std::vector<std::string> set{
                "SET",
                messages::keys::instance("execution", id),
                messages::encode_worker_report(report)};
            co_await c.command(std::move(set));
        }
        const auto known = co_await workers.fresh();
        CHECK(known.is_known);
        CHECK(known.find("language-of-live") != nullptr);
        CHECK(known.find("language-of-dead") == nullptr);
        CHECK(workers.last_known().is_known);
    });
}

}  // namespace sluice::submission::testing
