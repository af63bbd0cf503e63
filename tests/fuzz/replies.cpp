// Fixed-size messages from less trusted processes: init's events, the manager's replies, the
// launcher's answers. What passes the checks must be usable without further care.
#include "fuzz.hpp"
#include "message_check.hpp"

#include <sys/wait.h>

using namespace sluice;
using namespace sluice::sandbox;

namespace {

void check_event(fuzz::input& in, std::size_t fds) {
    protocol::init_event event;
    in.patch(event);
    const long size = in.size_of(sizeof event);
    if (!is_valid(event, size, fds)) return;
    fuzz::require(size == sizeof event);
    if (event.kind == protocol::init_event_kind::failed) fuzz::require(event.step != 0);
    fuzz::require(event.wall_us >= 0 && event.own_cpu_us >= 0 && event.max_rss_bytes >= 0);
    // The manager subtracts it from a counter.
    fuzz::require(1'000'000 - event.own_cpu_us <= 1'000'000);
    (void)describe_step(event.step, event.error_number);
}

void check_reply(fuzz::input& in, std::size_t fds) {
    protocol::slot_reply reply;
    in.patch(reply);
    const long size = in.size_of(sizeof reply);
    if (!is_valid(reply, size, fds)) return;
    fuzz::require(size == sizeof reply);
    fuzz::require(fds == 2 || (fds == 0 && reply.event != protocol::slot_event::ready));
    if (reply.event == protocol::slot_event::finished) {
        fuzz::require(WIFEXITED(reply.wait_status) != WIFSIGNALED(reply.wait_status));
        fuzz::require(!WIFSIGNALED(reply.wait_status) || WTERMSIG(reply.wait_status) > 0);
    }
    (void)describe_step(reply.step, reply.error_number);
}

void check_answer(fuzz::input& in, std::size_t fds) {
    protocol::launcher_reply reply;
    in.patch(reply);
    const long size = in.size_of(sizeof reply);
    if (!is_valid(reply, size, fds)) return;
    fuzz::require((reply.step == 0) == (fds == 1) && reply.slot < protocol::max_slots);
    (void)describe_step(reply.step, reply.error_number);
}

void check_asked(fuzz::input& in, std::size_t fds) {
    protocol::launcher_request request;
    in.patch(request);
    const long size = in.size_of(sizeof request);
    if (!is_valid(request, size, fds, 4)) return;
    fuzz::require(request.slot < 4);
}

void check_interaction(fuzz::input& in, std::size_t fds) {
    protocol::interaction_order order;
    in.patch(order);
    const long size = in.size_of(sizeof order);
    if (is_valid(order, size, fds)) {
        fuzz::require(size == sizeof order && fds == 0 && order.signal >= 1 && order.signal <= 31);
    }
    protocol::terminal_made made;
    in.patch(made);
    const long made_size = in.size_of(sizeof made);
    if (is_valid(made, made_size, fds)) fuzz::require(made_size == sizeof made && fds == 1);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::uint8_t which = in.byte();
    const std::size_t fds = in.byte() & 3;
    switch (which & 3) {
        case 0:
            check_event(in, fds);
            break;
        case 1:
            check_reply(in, fds);
            break;
        case 2:
            check_answer(in, fds);
            break;
        default:
            check_asked(in, fds);
    }
    if ((which & 4) != 0) check_interaction(in, fds);
    // Any value may come over a socket, checked or not.
    std::uint32_t step = 0;
    std::int32_t error_number = 0;
    in.patch(step);
    in.patch(error_number);
    (void)describe_step(step, error_number);
    return 0;
}
