// Who takes part in the comparison: a program behind the static spawner, or one run in our sandbox.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/unique_fd.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <sys/types.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::bench {

class contender {
public:
    explicit contender(std::string name) : name_(std::move(name)) {}
    virtual ~contender() = default;
    const std::string& name() const { return name_; }
    // Microseconds of each run, one after the other, each after a pause.
    virtual std::vector<double> latencies(unsigned runs, std::chrono::microseconds idle) = 0;
    // Runs per second of `workers` at once.
    virtual double throughput(unsigned workers, std::chrono::milliseconds time) = 0;
    // Begin and end of each run on the monotonic clock, in microseconds.
    virtual std::vector<std::array<double, 2>>
    timed_ends(unsigned /*runs*/, std::chrono::microseconds /*idle*/) {
        return {};
    }
    virtual std::uint32_t resident_kib() const { return 0; }

private:
    std::string name_;
};

// Throw std::runtime_error when a run fails: a benchmark of failures would be a fast one.
std::unique_ptr<contender> make_spawned(
    const std::string& spawner,
    const std::string& method,
    const nlohmann::json& description
);
std::unique_ptr<contender> make_sandboxed(
    asio::io_context& io,
    sandbox::launcher& launcher,
    const nlohmann::json& description
);

}  // namespace sluice::bench
