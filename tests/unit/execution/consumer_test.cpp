// The consumer: which deliveries are acked, given back or dead-lettered, and in which order.
#include "consumer.hpp"

#include "fakes.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::fakes;
using domain::status;

namespace {

class scripted_source final : public task_source {
public:
    explicit scripted_source(asio::any_io_executor executor) : changed_(std::move(executor)) {}

    std::vector<std::uint64_t> acked, given_back, dead;
    int pauses = 0, resumes = 0;
    std::uint16_t reserve = 0;

    void deliver(std::string body, std::int64_t delivery_count = 0) {
        amqp::delivery d;
        d.message.body = std::move(body);
        d.tag.tag = ++last_tag_;
        d.delivery_count = delivery_count;
        waiting_.push_back(std::move(d));
        changed_.set();
    }
    awaitable<result<amqp::delivery>> receive() override {
        for (;;) {
            if (is_stopped_) co_return fail(errc::shutting_down);
            if (!waiting_.empty()) {
                amqp::delivery d = std::move(waiting_.front());
                waiting_.pop_front();
                co_return d;
            }
            changed_.reset();
            auto waited = co_await changed_.wait();
            if (!waited) co_return std::move(waited).error();
        }
    }
    void ack(amqp::delivery_tag tag) override { acked.push_back(tag.tag); }
    void nack(amqp::delivery_tag tag, bool requeue) override {
        (requeue ? given_back : dead).push_back(tag.tag);
    }
    void pause() override { ++pauses; }
    void resume() override { ++resumes; }
    void set_reserve(std::uint16_t wanted) override { reserve = wanted; }
    awaitable<void> stop() override {
        is_stopped_ = true;
        changed_.set();
        co_return;
    }
    std::size_t waiting() const { return waiting_.size(); }

private:
    std::deque<amqp::delivery> waiting_;
    runtime::event changed_;
    std::uint64_t last_tag_ = 0;
    bool is_stopped_ = false;
};

class recording_results final : public result_sink {
public:
    std::vector<domain::run_result> all;
    runtime::event* hold = nullptr;
    std::optional<error> failure;

    awaitable<result<void>> publish(observe::context, domain::run_result r) override {
        all.push_back(std::move(r));
        if (hold != nullptr) {
            auto waited = co_await hold->wait();
            if (!waited) co_return waited;
        }
        if (failure) co_return *failure;
        co_return result<void>();
    }
};

struct fixture {
    asio::io_context io;
    world w{io};
    scripted_source source{io.get_executor()};
    recording_results results;
    runtime::gate tasks{io.get_executor(), nullptr};
    runtime::gate loops{io.get_executor(), nullptr};
    consumer the_consumer{source, results, w.ports, w.slots, tasks};

    fixture() {
        loops.spawn("consumer", the_consumer.run());
        go();
    }
    ~fixture() {
        const auto end = [this]() -> awaitable<void> {
            w.slots.close();
            co_await source.stop();
            co_await tasks.close(std::chrono::milliseconds(0));
            co_await loops.close(std::chrono::milliseconds(0));
        };
        testing::run_coro(io, end);
    }
    void go() {
        io.restart();
        io.poll();
    }
    void deliver(const domain::task& t, std::int64_t count = 0) {
        source.deliver(messages::encode(t), count);
        go();
    }
};

using tags = std::vector<std::uint64_t>;
const error broken{make_error_code(sandbox::sandbox_errc::slot_died), "gone"};

}  // namespace

TEST_CASE_METHOD(fixture, "a task that ran is acked once its result is confirmed") {
    w.sandbox.answers.push_back(exited(0));
    runtime::event confirm(io.get_executor());
    results.hold = &confirm;
    deliver(a_task(w.time));
    REQUIRE(results.all.size() == 1);
    CHECK(source.acked.empty());
    confirm.set();
    go();
    CHECK(source.acked == tags{1});
    CHECK(source.given_back.empty());
}

TEST_CASE_METHOD(fixture, "a user's failing program is acked like any other") {
    w.sandbox.answers.push_back(exited(1));
    deliver(a_task(w.time));
    REQUIRE(results.all.size() == 1);
    CHECK(results.all[0].status == status::runtime_error);
    CHECK(source.acked == tags{1});
}

TEST_CASE_METHOD(
    fixture,
    "what cannot be decoded goes to the dead-letter queue and blocks nothing"
) {
    w.sandbox.answers.push_back(exited(0));
    source.deliver("this is no task");
    deliver(a_task(w.time));
    CHECK(source.dead == tags{1});
    CHECK(source.acked == tags{2});
    CHECK(results.all.size() == 1);
}

TEST_CASE_METHOD(fixture, "after many short runs the source keeps one more at hand") {
    the_consumer.change_reserve(1);
    for (int i = 0; i < 20; ++i) {
        CHECK(source.reserve == (i < 13 ? 0 : 1));
        w.sandbox.answers.push_back(exited(0));
        deliver(a_task(w.time));
    }
    REQUIRE(results.all.size() == 20);
    the_consumer.change_reserve(0);
    CHECK(source.reserve == 0);
}

TEST_CASE_METHOD(fixture, "a task whose sandbox fails is given back while it is young") {
    w.sandbox.answers = {broken, broken};
    deliver(a_task(w.time), 1);
    CHECK(source.given_back == tags{1});
    CHECK(results.all.empty());
}

TEST_CASE_METHOD(fixture, "a task whose sandbox failed too often ends as internal error") {
    w.sandbox.answers = {broken, broken};
    deliver(a_task(w.time), 2);
    REQUIRE(results.all.size() == 1);
    CHECK(results.all[0].status == status::internal_error);
    CHECK(results.all[0].attempt == 3);
    CHECK_FALSE(results.all[0].message.empty());
    CHECK(source.acked == tags{1});
}

