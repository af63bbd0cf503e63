// Theory of operation. librabbitmq is synchronous and not thread-safe, so one thread owns the
// connection and nobody else touches it. Work comes in through the role's bounded hand-over and
// wake(); results leave by asio::post. One turn: drain the hand-over, read every frame that is here
// (librabbitmq buffers, so its buffers are emptied before any sleep), pass results on, sleep in
// ppoll until the socket or the eventfd says something, or a quarter heartbeat has passed, when
// librabbitmq must send or check heartbeats.
#include "owner.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/backoff.hpp"
#include "sluice/runtime/event.hpp"

#include <boost/asio/post.hpp>

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace sluice::amqp {

struct owner::outside {
    explicit outside(asio::any_io_executor ex) : changed(ex), ended(ex) {}
    runtime::event changed;
    runtime::event ended;
    error last;
};

owner::owner(asio::any_io_executor executor, std::string name, config c, topology t, role& r)
    : executor_(executor)
    , name_(std::move(name))
    , config_(std::move(c))
    , topology_(std::move(t))
    , role_(r)
    , event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK))
    , outside_(std::make_shared<outside>(executor)) {
    SLUICE_ASSERT(event_);
    reconnects_ = observe::metrics::instance().get_counter(
        "sluice_amqp_reconnects_total",
        "Connections made after the first",
        {{"connection", name_}}
    );
}

owner::~owner() {
    if (!thread_.joinable()) return;
    stop(std::chrono::milliseconds(0));
    break_socket();
    thread_.join();
}

void owner::wake() {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is awake anyway.
    if (::write(event_.get(), &one, sizeof one) < 0) return;
}

