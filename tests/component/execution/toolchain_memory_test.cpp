// Whoever reads a file first is charged for its page cache. A worker that has read the toolchains
// itself reports for the first run what it reports for the next ones.
#include "machine.hpp"
#include "toolchain_reader.hpp"

#include <fcntl.h>

#include <filesystem>

using namespace sluice;
using namespace sluice::execution;

namespace {

constexpr std::int64_t tolerance = 2 << 20;
const std::vector<std::string> toolchain{"/usr/bin/python3", "/usr/lib/python3.11"};

// Out of the page cache, but for what somebody has mapped.
void forget_files() {
    const auto forget = [](const std::filesystem::path& path) {
        const unique_fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (fd) (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
    };
    for (const std::filesystem::path path : toolchain) {
        if (!std::filesystem::is_directory(path)) forget(path);
        std::error_code failed;
        for (const auto& each : std::filesystem::recursive_directory_iterator(path, failed)) {
            if (each.is_regular_file(failed)) forget(each.path());
        }
    }
}

std::int64_t peak_of_python(real::machine& m) {
    sandbox::run_request request;
    request.what.argv = {"/usr/bin/python3", "-c", "import json, decimal, asyncio"};
    auto facts = testing::run_coro(m.io, [&] { return m.launcher->at(0).run(request); });
    REQUIRE(facts.has_value());
    REQUIRE(facts->exit_code == 0);
    return facts->memory_peak_bytes;
}

}  // namespace

TEST_CASE("the first run is not charged for a toolchain that the worker has read") {
    real::machine m;
    const std::int64_t usual = (peak_of_python(m), peak_of_python(m));
    // The other way round first: without the reading the first one pays.
    forget_files();
    const std::int64_t unprepared = peak_of_python(m);
    CHECK(unprepared > usual + tolerance);

    forget_files();
    const auto report = read_files(toolchain, {});
    CHECK(report.is_complete);
    CHECK(report.bytes > 10 << 20);
    const std::int64_t prepared = peak_of_python(m);
    CHECK(std::abs(prepared - usual) < tolerance);
}
