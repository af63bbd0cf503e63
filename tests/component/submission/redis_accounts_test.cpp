// Copies of tokens and counts of attempts in a real Redis, and argon2id on real threads.
#include "adapters/argon2_hasher.hpp"
#include "adapters/redis_attempts.hpp"
#include "adapters/redis_shared_tokens.hpp"

#include "sluice/messages/topology.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/testing/manual_clock.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <sys/resource.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <thread>

namespace sluice::submission::testing {
namespace {

sluice::testing::private_server& server() {
    static const auto started = sluice::testing::start_redis();
    return *started;
}

struct redis_world {
    asio::io_context io;
    redis::config config;
    sluice::testing::manual_clock time;
    std::unique_ptr<redis::client> client;
    std::unique_ptr<redis_shared_tokens> shared;
    std::string digest = digest_of_token(make_token(token_kind::session));

    redis_world() {
        config.url.value = server().url();
        client = std::make_unique<redis::client>(io.get_executor(), "test", config);
        shared = std::make_unique<redis_shared_tokens>(*client);
    }
    template <class Body>
    void run(Body body) {
        sluice::testing::run_coro(io, [&]() -> awaitable<void> {
            const auto up = co_await client->connect(deadline::in(std::chrono::seconds(5)));
            REQUIRE(up);
            co_await body();
            co_await client->close();
        });
    }
    static token_facts some_facts() {
        token_facts facts;
        facts.id = uuid::random_v4();
        facts.owner = "ada";
        facts.role = role::admin;
        facts.scopes = parse_scopes("read,admin");
        facts.expires_at = from_unix_ms(4'000'000'000'123);
        return facts;
    }
    awaitable<shared_answer> found() {
        auto answer = co_await shared->find(digest);
        REQUIRE(answer.has_value());
        co_return std::move(*answer);
    }
    awaitable<void> put(std::chrono::milliseconds lives) {
        const auto done = co_await shared->put(digest, some_facts(), lives);
        CHECK(done);
    }
    awaitable<std::int64_t> number(std::vector<std::string> words) {
        const auto answer = co_await client->command(std::move(words));
        REQUIRE(answer.has_value());
        co_return answer->integer;
    }
};

}  // namespace

TEST_CASE("a token comes back from Redis as it was put there, under its digest, for its time") {
    redis_world w;
    w.run([&]() -> awaitable<void> {
        CHECK((co_await w.found()).what == shared_answer::kind::absent);
        co_await w.put(std::chrono::minutes(1));
        const auto answer = co_await w.found();
        REQUIRE(answer.what == shared_answer::kind::known);
        CHECK(answer.facts.owner == "ada");
        CHECK(answer.facts.role == role::admin);
        CHECK(answer.facts.kind == token_kind::session);
        CHECK(answer.facts.scopes == parse_scopes("read,admin"));
        CHECK(answer.facts.expires_at == from_unix_ms(4'000'000'000'123));
        std::vector<std::string> ttl{"PTTL", messages::keys::token(w.digest)};
        const auto left = co_await w.number(std::move(ttl));
        CHECK(left > 50'000);
        CHECK(left <= 60'000);
    });
}

TEST_CASE("a late reader cannot write a revoked token back") {
    redis_world w;
    w.run([&]() -> awaitable<void> {
        std::vector<std::string> digests(1, w.digest);
        const auto told = co_await w.shared->revoked(std::move(digests));
        CHECK(told);
        co_await w.put(std::chrono::minutes(1));
        CHECK((co_await w.found()).what == shared_answer::kind::revoked);
    });
}

TEST_CASE("an entry that is not ours is none") {
    redis_world w;
    w.run([&]() -> awaitable<void> {
        for (const char* text : {"", "{}", "[]", "{\"id\":7}", "\xff", "{\"user_id\":\"root\"}"}) {
            std::vector<std::string> set{"SET", messages::keys::token(w.digest), text};
            co_await w.number(std::move(set));
            CHECK((co_await w.found()).what == shared_answer::kind::absent);
        }
    });
}

TEST_CASE("attempts are counted by account and address together, in one window, and forgiven") {
    redis_world w;
    redis_attempts attempts(*w.client, w.time, {2, 4, std::chrono::minutes(5)});
    const std::string login = uuid::random_v4().to_string();
    w.run([&]() -> awaitable<void> {
        const std::string here = uuid::random_v4().to_string();
        CHECK((co_await attempts.attempt(login, here)).is_allowed);
        CHECK((co_await attempts.attempt(login, here)).is_allowed);
        const auto no = co_await attempts.attempt(login, here);
        CHECK_FALSE(no.is_allowed);
        CHECK(no.retry_after > std::chrono::minutes(4));
        CHECK(no.retry_after <= std::chrono::minutes(5));
        CHECK((co_await attempts.attempt("", here)).is_allowed);
        CHECK_FALSE((co_await attempts.attempt("", here)).is_allowed);

        const std::string there = uuid::random_v4().to_string();
        CHECK_FALSE((co_await attempts.attempt(login, there)).is_allowed);
        co_await attempts.succeeded(login, there);
        CHECK((co_await attempts.attempt(login, there)).is_allowed);
    });
}

TEST_CASE("a login may be any bytes, and stands in no key") {
    redis_world w;
    redis_attempts attempts(*w.client, w.time, {1, 100, std::chrono::minutes(5)});
    w.run([&]() -> awaitable<void> {
        const std::string login = std::string("my\0secret\r\n", 11) + std::string(4096, 'x');
        CHECK((co_await attempts.attempt(login, "7.7.7.7")).is_allowed);
        CHECK_FALSE((co_await attempts.attempt(login, "7.7.7.7")).is_allowed);
        std::vector<std::string> list{"KEYS", "*secret*"};
        const auto keys = co_await w.client->command(std::move(list));
        REQUIRE(keys.has_value());
        CHECK(keys->items.empty());
    });
}

TEST_CASE("without Redis attempts are counted here") {
    redis_world w;  // never connected
    redis_attempts attempts(*w.client, w.time, {2, 100, std::chrono::minutes(5)});
    sluice::testing::run_coro(w.io, [&]() -> awaitable<void> {
        CHECK((co_await attempts.attempt("ada", "1.1.1.1")).is_allowed);
        CHECK((co_await attempts.attempt("ada", "1.1.1.1")).is_allowed);
        CHECK_FALSE((co_await attempts.attempt("ada", "1.1.1.1")).is_allowed);
    });
}

TEST_CASE("a hash is argon2id with its costs, salted, and verifies its password only") {
    asio::io_context io;
    argon2_hasher hasher({std::size_t{1} << 20, 1, 2, 4});
    sluice::testing::run_coro(io, [&]() -> awaitable<void> {
        const auto one = co_await hasher.hash("secret");
        const auto two = co_await hasher.hash("secret");
        REQUIRE((one.has_value() && two.has_value()));
        CHECK(one->starts_with("$argon2id$v=19$m=1024,t=1,p=1$"));
        CHECK(*one != *two);
        CHECK(*co_await hasher.verify(*one, "secret"));
        CHECK_FALSE(*co_await hasher.verify(*one, "Secret"));
        CHECK_FALSE(*co_await hasher.verify("no hash at all", "secret"));
        CHECK_FALSE(*co_await hasher.verify(hasher.hash_of_nobody(), ""));
        CHECK_FALSE(hasher.is_outdated(*one));
        const argon2_hasher dearer({std::size_t{2} << 20, 2, 1, 1});
        CHECK(dearer.is_outdated(*one));
    });
}

namespace {

// Of every thread of this process: field 19 of its stat (proc(5)).
std::multiset<int> niceness_of_threads() {
    std::multiset<int> out;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::ifstream file(task.path() / "stat");
        std::string text(std::istreambuf_iterator<char>(file), {});
        std::istringstream fields(text.substr(text.rfind(')') + 1));
        std::string field;
        for (int i = 3; i <= 19; ++i)
            fields >> field;
        out.insert(std::stoi(field));
    }
    return out;
}

}  // namespace

TEST_CASE("hashes yield the processor to the loop") {
    asio::io_context io;
    argon2_hasher hasher({std::size_t{1} << 20, 1, 1, 1});
    const auto before = niceness_of_threads();
    const auto made = sluice::testing::run_coro(io, [&] { return hasher.hash("secret"); });
    REQUIRE(made.has_value());
    const auto after = niceness_of_threads();
    CHECK(before.count(10) == 0);
    CHECK(after.count(10) == 1);
    CHECK(::getpriority(PRIO_PROCESS, 0) == *before.begin());
}

TEST_CASE("hashing leaves the loop free, and is refused when too many wait") {
    asio::io_context io;
    argon2_hasher hasher({std::size_t{16} << 20, 2, 1, 1});
    int done = 0;
    int refused = 0;
    std::thread::id loop = std::this_thread::get_id();
    runtime::event all(io.get_executor());
    runtime::gate tasks(io.get_executor(), [](const std::string&, std::exception_ptr thrown) {
        std::rethrow_exception(thrown);
    });
    const auto one = [&]() -> awaitable<void> {
        const auto made = co_await hasher.hash("secret");
        CHECK(std::this_thread::get_id() == loop);
        made ? ++done : ++refused;
        if (!made) CHECK(made.error() == errc::overloaded);
        if (done + refused == 5) all.set();
    };
    sluice::testing::run_coro(io, [&]() -> awaitable<void> {
        for (int i = 0; i < 5; ++i)
            tasks.spawn("hash", one());
        // The refusals come while the first hash is still being computed.
        const auto ended = co_await all.wait(deadline::in(std::chrono::seconds(20)));
        CHECK(ended);
        co_await tasks.close(std::chrono::seconds(5));
    });
    CHECK(done == 2);
    CHECK(refused == 3);
}

}  // namespace sluice::submission::testing