awaitable<result<void>> owner::connect(deadline until) {
    auto state = outside_;
    if (!thread_.joinable() && !is_stopping()) {
        // Signals belong to the main thread.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        thread_ = std::thread([this] { run(); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    }
    while (!is_connected_) {
        if (state->last == errc::refused || state->last == errc::invalid) co_return state->last;
        state->changed.reset();
        auto waited = co_await state->changed.wait(until);
        if (!waited && waited.error() == errc::timeout) {
            co_return state->last.code ? state->last : fail(errc::unavailable, "not connected");
        }
        if (!waited) co_return waited.error();
    }
    co_return result<void>();
}

awaitable<void> owner::close(std::chrono::milliseconds grace) {
    if (!thread_.joinable()) co_return;
    auto state = outside_;
    stop(grace);
    // Connecting and the goodbye are bounded themselves; a send into a full socket is ended here.
    auto ended = co_await state->ended.wait(deadline::in(grace + std::chrono::seconds(2)));
    if (!ended) break_socket();
    if (!ended) ended = co_await state->ended.wait();
    thread_.join();
}

void owner::stop(std::chrono::milliseconds grace) {
    {
        const std::lock_guard lock(mutex_);
        stop_at_ = deadline::in(grace);
        is_stopping_ = true;
    }
    stopped_.notify_all();
    wake();
}

// Ends whatever the thread does with the socket. The lock keeps the number from being somebody
// else's.
void owner::break_socket() {
    const std::lock_guard lock(mutex_);
    if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
}

void owner::note_socket(int fd) {
    const std::lock_guard lock(mutex_);
    socket_ = fd;
}

bool owner::pause(std::chrono::milliseconds d) {
    std::unique_lock lock(mutex_);
    return !stopped_.wait_for(lock, d, [this] { return is_stopping(); });
}

void owner::tell(bool is_up, error why) {
    is_connected_ = is_up;
    asio::post(executor_, [state = outside_, why = std::move(why)] {
        state->last = why;
        state->changed.set();
    });
}

void owner::run() {
    runtime::backoff delay(runtime::backoff_policy{});
    bool is_failing = false;
    bool was_connected = false;
    while (!is_stopping()) {
        wire w;
        auto opened = open(w);
        if (opened) {
            if (was_connected) reconnects_.increment();
            was_connected = true;
            is_failing = false;
            observe::info({}, "amqp_connected", {{"connection", name_}, {"to", w.address()}});
            tell(true, {});
            const auto since = std::chrono::steady_clock::now();
            const error why = serve(w);
            is_connected_ = false;
            role_.on_lost(why);
            tell(false, why);
            if (is_stopping()) w.close();
            if (!is_stopping()) {
                observe::warn({}, "amqp_connection_lost", {{"connection", name_}, {"error", why}});
            }
            if (std::chrono::steady_clock::now() - since > std::chrono::seconds(2)) delay.reset();
        } else {
            tell(false, opened.error());
            if (!is_failing) {
                observe::warn(
                    {},
                    "amqp_connect_failed",
                    {{"connection", name_}, {"error", opened.error()}}
                );
            }
            is_failing = true;
        }
        note_socket(-1);  // before `w` closes it
        if (!pause(delay.next())) break;
    }
    asio::post(executor_, [state = outside_] { state->ended.set(); });
}

result<void> owner::open(wire& w) {
    SLUICE_TRY(w.connect(name_, config_));
    note_socket(w.fd());
    SLUICE_TRY(w.open_channel(1));
    SLUICE_TRY(w.declare(1, topology_));
    return role_.set_up(w, ++number_);
}

error owner::serve(wire& w) {
    for (;;) {
        auto drained = role_.drain(w);
        if (!drained) return drained.error();
        if (auto read = read_frames(w); !read) return read.error();
        role_.before_sleep();
        if (is_stopping()) {
            const std::lock_guard lock(mutex_);
            if (role_.is_flushed() || stop_at_.has_passed()) break;
        }
        if (!*drained) sleep(w);
    }
    role_.before_close(w);
    return fail(errc::shutting_down, "closed");
}

result<void> owner::read_frames(wire& w) {
    for (;;) {
        amqp_frame_t frame;
        auto got = w.next_frame(frame);
        if (!got) return got.error();
        if (!*got) return {};
        SLUICE_TRY(dispatch(w, frame));
    }
}

result<void> owner::dispatch(wire& w, const amqp_frame_t& frame) {
    if (frame.channel != 0 || frame.frame_type != AMQP_FRAME_METHOD) {
        return role_.on_frame(w, frame);
    }
    const auto& method = frame.payload.method;
    if (method.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto* closed = static_cast<const amqp_connection_close_t*>(method.decoded);
        const std::string why = to_string(closed->reply_text);
        amqp_connection_close_ok_t ok{};
        SLUICE_TRY(w.send_method(0, AMQP_CONNECTION_CLOSE_OK_METHOD, &ok));
        return fail(errc::unavailable, "closed by the broker: " + why);
    }
    if (method.id == AMQP_CONNECTION_BLOCKED_METHOD) {
        const auto* blocked = static_cast<const amqp_connection_blocked_t*>(method.decoded);
        observe::warn(
            {},
            "amqp_blocked",
            {{"connection", name_}, {"reason", to_string(blocked->reason)}}
        );
        role_.on_blocked(true);
    }
    if (method.id == AMQP_CONNECTION_UNBLOCKED_METHOD) {
        observe::info({}, "amqp_unblocked", {{"connection", name_}});
        role_.on_blocked(false);
    }
    return {};
}

void owner::sleep(const wire& w) {
    std::array<pollfd, 2> fds{
        pollfd{.fd = w.fd(), .events = POLLIN, .revents = 0},
        pollfd{.fd = event_.get(), .events = POLLIN, .revents = 0}};
    auto limit = std::max(config_.heartbeat / 4, std::chrono::milliseconds(100));
    if (is_stopping()) {
        const std::lock_guard lock(mutex_);
        limit = std::min(limit, stop_at_.left());
    }
    const timespec timeout{
        .tv_sec = limit.count() / 1000,
        .tv_nsec = (limit.count() % 1000) * 1'000'000};
    ::ppoll(fds.data(), fds.size(), &timeout, nullptr);
    if (fds[1].revents == 0) return;
    std::uint64_t count = 0;
    if (::read(event_.get(), &count, sizeof count) < 0) return;
}

}  // namespace sluice::amqp
