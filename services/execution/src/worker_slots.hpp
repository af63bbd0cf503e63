// N sandboxes at a time. A lease is taken before a task is received, so that no task is held back
// here that could run elsewhere. It passes through two phases: running (it holds a slot) and
// publishing (the slot already belongs to the next task, but the lease still counts, so that a
// broker that confirms nothing cannot make results pile up).
//
// A task with many tests may borrow what is idle beside its own slot. A loan is called back as soon
// as a task needs the sandbox and none is idle: tests never keep a task waiting for longer than it
// takes to kill one. Those who wait are served in order, tasks before borrowers.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/event.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::execution {

class worker_slots {
public:
    worker_slots(asio::any_io_executor executor, std::size_t slots, std::size_t max_publishing);

    class lease {
    public:
        lease() = default;  // of nothing
        lease(lease&& other) noexcept;
        lease& operator=(lease&&) = delete;
        ~lease();

        // Before choose(), by a task whose language has a runtime that may wait: a sandbox that
        // served it last comes first. Then, and for all other tasks, one where no runtime waits.
        void prefer(std::string language) { language_ = std::move(language); }
        const std::string& preferred() const { return language_; }
        // Waits until a sandbox is there for it: at once unless all are lent.
        awaitable<result<void>> choose();
        // Which sandbox; chosen when it is first asked for, of equal ones the longest idle one,
        // because it has had the most time to prepare itself. Asserts that one is idle; choose()
        // waits.
        std::size_t index();
        // Another idle sandbox when there is one (this one just failed).
        void swap();
        // The run is over: the slot is free for the next task, the lease goes on as publishing (a
        // loan is over with it).
        void end_run();

        bool is_loan() const { return recalled_ != nullptr; }
        // Of a loan: set when the sandbox is wanted back.
        runtime::event& recalled() { return *recalled_; }
        worker_slots& owner() { return *owner_; }

    private:
        friend class worker_slots;
        explicit lease(worker_slots& owner) : owner_(&owner) {}
        worker_slots* owner_ = nullptr;
        std::optional<std::size_t> index_;
        std::string language_;
        bool is_running_ = true;
        std::shared_ptr<runtime::event> recalled_;  // of a loan
    };

    // Waits for a free slot; errc::shutting_down after close(), errc::cancelled.
    awaitable<result<lease>> acquire();
    // Waits for a sandbox that nobody needs. errc::shutting_down after close(), errc::cancelled.
    // `language` as in prefer().
    awaitable<result<lease>> borrow(std::string language = {});
    void close();
    // How many of the sandboxes take work from now on, from 1 to all. Fewer: what runs goes on, and
    // loans are called back.
    void use(std::size_t slots);
    void change_max_publishing(std::size_t most);

    std::size_t in_use() const { return allowed_; }
    std::size_t count() const { return count_; }
    std::size_t busy() const { return count_ - idle_.size(); }  // with a task
    std::size_t publishing() const { return publishing_; }

private:
    struct waiter;
    class place_in_line;
    bool may_take() const { return running_ < allowed_ && publishing_ < max_publishing_; }
    void changed();
    std::size_t take_idle(const std::string& language);
    void give_back(std::size_t index);
    bool has_room() const { return !idle_.empty() && busy() < allowed_; }
    void serve_waiting();
    void recall_one();
    awaitable<result<std::size_t>> wait_in(std::list<waiter*>& line);

    asio::any_io_executor executor_;
    std::size_t count_;
    std::size_t allowed_;
    std::size_t max_publishing_;
    std::size_t running_ = 0;
    std::size_t publishing_ = 0;
    std::vector<std::string> served_;  // by each slot: the language last preferred, or none
    std::deque<std::size_t> idle_;     // as many as are not chosen by a lease
    std::list<waiter*> choosers_;      // tasks, then…
    std::list<waiter*> borrowers_;     // …who would like more than one
    std::list<std::shared_ptr<runtime::event>> lent_;  // not yet called back, the latest last
    runtime::event free_;
    bool is_closed_ = false;
};

}  // namespace sluice::execution
