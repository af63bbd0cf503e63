// Tells when the configuration's file has new content. The folder is watched, not the file: editors
// put a new file in its place by rename, and Kubernetes swaps a link beside it.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"

#include <functional>
#include <memory>
#include <string>

namespace sluice::runtime {

class config_watch {
public:
    config_watch(asio::any_io_executor executor, std::string file, std::function<void()> on_change);
    ~config_watch();
    // False, and logged, when the folder cannot be watched: SIGHUP still works.
    bool start();
    void stop();

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace sluice::runtime
