// Orders and answers between the submission service and instances, through a real Redis.
#include "adapters/redis_fleet.hpp"

#include "sluice/fleet/member.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/runtime/gate.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>
#include <stdexcept>

namespace sluice::submission::testing {
namespace {

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

redis::config redis_settings() {
    static const auto started = sluice::testing::start_redis();
    redis::config c;
    c.url.value = started->url();
    return c;
}

class worker final : public fleet::manageable {
public:
    result<void> pause() override {
        if (!refusal.empty()) return fail(errc::invalid, refusal);
        paused = true;
        return {};
    }
    result<void> resume() override {
        paused = false;
        return {};
    }
    bool is_paused() const override { return paused; }
    void report(nlohmann::json& into) const override { into["slots"] = 2; }

    bool paused = false;
    std::string refusal;
};

struct sample {
    std::int64_t count = 1;
};
void describe(config_visitor& v, sample& c) {
    v.live().field("count", c.count, "", {.minimum = 1, .maximum = 9});
}
std::vector<std::string> unfit_settings(const sample&) {
    return {};
}

// One instance of a service.
struct instance {
    instance(asio::io_context& io, redis::client& client, std::string id)
        : member(
              io.get_executor(),
              client,
              redis_settings(),
              system_clock(),
              {"execution", std::move(id)},
              what
          )
        , live(source()) {
        member.use(live);
    }
    runtime::live_settings::source source() {
        runtime::live_settings::source s;
        s.current = [this](config_visitor& v) { describe(v, settings); };
        s.make_candidate = runtime::make_candidate<sample>;
        return s;
    }
    worker what;
    sample settings;
    fleet::member member;
    runtime::live_settings live;
};

// The submission service's side and two instances, running.
struct party {
    asio::io_context io;
    runtime::gate tasks{io.get_executor(), [](const std::string&, std::exception_ptr thrown) {
                            std::rethrow_exception(thrown);
                        }};
    redis::client client{io.get_executor(), "test", redis_settings()};
    redis_fleet fleet{io.get_executor(), client, redis_settings(), system_clock()};
    instance one{io, client, "one"};
    instance two{io, client, "two"};

    template <class Body>
    void run(Body body) {
        sluice::testing::run_coro(io, [&]() -> awaitable<void> {
            const auto until = deadline::in(std::chrono::seconds(10));
            need(co_await client.connect(until));
            need(co_await fleet.connect(until));
            tasks.spawn("one", one.member.run());
            tasks.spawn("two", two.member.run());
            // Each question is a round trip, so this does not spin.
            while (need(co_await fleet.live()).size() < 2) {
            }
            co_await body();
            one.member.stop();
            two.member.stop();
            co_await tasks.close(std::chrono::seconds(5));
            CHECK(need(co_await fleet.live()).empty());
            co_await one.member.close();
            co_await two.member.close();
            co_await fleet.close();
            co_await client.close();
        });
    }
    // `expected` are ids with commas between them.
    awaitable<told> tell(fleet::action what, std::string whom, std::string expected) {
        fleet::order o;
        o.what = what;
        o.instance = std::move(whom);
        co_return co_await tell(std::move(o), std::move(expected));
    }
    awaitable<told> tell(fleet::order o, std::string expected) {
        std::vector<instance_ref> refs;
        std::istringstream ids(expected);
        for (std::string id; std::getline(ids, id, ',');)
            refs.push_back({"execution", id});
        co_return need(co_await fleet.tell(std::move(o), std::move(refs)));
    }
};

}  // namespace

TEST_CASE("an order to one instance reaches it and no other") {
    party p;
    p.run([&]() -> awaitable<void> {
        const auto said = co_await p.tell(fleet::action::pause, "one", "one");
        REQUIRE(said.answers.size() == 1);
        CHECK(said.answers[0].is_applied);
        CHECK(p.one.what.paused);
        CHECK_FALSE(p.two.what.paused);
    });
}

TEST_CASE("an order to all is answered by all, refusals with their reason") {
    party p;
    p.two.what.refusal = "not now";
    p.run([&]() -> awaitable<void> {
        const auto said = co_await p.tell(fleet::action::pause, "*", "one,two");
        REQUIRE(said.answers.size() == 2);
        CHECK(said.silent.empty());
        for (const auto& a : said.answers) {
            CHECK(a.is_applied == (a.instance == "one"));
            CHECK(a.reason == (a.instance == "one" ? "" : "not now"));
        }
    });
}

TEST_CASE("who is not there is silent") {
    party p;
    p.run([&]() -> awaitable<void> {
        const auto said = co_await p.tell(fleet::action::report, "*", "one,ghost");
        CHECK(said.answers.size() == 1);
        REQUIRE(said.silent.size() == 1);
        CHECK(said.silent[0].id == "ghost");
    });
}

TEST_CASE("values are checked before, and in force once they are shown and told") {
    party p;
    p.run([&]() -> awaitable<void> {
        fleet::order ask;
        ask.what = fleet::action::check_settings;
        ask.instance = "*";
        ask.values["count"] = "99";
        const auto refused = co_await p.tell(ask, "one");
        CHECK(refused.answers.at(0).problems.at(0).setting == "count");
        runtime::setting_overrides values{{"count", "7"}};
        need(co_await p.fleet.show_settings("execution", std::move(values)));
        const auto applied = co_await p.tell(fleet::action::apply_settings, "*", "one,two");
        CHECK(applied.answers.size() == 2);
        CHECK(p.one.settings.count == 7);
        CHECK(p.two.settings.count == 7);
        runtime::setting_overrides none;
        need(co_await p.fleet.show_settings("execution", std::move(none)));
        co_await p.tell(fleet::action::apply_settings, "*", "one,two");
        CHECK(p.one.settings.count == 1);
    });
}

TEST_CASE("an instance that starts later takes the values that are shown") {
    party p;
    p.run([&]() -> awaitable<void> {
        runtime::setting_overrides values{{"count", "5"}};
        need(co_await p.fleet.show_settings("execution", std::move(values)));
        instance late(p.io, p.client, "late");
        p.tasks.spawn("late", late.member.run());
        while (late.settings.count != 5)
            need(co_await p.fleet.live());
        late.member.stop();
        while (need(co_await p.fleet.live()).size() > 2) {
        }
        co_await late.member.close();
        runtime::setting_overrides none;
        need(co_await p.fleet.show_settings("execution", std::move(none)));
    });
}

}  // namespace sluice::submission::testing