TEST_CASE_METHOD(fixture, "a language missing here is given back twice, then named") {
    deliver(a_task(w.time, "cobol"), 0);
    deliver(a_task(w.time, "cobol"), 1);
    CHECK(source.given_back == tags{1, 2});
    deliver(a_task(w.time, "cobol"), 2);
    REQUIRE(results.all.size() == 1);
    CHECK(results.all[0].status == status::internal_error);
    CHECK(results.all[0].message.find("COBOL") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a task past its deadline ends at once, without another delivery") {
    const domain::task late = a_task(w.time);
    w.time.advance(std::chrono::hours(1));
    deliver(late);
    REQUIRE(results.all.size() == 1);
    CHECK(results.all[0].status == status::internal_error);
    CHECK(results.all[0].message.find("deadline") != std::string::npos);
    CHECK(source.acked == tags{1});
}

TEST_CASE_METHOD(fixture, "a result that could not be published gives its task back") {
    w.sandbox.answers.push_back(exited(0));
    results.failure = fail(errc::shutting_down);
    deliver(a_task(w.time));
    CHECK(source.given_back == tags{1});
    CHECK(source.acked.empty());
}

TEST_CASE_METHOD(fixture, "the slot is free for the next task before the result is confirmed") {
    w.sandbox.answers = {exited(0), exited(0), exited(0)};
    runtime::event confirm(io.get_executor());
    results.hold = &confirm;
    for (int i = 0; i < 3; ++i)
        deliver(a_task(w.time));
    CHECK(results.all.size() == 3);  // two slots only
    CHECK(source.acked.empty());
    confirm.set();
    go();
    CHECK(source.acked.size() == 3);
}

TEST_CASE_METHOD(fixture, "unconfirmed results are bounded") {
    w.sandbox.answers = {exited(0), exited(0), exited(0), exited(0), exited(0), exited(0)};
    runtime::event confirm(io.get_executor());
    results.hold = &confirm;
    for (int i = 0; i < 6; ++i)
        deliver(a_task(w.time));
    CHECK(results.all.size() == 4);
    CHECK(source.waiting() == 2);
    confirm.set();
    go();
    CHECK(results.all.size() == 6);
}

TEST_CASE_METHOD(fixture, "no more tasks are received than slots are free") {
    runtime::event end(io.get_executor());
    w.sandbox.hold = &end;
    w.sandbox.answers = {exited(0), exited(0), exited(0)};
    for (int i = 0; i < 3; ++i)
        deliver(a_task(w.time));
    CHECK(w.sandbox.running == 2);
    CHECK(source.waiting() == 1);
    end.set();
    go();
    CHECK(source.acked.size() == 3);
}

TEST_CASE_METHOD(fixture, "a drain lets a running program end and publish") {
    runtime::event end(io.get_executor());
    w.sandbox.hold = &end;
    w.sandbox.answers.push_back(exited(0));
    deliver(a_task(w.time));
    w.slots.close();
    testing::run_coro(io, [&] { return source.stop(); });
    end.set();
    const auto cancelled =
        testing::run_coro(io, [&] { return tasks.close(std::chrono::seconds(10)); });
    CHECK(cancelled == 0);
    CHECK(source.acked == tags{1});
}

TEST_CASE_METHOD(fixture, "a drain cancels what outlives the grace and gives it back") {
    runtime::event never(io.get_executor());
    w.sandbox.hold = &never;
    deliver(a_task(w.time));
    deliver(a_task(w.time));
    w.slots.close();
    testing::run_coro(io, [&] { return source.stop(); });
    const auto cancelled =
        testing::run_coro(io, [&] { return tasks.close(std::chrono::milliseconds(0)); });
    CHECK(cancelled == 2);
    CHECK(
        std::set(source.given_back.begin(), source.given_back.end()) ==
        std::set<std::uint64_t>{1, 2}
    );
    CHECK(results.all.empty());
}

TEST_CASE_METHOD(fixture, "a task that arrives after the gate closed is given back unbegun") {
    testing::run_coro(io, [&] { return tasks.close(std::chrono::milliseconds(0)); });
    deliver(a_task(w.time));
    CHECK(source.given_back == tags{1});
    CHECK(w.sandbox.jobs.empty());
}

TEST_CASE_METHOD(fixture, "pause and resume reach the broker once each") {
    the_consumer.pause();
    the_consumer.pause();
    CHECK(the_consumer.is_paused());
    CHECK(source.pauses == 1);
    the_consumer.resume();
    the_consumer.resume();
    CHECK(source.resumes == 1);
}

TEST_CASE("the context of a task has its ids, its trace and its attempt") {
    const testing::manual_clock time;
    const domain::task t = a_task(time);
    amqp::delivery d;
    d.delivery_count = 1;
    const std::string trace = observe::make_traceparent();
    d.message.headers["traceparent"] = trace;
    const observe::context ctx = context_of(t, d);
    CHECK(ctx.submission_id == t.id.to_string());
    CHECK(ctx.correlation_id == t.correlation_id.to_string());
    CHECK(ctx.attempt == 2);
    CHECK(ctx.traceparent == trace);
}

TEST_CASE("a malformed trace is not passed on") {
    const testing::manual_clock time;
    amqp::delivery d;
    d.message.headers["traceparent"] = "00-nonsense";
    CHECK(context_of(a_task(time), d).traceparent.empty());
}
