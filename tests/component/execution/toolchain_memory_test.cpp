// Whoever reads a file first is charged for its page cache. A worker that has read the toolchains
// itself reports for the first run what it reports for the next ones.
#include "machine.hpp"
#include "toolchain_reader.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

using namespace sluice;
using namespace sluice::execution;

namespace {

constexpr std::int64_t file_bytes = 32 << 20;
constexpr std::int64_t tolerance = 8 << 20;

// A large file that nobody else on the machine reads or has mapped. On a disk: what lies in memory
// anyway is charged to its writer.
class own_toolchain {
public:
    own_toolchain() {
        folder_ = "/var/tmp/sluice-toolchain-XXXXXX";
        REQUIRE(::mkdtemp(folder_.data()) != nullptr);
        std::filesystem::permissions(folder_, std::filesystem::perms(0755));
        const unique_fd fd(::open(file().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
        REQUIRE(fd);
        const std::string megabyte(1 << 20, 'x');
        for (std::int64_t done = 0; done < file_bytes; done += 1 << 20)
            REQUIRE(::write(fd.get(), megabyte.data(), megabyte.size()) == 1 << 20);
        // Only what is on the disk can leave the page cache.
        REQUIRE(::fsync(fd.get()) == 0);
    }
    ~own_toolchain() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    own_toolchain(const own_toolchain&) = delete;
    own_toolchain& operator=(const own_toolchain&) = delete;

    const std::string& folder() const { return folder_; }
    std::string file() const { return folder_ + "/library"; }
    void forget() const {
        const unique_fd fd(::open(file().c_str(), O_RDONLY | O_CLOEXEC));
        REQUIRE(fd);
        REQUIRE(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    }

private:
    std::string folder_;
};

config showing(const std::string& folder) {
    config c = real::test_config();
    c.sandbox.read_only_paths.push_back(folder);
    return c;
}

std::int64_t peak_of_reader(real::machine& m, const own_toolchain& toolchain) {
    sandbox::run_request request;
    request.what.argv = {"/usr/bin/cksum", toolchain.file()};
    auto facts = testing::run_coro(m.io, [&] { return m.launcher->at(0).run(request); });
    REQUIRE(facts.has_value());
    REQUIRE(facts->exit_code == 0);
    return facts->memory_peak_bytes;
}

}  // namespace

TEST_CASE("the first run is not charged for a toolchain that the worker has read") {
    const own_toolchain toolchain;
    real::machine m(showing(toolchain.folder()));
    const std::int64_t usual = (peak_of_reader(m, toolchain), peak_of_reader(m, toolchain));
    // The other way round first: without the reading the first one pays.
    toolchain.forget();
    const std::int64_t unprepared = peak_of_reader(m, toolchain);
    CHECK(unprepared > usual + tolerance);

    toolchain.forget();
    const auto report = read_files({toolchain.folder()}, {});
    CHECK(report.is_complete);
    CHECK(report.bytes == file_bytes);
    const std::int64_t prepared = peak_of_reader(m, toolchain);
    CHECK(std::abs(prepared - usual) < tolerance);
}
