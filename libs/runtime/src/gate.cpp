// Theory of operation. The gate's state is shared with the completion handler of every child, so a
// child that ends while the gate is being destroyed has something to report to. Each child has a
// cancellation signal of its own; it lives exactly as long as the child is in the list. `empty` is
// set whenever the list is, and close() waits for it twice: once patiently, once after it has
// cancelled what was left.
#include "sluice/runtime/gate.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/runtime/event.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>

#include <vector>

namespace sluice::runtime {
namespace {

struct child_entry {
    std::string name;
    asio::cancellation_signal signal;
    bool is_cancelled = false;
};

bool is_abort(const std::exception_ptr& thrown) {
    try {
        std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& e) {
        return e.code() == asio::error::operation_aborted;
    } catch (...) {
        return false;
    }
}

}  // namespace

struct gate::state {
    state(asio::any_io_executor ex, exception_handler handler)
        : executor(std::move(ex)), on_exception(std::move(handler)), empty(executor) {
        empty.set();
    }

    asio::any_io_executor executor;
    exception_handler on_exception;
    event empty;
    bool is_closed = false;
    std::list<std::shared_ptr<child_entry>> children;

    void ended(std::list<std::shared_ptr<child_entry>>::iterator at, std::exception_ptr thrown) {
        const std::shared_ptr<child_entry> child = std::move(*at);
        children.erase(at);
        // An aborted operation is how a cancelled child ends; anything else is news.
        if (thrown && !(child->is_cancelled && is_abort(thrown)) && on_exception) {
            on_exception(child->name, thrown);
        }
        if (children.empty()) empty.set();
    }
};

gate::gate(asio::any_io_executor executor, exception_handler on_exception)
    : state_(std::make_shared<state>(std::move(executor), std::move(on_exception))) {}

gate::~gate() {
    SLUICE_ASSERT(state_->children.empty());
}

bool gate::spawn(std::string name, awaitable<void> child) {
    if (state_->is_closed) return false;
    auto entry = std::make_shared<child_entry>();
    entry->name = std::move(name);
    const auto at = state_->children.insert(state_->children.end(), entry);
    state_->empty.reset();
    asio::co_spawn(
        state_->executor,
        std::move(child),
        asio::bind_cancellation_slot(
            entry->signal.slot(),
            [s = state_, at](std::exception_ptr thrown) { s->ended(at, std::move(thrown)); }
        )
    );
    return true;
}

std::size_t gate::count() const {
    return state_->children.size();
}

bool gate::is_closed() const {
    return state_->is_closed;
}

awaitable<std::size_t> gate::close(std::chrono::milliseconds grace) {
    const std::shared_ptr<state> s = state_;
    s->is_closed = true;
    const auto ended = co_await s->empty.wait(deadline::in(grace));
    if (ended) co_return std::size_t{0};

    // A copy: a child may end, and leave the list, while its signal is being given.
    const std::vector<std::shared_ptr<child_entry>> left(s->children.begin(), s->children.end());
    for (const auto& child : left) {
        child->is_cancelled = true;
        child->signal.emit(asio::cancellation_type::all);
    }
    const auto joined = co_await s->empty.wait();
    (void)joined;  // fails only when the closer itself is cancelled; the destructor then judges
    co_return left.size();
}

}  // namespace sluice::runtime
