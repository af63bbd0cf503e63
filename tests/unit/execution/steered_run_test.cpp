// A submission that is watched and steered while it is executed: cancelled at every point, input
// from before the start, the idle limit, output as it comes.
#include "fakes.hpp"
#include "live_output.hpp"

#include "sluice/testing/run_coro.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::fakes;
using domain::control_kind;
using domain::status;

namespace {

domain::control_message a_message(control_kind kind, std::string data = "") {
    domain::control_message m;
    m.kind = kind;
    m.data = std::move(data);
    return m;
}

class fake_control final : public control_source {
public:
    explicit fake_control(const sluice::clock& time) : time_(time) {}
    class feed final : public control_feed {
    public:
        explicit feed(fake_control& owner) : owner_(owner) {}
        ~feed() override { owner_.tell = nullptr; }
        awaitable<void> caught_up() override {
            for (const auto& m : owner_.early)
                owner_.tell(m);
            co_return;
        }

    private:
        fake_control& owner_;
    };
    std::unique_ptr<control_feed> open(submission_id, handler on_message) override {
        tell = std::move(on_message);
        return std::make_unique<feed>(*this);
    }
    awaitable<result<wall_time>> watched_until(submission_id) override {
        co_return is_watched ? time_.now() + std::chrono::minutes(1) : wall_time{};
    }
    std::vector<domain::control_message> early;
    handler tell;
    bool is_watched = false;

private:
    const sluice::clock& time_;
};

class fake_output final : public output_sink {
public:
    std::vector<domain::output_piece> all;
    awaitable<result<void>> publish(output_batch batch) override {
        for (auto& p : batch.pieces)
            all.push_back(std::move(p));
        if (on_publish) on_publish();
        co_return result<void>();
    }
    std::function<void()> on_publish;
};

struct loop {
    asio::io_context io;
};

struct fixture : loop, world {
    fake_control control{time};
    fake_output output;
    runtime::gate gate{io.get_executor(), {}};
    live_services live{io.get_executor(), output, control, gate, {}};
    runtime::event killed{io.get_executor()};

    fixture() : world(io) {
        ports.live = &live;
        sandbox.killed_by = &killed;
        live.settings.output.first_hold = std::chrono::milliseconds(0);
    }
    ~fixture() {
        testing::run_coro(io, [&] { return gate.close(std::chrono::seconds(1)); });
    }

