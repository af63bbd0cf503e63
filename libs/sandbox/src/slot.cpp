// A run: encode, send, let the session work, hand back its outcome. Cancelling the awaiting
// coroutine does not leave the wait: it sends a kill, and the wait ends as always, with every
// process of the run dead.
#include "slot.hpp"

#include "fd_message.hpp"
#include "memfd.hpp"
#include "message_check.hpp"
#include "step.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/runtime/with_deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <thread>

namespace sluice::sandbox {

namespace {

// Beyond the wall limit: unpacking, collecting, killing a full tree on a full machine. The manager
// has shorter bounds of its own; a manager that misses this one is replaced.
constexpr std::chrono::seconds manager_grace{60};
constexpr std::chrono::seconds ready_time{20};

// For as long as it lives, one more run is in hand.
class run_in_hand {
public:
    explicit run_in_hand(unsigned& count) : count_(count) { ++count_; }
    ~run_in_hand() { --count_; }
    run_in_hand(const run_in_hand&) = delete;
    run_in_hand& operator=(const run_in_hand&) = delete;

private:
    unsigned& count_;
};

unsigned processors() {
    static const unsigned count = std::max(1U, std::thread::hardware_concurrency());
    return count;
}

}  // namespace

awaitable<result<void>> slot_impl::open(protocol::network reach) {
    close();
    reach_ = reach;
    auto socket = co_await link_.open_slot(index_, reach);
    if (!socket) co_return std::move(socket).error();
    manager_.assign(socket->release());
    auto ready = co_await runtime::with_deadline(deadline::in(ready_time), wait_ready());
    if (!ready) close();
    runs_ = 0;
    if (ready && warm_) send_warm();
    if (ready && forks_) send_forks();
    co_return ready;
}

awaitable<result<void>> slot_impl::wait_ready() {
    auto [failed] = co_await manager_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        asio::as_tuple(asio::use_awaitable)
    );
    if (failed) co_return fail(errc::cancelled, failed.message());
    protocol::slot_reply reply;
    received_message message;
    const long size = message.receive(
        manager_.native_handle(),
        std::as_writable_bytes(std::span(&reply, 1)),
        MSG_DONTWAIT
    );
    if (!is_valid(reply, size, message.fd_count())) {
        co_return error{sandbox_errc::slot_died, "the slot manager ended while it was set up"};
    }
    if (reply.event != protocol::slot_event::ready) {
        co_return error{sandbox_errc::setup_failed, describe_step(reply.step, reply.error_number)};
    }
    if (message.fd_count() != 2) co_return error{sandbox_errc::slot_died, "a broken reply"};
    next_ends_ = {unique_fd(message.take_fd(0)), unique_fd(message.take_fd(1))};
    co_return result<void>();
}

void slot_impl::keep_warm(std::shared_ptr<const warm_spec> spec) {
    SLUICE_ASSERT(!session_);
    if (spec == warm_) return;
    warm_ = std::move(spec);
    // A slot that is not open sends it when it opens.
    if (manager_.is_open()) send_warm();
}

int slot_impl::send(const encoded_request& request, std::span<const int> fds) {
    const message_part parts[] = {
        {&request.head, sizeof request.head},
        {request.command.data(), request.command.size()}};
    return send_message(manager_.native_handle(), parts, fds);
}

void slot_impl::tell(protocol::slot_verb verb) {
    protocol::slot_request order;
    order.verb = verb;
    (void)send_struct(manager_.native_handle(), order);
}

// Best effort: a manager that cannot be told is dead, which the next run finds out; a spec that
// cannot be sent leaves the slot without.
void slot_impl::send_warm() {
    if (!warm_) {
        return tell(protocol::slot_verb::forget);
    }
    run_request request;
    request.what = warm_->what;
    request.limits = warm_->limits;
    request.files = warm_->files;
    auto encoded = encode(request);
    if (!encoded) {
        warm_.reset();
        return;
    }
    encoded->head.verb = protocol::slot_verb::prepare;
    encoded->head.warm_key = warm_->key;
    encoded->head.warm_quiet_ms = static_cast<std::uint32_t>(warm_->quiet_time.count());
    encoded->head.reach = reach_;
    (void)send(*encoded, encoded->fds);
}

