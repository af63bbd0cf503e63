// Writes "the broker has it" for many tasks in one statement, off the path of the requests. A mark
// that is lost costs one duplicate publish, which ids make harmless; so the queue here is bounded
// and drops when it is full.
#pragma once

#include "../ports.hpp"
#include "postgres_outbox.hpp"

#include "sluice/runtime/event.hpp"

#include <vector>

namespace sluice::submission {

class published_marker final : public publication_marks {
public:
    published_marker(asio::any_io_executor executor, postgres_outbox& outbox, const clock& time);

    void published(submission_id id) override;
    // Runs until stop(); what is queued then is written before it returns.
    awaitable<void> run();
    void stop();

private:
    awaitable<bool> flush();

    postgres_outbox& outbox_;
    const clock& time_;
    std::vector<submission_id> waiting_;
    runtime::event some_;
    runtime::event stopping_;
};

}  // namespace sluice::submission
