// See session.hpp.
#include "session.hpp"

#include "protocol.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/runtime/backoff.hpp"

namespace sluice::websocket {
namespace {

constexpr runtime::backoff_policy replay_retry{
    std::chrono::milliseconds(100),
    std::chrono::milliseconds(5000)};
// A client that takes nothing for this long is left to the send buffer's bound.
constexpr std::chrono::seconds longest_pace{30};
constexpr std::chrono::milliseconds pace_step{10};

template <class Do>
class at_exit {
public:
    explicit at_exit(Do d) : do_(std::move(d)) {}
    ~at_exit() { do_(); }
    at_exit(const at_exit&) = delete;
    at_exit& operator=(const at_exit&) = delete;

private:
    Do do_;
};

}  // namespace

session::session(
    asio::any_io_executor executor,
    session_services& s,
    std::shared_ptr<ws::connection> c,
    caller who
)
    : services_(s)
    , connection_(std::move(c))
    , who_(std::move(who))
    , id_(uuid::random_v4().to_string())
    , machine_(stream_id{}, s.max_buffered)
    , live_(executor, s.live, *this)
    , ended_(std::move(executor)) {}

awaitable<void> session::run(std::optional<std::string> last_event_id) {
    return converse(shared_from_this(), std::move(last_event_id));
}

awaitable<void>
session::converse(std::shared_ptr<session> /*self*/, std::optional<std::string> last_event_id) {
    // Live events are kept from here on: none falls between the registration and the replay.
    services_.members.join(*this);
    const at_exit leave([this] { end(); });
    auto stream = co_await services_.registry.add(who_, id_);
    if (!stream) {
        observe::warn({}, "session_not_registered", {{"error", stream.error()}});
        connection_->close(ws::close_code::try_again_later, "sessions cannot be registered now");
        co_return;
    }
    // It was revoked between the handshake and join(); from there on the channel tells.
    if (stream->token.is_revoked) on_token_end(token_end::revoked);
    if (stream->token.ends_at) {
        services_.members.set_token_end(who_.token_sha256, *stream->token.ends_at);
    }
    if (ended_.is_set() || !begin(last_event_id, stream->stream)) co_return;
    for (;;) {
        auto text = co_await connection_->receive();
        if (!text || ended_.is_set()) co_return;
        auto frame = parse_client_frame(*text);
        if (frame && is_about_submission(frame->type)) {
            co_await live_.handle(std::move(*frame));
        } else {
            perform(machine_.on_client_frame(frame, services_.time.now()));
        }
    }
}

bool session::begin(const std::optional<std::string>& last_event_id, const stream_facts& stream) {
    std::optional<stream_id> given;
    if (last_event_id) given = stream_id::parse(*last_event_id);
    const auto start = find_start(given, last_event_id && !given, stream);
    machine_.start_at(start.from);
    welcome w;
    w.session_id = id_;
    w.node = services_.node;
    w.user_id = who_.user;
    w.resync = start.resync;
    w.last_event_id = start.from.to_string();
    std::vector<action> first;
    first.emplace_back(send_text{
        std::make_shared<const std::string>(welcome_frame(w, services_.time.now()))});
    perform(first);
    has_begun_ = true;
    ensure_replay();
    return !ended_.is_set();
}

void session::on_event(const stored_event& e) {
    perform(machine_.on_live(e));
}

void session::on_gap() {
    machine_.on_gap();
    ensure_replay();
}

void session::on_token_end(token_end why) {
    const bool is_revoked = why == token_end::revoked;
    observe::info({}, is_revoked ? "session_revoked" : "session_expired", {{"user_id", who_.user}});
    connection_->close(
        ws::close_code::policy,
        is_revoked ? "the token of this connection was revoked"
                   : "the token of this connection has expired"
    );
    ended_.set();
}

void session::perform(const std::vector<action>& actions) {
    for (const action& a : actions) {
        if (ended_.is_set()) return;
        if (const auto* text = std::get_if<send_text>(&a)) {
            const std::string_view label = type_label(*text->text);
            note_event(*text->text, label);
            if (connection_->send(*text->text)) {
                services_.metrics.sent(label);
                continue;
            }
            // Being closed with 1013; the client comes back with the last id that it got.
            services_.metrics.slow_clients.increment();
            ended_.set();
        } else {
            const auto& why = std::get<close_with>(a);
            connection_->close(why.code, why.reason);
            ended_.set();
        }
    }
}

// Before it is sent: output never follows the end.
void session::note_event(std::string_view frame, std::string_view label) {
    if (!label.starts_with("submission.")) return;
    const std::string_view id = submission_of(frame);
    if (!id.empty()) live_.on_event(id, label == "submission.finished");
}

void session::say(std::string frame) {
    std::vector<action> one;
    one.emplace_back(send_text{std::make_shared<const std::string>(std::move(frame))});
    perform(one);
}

bool session::show(const std::shared_ptr<const std::string>& frame) {
    if (ended_.is_set()) return false;
    if (connection_->send(*frame)) {
        services_.metrics.sent(type_label(*frame));
        return true;
    }
    services_.metrics.slow_clients.increment();
    ended_.set();
    return false;
}

bool session::is_behind() const {
    return connection_->unsent_bytes() > services_.pace_bytes;
}

void session::ensure_replay() {
    if (!has_begun_ || is_replay_running_ || ended_.is_set() || !machine_.is_replaying()) return;
    // Set before: the coroutine may run to its end within spawn().
    is_replay_running_ = true;
    if (!services_.background.spawn("replay", replay(shared_from_this()))) {
        is_replay_running_ = false;
    }
}

awaitable<void> session::replay(std::shared_ptr<session> self) {
    runtime::backoff delay(replay_retry);
    while (machine_.is_replaying() && !ended_.is_set()) {
        co_await pace();
        auto page = co_await services_.events.read(who_.user, machine_.position(), services_.page);
        if (!page) {
            auto over = co_await ended_.wait(deadline::in(delay.next()));
            if (over || over.error() != errc::timeout) break;
            continue;
        }
        delay.reset();
        services_.metrics.replayed.increment(static_cast<double>(page->size()));
        const bool is_last = static_cast<std::int64_t>(page->size()) < services_.page;
        perform(machine_.on_page(std::move(*page), is_last));
    }
    self->is_replay_running_ = false;
}

// The connection has no event for "room again", and only a client that is slower than Redis is
// waited for here, so this looks again every few milliseconds.
awaitable<void> session::pace() {
    const auto until = deadline::in(longest_pace);
    while (connection_->unsent_bytes() > services_.pace_bytes && !until.has_passed()) {
        auto over = co_await ended_.wait(deadline::in(pace_step));
        if (over || over.error() != errc::timeout) co_return;
    }
}

void session::end() {
    ended_.set();
    live_.end();
    services_.members.leave(*this);
    services_.background.spawn("unregister", services_.registry.remove(who_.user, id_));
}

}  // namespace sluice::websocket
