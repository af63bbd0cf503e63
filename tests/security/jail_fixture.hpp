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
    jail();
    ~jail();
    result<run_facts> run(run_request request);
    void close();
    asio::io_context& io() { return io_; }
    launcher& process() { return *launcher_; }
    const sandbox_config& config() const { return config_; }
    unsigned job_uid() const { return static_cast<unsigned>(config_.first_uid) + 1; }

private:
    asio::io_context io_;
    sandbox_config config_;
    std::unique_ptr<launcher> launcher_;
};

// In the QEMU guest (SLUICE_GUEST) everything is emulated; what is given as time to spend is given
// so many times. What is to be proved stays the same.
int time_scale();

// With PATH as the only variable, and the default limits.
run_request program(std::vector<std::string> argv);
run_request python(std::string code);
std::shared_ptr<const file_pack>
pack_of(std::string_view path, std::string_view content, bool is_executable);
std::string read_file(const std::string& path);

}  // namespace sluice::sandbox::test