    domain::run_result result_of(domain::task t) {
        auto lease = testing::run_coro(io, [&] { return slots.acquire(); });
        observe::context ctx;
        ctx.attempt = 1;
        execution_end end = testing::run_coro(io, [&] {
            return execute_submission(ctx, ports, t, *lease, time.now());
        });
        REQUIRE(end.result.has_value());
        return std::move(*end.result);
    }
    void cancels_when_it_runs() {
        sandbox.on_run = [this] {
            asio::post(io, [this] { control.tell(a_message(control_kind::cancel)); });
        };
    }
    // The run goes on until something kills it.
    void runs_until_killed() {
        sandbox.hold = &killed;
        run_outcome o;
        o.facts.signal = 9;
        o.facts.was_cancelled = true;
        sandbox.answers.push_back(o);
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a submission that was cancelled while it waited never starts") {
    control.early.push_back(a_message(control_kind::cancel));
    const auto r = result_of(a_task(time));
    CHECK(r.status == status::cancelled);
    CHECK(sandbox.jobs.empty());
    CHECK(progress.all.empty());
}

TEST_CASE_METHOD(fixture, "a cancel that comes while it runs kills the run") {
    runs_until_killed();
    cancels_when_it_runs();
    const auto r = result_of(a_task(time));
    CHECK(r.status == status::cancelled);
    REQUIRE(sandbox.steered.size() == 1);
    CHECK(sandbox.steered[0].kind == control_kind::cancel);
    CHECK_FALSE(control.tell);
}

TEST_CASE_METHOD(fixture, "a cancel that comes while it is compiled gives the compilation up") {
    runtime::event never(io.get_executor());
    sandbox.hold = &never;
    cancels_when_it_runs();
    const auto r = result_of(a_task(time, "c"));
    CHECK(r.status == status::cancelled);
    CHECK(sandbox.running == 0);
    CHECK(sandbox.jobs.size() == 1);
}

TEST_CASE_METHOD(fixture, "a cancel that comes while its output is checked ends the checker") {
    runtime::event never(io.get_executor());
    domain::task t = a_task(time);
    t.expected_output = "x";
    t.compare.mode = domain::match_mode::checker;
    t.checker.emplace();
    t.checker->language = t.language;
    t.checker->files = {{"side.py", "side"}};
    t.checker->limits = t.limits;
    sandbox.answers.push_back(exited(0, "x"));
    sandbox.on_run = [&] {
        if (sandbox.jobs.size() < 2) return;
        sandbox.hold = &never;
        asio::post(io, [this] { control.tell(a_message(control_kind::cancel)); });
    };
    const auto r = result_of(t);
    CHECK(r.status == status::cancelled);
    CHECK(r.stdout_bytes == "x");
    CHECK(sandbox.running == 0);
    CHECK(sandbox.jobs.size() == 2);
}

TEST_CASE_METHOD(fixture, "input from before the start reaches the program first and in order") {
    control.early = {
        a_message(control_kind::stdin_data, "a"),
        a_message(control_kind::stdin_data, "b"),
        a_message(control_kind::stdin_eof)};
    sandbox.answers.push_back(exited(0));
    domain::task t = a_task(time);
    t.interactive = true;
    CHECK(result_of(t).status == status::accepted);
    REQUIRE(sandbox.steered.size() == 3);
    CHECK(sandbox.steered[0].data == "a");
    CHECK(sandbox.steered[1].data == "b");
    CHECK(sandbox.steered[2].kind == control_kind::stdin_eof);
    CHECK(sandbox.jobs[0].how == domain::interaction::pipes);
}

TEST_CASE_METHOD(fixture, "input for a program that is not interactive goes nowhere") {
    control.early = {a_message(control_kind::stdin_data, "a")};
    sandbox.answers.push_back(exited(0));
    CHECK(result_of(a_task(time)).status == status::accepted);
    CHECK(sandbox.steered.empty());
}

TEST_CASE_METHOD(fixture, "an interactive run that is silent for too long is a time limit") {
    live.settings.idle_time = std::chrono::milliseconds(0);
    runs_until_killed();
    domain::task t = a_task(time);
    t.interactive = true;
    t.tty = true;
    const auto r = result_of(t);
    CHECK(r.status == status::time_limit);
    CHECK(r.limit_hit == domain::limit_kind::idle_time);
    CHECK(sandbox.jobs[0].how == domain::interaction::terminal);
}

TEST_CASE_METHOD(fixture, "a run ends with its last watcher when that was asked for") {
    live.settings.disconnect_grace = std::chrono::milliseconds(0);
    control.early = {a_message(control_kind::watched), a_message(control_kind::unwatched)};
    runs_until_killed();
    domain::task t = a_task(time);
    t.cancel_on_disconnect = true;
    CHECK(result_of(t).status == status::cancelled);
}

TEST_CASE_METHOD(fixture, "a run goes on without watchers when that was not asked for") {
    live.settings.disconnect_grace = std::chrono::milliseconds(0);
    control.early = {a_message(control_kind::watched), a_message(control_kind::unwatched)};
    sandbox.answers.push_back(exited(0));
    CHECK(result_of(a_task(time)).status == status::accepted);
    CHECK(sandbox.steered.empty());
}

TEST_CASE_METHOD(fixture, "output that a program shows goes out with its identity") {
    runs_until_killed();
    const domain::task t = a_task(time);
    sandbox.on_run = [&] {
        asio::post(io, [&] { sandbox.jobs[0].on_output(domain::output_stream::err, "hello"); });
    };
    output.on_publish = [&] { control.tell(a_message(control_kind::cancel)); };
    result_of(t);
    REQUIRE(output.all.size() == 1);
    const auto& p = output.all[0];
    CHECK(p.id == t.id);
    CHECK(p.data == "hello");
    CHECK(p.stream == domain::output_stream::err);
    CHECK(p.attempt == 1);
}

TEST_CASE_METHOD(fixture, "a program that ends before its first output is due costs no message") {
    live.settings.output.first_hold = std::chrono::minutes(1);
    sandbox.answers.push_back(exited(0));
    auto shown = std::make_shared<live_output>(live, time, output_identity{});
    shown->add(domain::output_stream::out, "hi");
    testing::run_coro(io, [&]() -> awaitable<int> {
        co_await shown->finish();
        co_return 0;
    });
    CHECK(output.all.empty());
}

TEST_CASE_METHOD(fixture, "what waits when the program ends goes out behind what went before") {
    auto shown = std::make_shared<live_output>(live, time, output_identity{});
    shown->add(domain::output_stream::out, "first");
    io.restart();
    io.run_for(std::chrono::milliseconds(50));
    REQUIRE(output.all.size() == 1);
    shown->add(domain::output_stream::out, "last\xe2");
    testing::run_coro(io, [&]() -> awaitable<int> {
        co_await shown->finish();
        co_return 0;
    });
    REQUIRE(output.all.size() == 2);
    CHECK(output.all[1].data == "last\xe2");
    CHECK(output.all[1].seq == 2);
}
