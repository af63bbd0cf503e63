// Removes bytes that belong to no upload: of uploads that broke off, and of those that were deleted
// while the storage was away. Replicas share the work by leases.
#pragma once

#include "upload_ports.hpp"

#include "sluice/observe/metrics.hpp"
#include "sluice/runtime/event.hpp"

namespace sluice::submission {

class blob_sweeper {
public:
    blob_sweeper(
        asio::any_io_executor executor,
        upload_ports& p,
        std::chrono::milliseconds interval
    );

    awaitable<void> run();  // until stop()
    void stop() { stopping_.set(); }
    // One claim; how many blobs went. Public for tests.
    awaitable<result<std::size_t>> sweep();

private:
    upload_ports& ports_;
    std::chrono::milliseconds interval_;
    runtime::event stopping_;
    observe::counter swept_;
};

}  // namespace sluice::submission
