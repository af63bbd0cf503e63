// Results reach the broker or are given up on purpose, never silently.
#include "adapters/result_publisher.hpp"

#include "fakes.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::execution;

namespace {

class scripted_channel final : public confirm_channel {
public:
    std::deque<result<void>> answers;
    std::vector<amqp::message> messages;
    std::vector<std::string> queues;
    std::function<void()> on_publish;

    awaitable<result<void>> publish(std::string queue, amqp::message m, deadline) override {
        queues.push_back(std::move(queue));
        messages.push_back(std::move(m));
        if (on_publish) on_publish();
        auto answer = std::move(answers.front());
        answers.pop_front();
        co_return answer;
    }
};

struct fixture {
    asio::io_context io;
    testing::manual_clock time;
    probe metrics;
    scripted_channel channel;
    result_publisher::options options{
        "execution_queue",
        std::chrono::milliseconds(1000),
        {std::chrono::milliseconds(1), std::chrono::milliseconds(2)}};
    result_publisher publisher{io.get_executor(), channel, metrics, options};
    domain::run_result a_result = internal_error(fakes::a_task(time), "a sentence", "worker-1", 1);

    result<void> publish() {
        observe::context ctx;
        ctx.submission_id = a_result.id.to_string();
        ctx.correlation_id = a_result.correlation_id.to_string();
        ctx.attempt = 1;
        ctx.traceparent = observe::make_traceparent();
        return testing::run_coro(io, [&] { return publisher.publish(ctx, a_result); });
    }
};

}  // namespace

TEST_CASE_METHOD(fixture, "a confirmed result is published once, with all its properties") {
    channel.answers.push_back(result<void>());
    REQUIRE(publish().has_value());
    REQUIRE(channel.messages.size() == 1);
    const amqp::message& m = channel.messages[0];
    CHECK(channel.queues[0] == "execution_queue");
    CHECK(m.content_type == messages::result_content_type);
    CHECK(m.message_id == a_result.id.to_string());
    CHECK(m.correlation_id == a_result.correlation_id.to_string());
    CHECK(m.headers.at("attempt") == "1");
    CHECK(m.headers.contains("traceparent"));
    CHECK(m.is_persistent);
    CHECK(messages::decode_result(m.body)->message == "a sentence");
}

TEST_CASE_METHOD(
    fixture,
    "an unconfirmed result is published again, the same bytes, until confirmed"
) {
    channel.answers = {
        fail(errc::unavailable),
        fail(errc::timeout),
        fail(errc::refused),
        result<void>()};
    REQUIRE(publish().has_value());
    REQUIRE(channel.messages.size() == 4);
    CHECK(channel.messages[3].body == channel.messages[0].body);
    CHECK(channel.messages[3].message_id == channel.messages[0].message_id);
}

TEST_CASE_METHOD(fixture, "a stop ends the retries") {
    channel.answers.push_back(fail(errc::unavailable));
    channel.on_publish = [this] { publisher.stop(); };
    const auto published = publish();
    REQUIRE_FALSE(published.has_value());
    CHECK(published.error() == errc::shutting_down);
    CHECK(channel.messages.size() == 1);
}

TEST_CASE_METHOD(fixture, "a cancelled publish is not repeated") {
    channel.answers.push_back(fail(errc::cancelled));
    const auto published = publish();
    REQUIRE_FALSE(published.has_value());
    CHECK(published.error() == errc::cancelled);
    CHECK(channel.messages.size() == 1);
}
