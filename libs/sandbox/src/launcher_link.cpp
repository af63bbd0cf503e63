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

#include <sys/socket.h>

namespace sluice::sandbox {

namespace {
constexpr std::chrono::seconds answer_time{20};
}

struct launcher_link::state {
    state(asio::any_io_executor executor, int fd) : socket(std::move(executor), fd) {}

    void settle(unsigned slot, result<unique_fd> answer) {
        const auto found = pending.find(slot);
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
        if (reply.step != 0) {
            settle(
                reply.slot,
                error{sandbox_errc::setup_failed, describe_step(reply.step, reply.error_number)}
            );
        } else {
            settle(reply.slot, unique_fd(message.take_fd(0)));
        }
        return true;
    }

    asio::posix::stream_descriptor socket;
    std::map<unsigned, std::shared_ptr<waiting>> pending;
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

awaitable<result<unique_fd>> launcher_link::open_slot(unsigned slot) {
    auto self = state_;
    if (!self->socket.is_open()) co_return fail(errc::shutting_down, "the launcher is closed");
    auto mine = std::make_shared<waiting>(self->socket.get_executor());
    self->pending[slot] = mine;
    protocol::launcher_request request;
    request.slot = slot;
    if (send_struct(self->socket.native_handle(), request) < 0) {
        self->pending.erase(slot);
        co_return error{sandbox_errc::slot_died, "the launcher ended"};
    }
    listen(self);
    mine->timer.expires_after(answer_time);
    auto token = asio::bind_cancellation_slot(
        asio::cancellation_slot(),
        asio::as_tuple(asio::use_awaitable)
    );
    co_await mine->timer.async_wait(token);
    if (!mine->is_answered) self->pending.erase(slot);
    co_return std::move(mine->answer);
}

void launcher_link::close() {
    state_->fail_all();
    boost::system::error_code ignored;
    state_->socket.close(ignored);
}

}  // namespace sluice::sandbox
