// The launcher answers in the order of the requests; each answer names its slot. The socket is
// watched only while somebody waits, so that an idle link keeps no loop alive.
#include "launcher_link.hpp"

#include "fd_message.hpp"
#include "message_check.hpp"
#include "protocol.hpp"
#include "step.hpp"

#include "sluice/sandbox/run.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <fcntl.h>
#include <sys/socket.h>

namespace sluice::sandbox {

namespace {
constexpr std::chrono::seconds answer_time{20};
}

struct launcher_link::state {
    state(asio::any_io_executor executor, int fd) : socket(std::move(executor), fd) {}

    void settle(std::uint32_t serial, result<unique_fd> answer) {
        const auto found = pending.find(serial);
        if (found == pending.end()) return;  // nobody waits any more: the descriptor closes
        found->second->answer = std::move(answer);
        found->second->is_answered = true;
        found->second->timer.cancel();
        pending.erase(found);
    }
    void fail_all() {
        while (!pending.empty()) {
            settle(pending.begin()->first, error{sandbox_errc::slot_died, "the launcher ended"});
        }
    }
    // False when the launcher is gone.
    bool read_one() {
        protocol::launcher_reply reply;
        received_message message;
        const long size = message.receive(
            socket.native_handle(),
            std::as_writable_bytes(std::span(&reply, 1)),
            MSG_DONTWAIT
        );
        if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return true;
        if (!is_valid(reply, size, message.fd_count())) return false;
        if (reply.serial == 0) return ask_again();
        if (reply.step != 0) {
            settle(
                reply.serial,
                error{sandbox_errc::setup_failed, describe_step(reply.step, reply.error_number)}
            );
        } else {
            settle(reply.serial, unique_fd(message.take_fd(0)));
        }
        return true;
    }

    // False when the launcher is gone. Who waits is found by the serial of the request.
    bool ask(unsigned slot, protocol::network reach, std::shared_ptr<waiting> who) {
        if (++last_serial == 0) ++last_serial;
        protocol::launcher_request request;
        request.slot = slot;
        request.reach = reach;
        request.serial = last_serial;
        who->slot = slot;
        who->reach = reach;
        who->serial = last_serial;
        pending[last_serial] = std::move(who);
        return send_struct(socket.native_handle(), request) == 0;
    }
    // A spare took over: what the dead one had read is lost, and nobody can tell what that was. An
    // answer to the first asking, should it come, finds nobody, and its slot is opened once more.
    bool ask_again() {
        const auto unanswered = std::exchange(pending, {});
        bool is_alive = true;
        for (const auto& [serial, who] : unanswered)
            is_alive = ask(who->slot, who->reach, who) && is_alive;
        return is_alive;
    }
    void drop_old_answers() {
        if (is_listening) return;
        protocol::launcher_reply old;
        received_message message;
        const auto room = std::as_writable_bytes(std::span(&old, 1));
        while (message.receive(socket.native_handle(), room, MSG_DONTWAIT) > 0) {
        }
    }

    asio::posix::stream_descriptor socket;
    std::map<std::uint32_t, std::shared_ptr<waiting>> pending;  // by the request's serial
    std::uint32_t last_serial = 0;
    bool is_listening = false;
};

launcher_link::launcher_link(asio::any_io_executor executor, int socket)
    : state_(std::make_shared<state>(std::move(executor), socket)) {}

void launcher_link::listen(std::shared_ptr<state> self) {
    if (self->is_listening || self->pending.empty()) return;
    self->is_listening = true;
    auto& socket = self->socket;
    socket.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [self](const boost::system::error_code& failed) {
            self->is_listening = false;
            if (failed || !self->read_one()) {
                self->fail_all();
                return;
            }
            listen(self);
        }
    );
}

awaitable<result<unique_fd>> launcher_link::open_slot(unsigned slot, protocol::network reach) {
    auto self = state_;
    if (!self->socket.is_open()) co_return fail(errc::shutting_down, "the launcher is closed");
    auto mine = std::make_shared<waiting>(self->socket.get_executor());
    // What a new launcher said while nobody listened is about earlier requests.
    self->drop_old_answers();
    if (!self->ask(slot, reach, mine)) {
        self->pending.erase(mine->serial);
        co_return error{sandbox_errc::slot_died, "the launcher ended"};
    }
    listen(self);
    mine->timer.expires_after(answer_time);
    auto token = asio::bind_cancellation_slot(
        asio::cancellation_slot(),
        asio::as_tuple(asio::use_awaitable)
    );
    co_await mine->timer.async_wait(token);
    if (!mine->is_answered) self->pending.erase(mine->serial);
    co_return std::move(mine->answer);
}

void launcher_link::hang_up() {
    state_->fail_all();
    if (state_->socket.is_open()) ::shutdown(state_->socket.native_handle(), SHUT_WR);
}

awaitable<void> launcher_link::ended() {
    auto self = state_;
    while (self->socket.is_open()) {
        auto [failed] = co_await self->socket.async_wait(
            asio::posix::stream_descriptor::wait_read,
            asio::as_tuple(asio::use_awaitable)
        );
        protocol::launcher_reply last;
        received_message message;
        const auto room = std::as_writable_bytes(std::span(&last, 1));
        const long size = message.receive(self->socket.native_handle(), room, MSG_DONTWAIT);
        const bool is_waiting = size > 0 || (size < 0 && errno == EAGAIN);
        if (failed || !is_waiting) break;
    }
    boost::system::error_code ignored;
    self->socket.close(ignored);
}

void launcher_link::wait_ended() {
    if (!state_->socket.is_open()) return;
    ::fcntl(state_->socket.native_handle(), F_SETFL, 0);
    protocol::launcher_reply last;
    received_message message;
    const auto room = std::as_writable_bytes(std::span(&last, 1));
    while (message.receive(state_->socket.native_handle(), room) > 0) {
    }
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

}  // namespace sluice::sandbox