void slot_impl::serve_forks(std::shared_ptr<const fork_spec> spec) {
    SLUICE_ASSERT(!session_);
    if (spec == forks_) return;
    forks_ = std::move(spec);
    if (manager_.is_open()) send_forks();
}

// Best effort, as above.
void slot_impl::send_forks() {
    if (!forks_) {
        return tell(protocol::slot_verb::forget_forks);
    }
    run_request request;
    request.what = forks_->what;
    request.limits.stack_bytes = forks_->stack_bytes;
    auto encoded = encode(request);
    if (!encoded) {
        forks_.reset();
        return;
    }
    encoded->head.verb = protocol::slot_verb::serve_forks;
    encoded->head.fork_key = forks_->key;
    encoded->head.fork_runs = forks_->runs;
    encoded->head.pack_count = 1;
    encoded->head.reach = reach_;
    const std::array fds{forks_->library.get()};
    (void)send(*encoded, fds);
}

void slot_impl::close() {
    boost::system::error_code ignored;
    manager_.close(ignored);
}

void slot_impl::kill() {
    if (session_) session_->kill(true);
}

void slot_impl::send_input(std::string_view bytes) {
    if (auto* i = interaction()) i->write(bytes);
}

void slot_impl::end_input() {
    if (auto* i = interaction()) i->end_input();
}

void slot_impl::send_signal(int number) {
    if (auto* i = interaction()) i->signal(number);
}

void slot_impl::resize(int cols, int rows) {
    if (auto* i = interaction()) i->resize(cols, rows);
}

awaitable<void>
slot_impl::wait_over(std::shared_ptr<run_session> session, std::chrono::milliseconds at_most) {
    // The wait itself is out of reach of cancellation; a cancelled caller gets the run killed
    // instead.
    auto state = co_await asio::this_coro::cancellation_state;
    auto caller = state.slot();
    if (caller.is_connected()) {
        caller.assign([session](asio::cancellation_type) { session->kill(true); });
    }
    session->done().expires_after(at_most);
    auto token = asio::bind_cancellation_slot(
        asio::cancellation_slot(),
        asio::as_tuple(asio::use_awaitable)
    );
    if (!session->is_over()) co_await session->done().async_wait(token);
    if (caller.is_connected()) caller.clear();
    if (!session->is_over()) session->abandon("the slot manager did not answer in time");
}

awaitable<result<run_facts>> slot_impl::run(run_request request) {
    SLUICE_ASSERT(!session_);
    auto encoded = encode(request);
    if (!encoded) co_return std::move(encoded).error();
    if (!manager_.is_open() || runs_ >= max_runs_ || reach_ != encoded->head.reach) {
        auto opened = co_await open(encoded->head.reach);
        if (!opened) co_return std::move(opened).error();
    }
    auto cancellation = co_await asio::this_coro::cancellation_state;
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled);

    ++runs_;
    const run_in_hand counted(link_.runs_in_hand());
    encoded->head.is_crowded = link_.runs_in_hand() >= processors() ? 1 : 0;
    if (send(*encoded, encoded->fds) < 0) {
        close();
        co_return error{sandbox_errc::slot_died, "the slot manager ended while idle"};
    }
    auto session = std::make_shared<run_session>(manager_, request, std::move(next_ends_));
    session_ = session;
    if (request.how != interaction::none) session->interact(std::move(encoded->interactive));
    session->start();
    const auto at_most = request.limits.wall_time + manager_grace;
    co_await wait_over(session, at_most);
    session_.reset();
    if (session->is_slot_usable()) {
        next_ends_ = session->take_next_ends();
    } else {
        close();
    }

    auto facts = session->take_outcome();
    if (cancellation.cancelled() != asio::cancellation_type::none) co_return fail(errc::cancelled);
    if (facts && session->has_artefacts()) {
        auto copy = copy_memfd(encoded->collected.get(), request.collect->max_bytes);
        if (!copy) co_return std::move(copy).error();
        auto pack = file_pack::adopt(std::move(*copy));
        if (!pack) co_return std::move(pack).error();
        facts->artefacts = std::move(*pack);
    }
    co_return facts;
}

}  // namespace sluice::sandbox
