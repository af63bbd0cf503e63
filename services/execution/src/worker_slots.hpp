// N sandboxes at a time. A lease is taken before a task is received, so that no task is held back
// here that could run elsewhere. It passes through two phases: running (it holds a slot) and
// publishing (the slot already belongs to the next task, but the lease still counts, so that a
// broker that confirms nothing cannot make results pile up).
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/event.hpp"

#include <cstddef>
#include <deque>
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

        // Before index(), by a task whose language has a runtime that may wait: a sandbox that
        // served it last comes first. Then, and for all other tasks, one where no runtime waits.
        void prefer(std::string language) { language_ = std::move(language); }
        // Which sandbox; chosen when it is first asked for, of equal ones the longest idle one,
        // because it has had the most time to prepare itself.
        std::size_t index();
        // Another idle sandbox when there is one (this one just failed).
        void swap();
        // The run is over: the slot is free for the next task, the lease goes on as publishing.
        void end_run();

    private:
        friend class worker_slots;
        explicit lease(worker_slots& owner) : owner_(&owner) {}
        void choose();
        worker_slots* owner_ = nullptr;
        std::optional<std::size_t> index_;
        std::string language_;
        bool is_running_ = true;
    };

    // Waits for a free slot; errc::shutting_down after close(), errc::cancelled.
    awaitable<result<lease>> acquire();
    void close();

    std::size_t count() const { return count_; }
    std::size_t busy() const { return count_ - idle_.size(); }  // with a task
    std::size_t publishing() const { return publishing_; }

private:
    bool may_take() const { return running_ < count_ && publishing_ < max_publishing_; }
    void changed();

    std::size_t count_;
    std::size_t max_publishing_;
    std::size_t running_ = 0;
    std::size_t publishing_ = 0;
    std::vector<std::string> served_;  // by each slot: the language last preferred, or none
    std::deque<std::size_t> idle_;     // as many as are not chosen by a lease
    runtime::event free_;
    bool is_closed_ = false;
};

}  // namespace sluice::execution
