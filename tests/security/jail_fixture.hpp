// One launcher with one slot for a test case, and short ways to run programs in it.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::sandbox::test {

class jail {
public:
    // Fails the test case when the host cannot build sandboxes: a skipped security test proves
    // nothing.
    jail() : jail("", 10000) {}
    // Another manager than the one that ships, and how many runs a slot serves before a new one.
    // `egress` is what runs with network_reach::egress reach.
    jail(
        const std::string& manager_path,
        std::int64_t runs_per_slot,
        std::vector<std::string> egress = {},
        bool has_fork_servers = false
    );
    jail(const jail&) = delete;
    jail& operator=(const jail&) = delete;
    ~jail();
    result<run_facts> run(run_request request);
    void close();
    asio::io_context& io() { return io_; }
    launcher& process() { return *launcher_; }
    const sandbox_config& config() const { return config_; }
    unsigned manager_uid() const { return static_cast<unsigned>(config_.first_uid); }
    unsigned job_uid() const { return static_cast<unsigned>(config_.first_uid) + 1; }

private:
    asio::io_context io_;
    sandbox_config config_;
    std::unique_ptr<launcher> launcher_;
};

// In the QEMU guest (SLUICE_GUEST) everything is emulated; what is given as time to spend is given
// so many times. What is to be proved stays the same.
int time_scale();

// A jail whose slot managers can leave walls out: each run gets a slot of its own, made with the
// walls as they are then. Walls are named as in libs/sandbox/src/walls.hpp; "die-at=MOMENT" is one
// more word.
class weak_jail {
public:
    explicit weak_jail(std::vector<std::string> egress = {});
    ~weak_jail();
    weak_jail(const weak_jail&) = delete;
    weak_jail& operator=(const weak_jail&) = delete;
    // Takes effect with the next slot that is opened, and only for that one with die-at.
    void take_down(const std::string& words);
    jail& in() { return *jail_; }

private:
    std::string folder_;
    std::unique_ptr<jail> jail_;
};

// With PATH as the only variable, and the default limits.
run_request program(std::vector<std::string> argv);
run_request python(std::string code);
std::shared_ptr<const file_pack>
pack_of(std::string_view path, std::string_view content, bool is_executable);
std::string read_file(const std::string& path);

}  // namespace sluice::sandbox::test
