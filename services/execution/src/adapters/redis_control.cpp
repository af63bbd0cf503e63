// A stream is entered into the map before it is read for the first time, so a wake-up that comes
// between finds it; one that comes while it is read has it read once more.
#include "adapters/redis_control.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/unless.hpp"

#include <charconv>
#include <utility>

namespace sluice::execution {
namespace {

constexpr const char* page = "256";
constexpr std::size_t page_size = 256;
// Beyond it a task begins without having heard; a running Redis answers in a fraction of this.
constexpr std::chrono::milliseconds patience{250};

}  // namespace

struct redis_control::stream {
    stream(submission_id i, handler h, asio::any_io_executor executor)
        : id(i), on_message(std::move(h)), first_read(std::move(executor)) {}
    submission_id id;
    handler on_message;  // empty: closed
    runtime::event first_read;
    std::string last = "-";
    bool is_reading = false;
    bool must_read_again = false;
};

class redis_control::feed final : public control_feed {
public:
    feed(redis_control& owner, std::shared_ptr<stream> s) : owner_(owner), stream_(std::move(s)) {}
    ~feed() override {
        stream_->on_message = nullptr;
        const auto found = owner_.open_.find(stream_->id.to_string());
        if (found != owner_.open_.end() && found->second == stream_) owner_.open_.erase(found);
    }
    awaitable<void> caught_up() override {
        auto read = co_await stream_->first_read.wait(deadline::in(patience));
        (void)read;
    }

private:
    redis_control& owner_;
    std::shared_ptr<stream> stream_;
};

redis_control::redis_control(
    asio::any_io_executor executor,
    redis::client& redis,
    redis::config c,
    runtime::gate& gate
)
    : executor_(executor)
    , redis_(redis)
    , gate_(gate)
    , subscriber_(
          executor,
          "control",
          std::move(c),
          [this](std::string_view, std::string_view id) { wake(id); },
          [this] {
              for (const auto& [id, s] : open_)
                  start_reading(s);
          }
      )
    , ready_(executor)
    , stopped_(executor) {}

awaitable<void> redis_control::run() {
    for (;;) {
        auto connected = co_await runtime::unless(stopped_, subscriber_.connect(deadline::never()));
        if (!connected) co_return;
        std::string channel(messages::keys::control_channel);
        auto subscribed = co_await subscriber_.subscribe(std::move(channel));
        if (subscribed) break;
        observe::warn({}, "control_not_subscribed", {{"error", subscribed.error()}});
        if (!(subscribed.error() == errc::unavailable)) co_return;
    }
    ready_.set();
    // What was opened before anything could be heard.
    for (const auto& [id, s] : open_)
        start_reading(s);
}

awaitable<void> redis_control::close() {
    stopped_.set();
    return subscriber_.close();
}

std::unique_ptr<control_feed> redis_control::open(submission_id id, handler on_message) {
    auto s = std::make_shared<stream>(id, std::move(on_message), executor_);
    open_[id.to_string()] = s;
    start_reading(s);
    return std::make_unique<feed>(*this, std::move(s));
}

void redis_control::wake(std::string_view id) {
    const auto found = open_.find(std::string(id));
    if (found != open_.end()) start_reading(found->second);
}

void redis_control::start_reading(const std::shared_ptr<stream>& s) {
    if (s->is_reading) {
        s->must_read_again = true;
        return;
    }
    s->is_reading = true;
    if (!gate_.spawn("control", read(s))) {
        s->is_reading = false;
        s->first_read.set();
    }
}

awaitable<void> redis_control::read(std::shared_ptr<stream> s) {
    do {
        s->must_read_again = false;
        bool has_more = true;
        while (has_more && s->on_message)
            has_more = co_await read_page(s);
    } while (s->must_read_again && s->on_message);
    s->is_reading = false;
    s->first_read.set();
}

// True when there may be more.
awaitable<bool> redis_control::read_page(std::shared_ptr<stream> s) {
    const std::string from = s->last == "-" ? s->last : "(" + s->last;
    std::vector<std::string>
        command{"XRANGE", messages::keys::control_stream(s->id), from, "+", "COUNT", page};
    const auto answer = co_await redis_.command(std::move(command));
    if (!answer) co_return false;
    for (const redis::reply& entry : answer->items) {
        if (entry.items.size() != 2 || entry.items[1].items.size() < 2) co_return false;
        s->last = entry.items[0].text;
        auto message = messages::decode_control(entry.items[1].items[1].text);
        if (!message) {
            observe::warn({}, "control_unreadable", {{"error", message.error()}});
            continue;
        }
        if (s->on_message) s->on_message(std::move(*message));
    }
    co_return answer->items.size() == page_size;
}

awaitable<result<wall_time>> redis_control::watched_until(submission_id id) {
    std::vector<std::string>
        command{"ZRANGE", messages::keys::attached(id), "0", "0", "REV", "WITHSCORES"};
    const auto answer = co_await redis_.command(std::move(command));
    if (!answer) co_return answer.error();
    wall_time until{};
    if (answer->items.size() == 2) {
        std::int64_t ms = 0;
        const std::string& score = answer->items[1].text;
        std::from_chars(score.data(), score.data() + score.size(), ms);
        until = from_unix_ms(ms);
    }
    co_return until;
}

}  // namespace sluice::execution
