// Reading toolchains ahead: what is chosen, and that the bounds hold.
#include "toolchain_reader.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace sluice;
using namespace sluice::execution;

namespace {

domain::language language(const std::string& id, std::vector<std::string> files) {
    domain::language l;
    l.id = id;
    l.run = {"/usr/bin/" + id, "{source}"};
    l.compile = {"/usr/bin/cc"};
    l.toolchain_files = std::move(files);
    return l;
}

struct folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("sluice-toolchain-" + std::to_string(::getpid()));
    folder() {
        std::filesystem::create_directories(path / "lib/deep");
        for (const char* name : {"one", "lib/two", "lib/deep/three"})
            std::ofstream(path / name) << std::string(1000, 'x');
    }
    ~folder() { std::filesystem::remove_all(path); }
};

toolchain_config bounds(std::int64_t bytes) {
    toolchain_config c;
    c.max_bytes = byte_size{bytes};
    return c;
}

}  // namespace

TEST_CASE("only what available languages name is read, and nothing twice") {
    const auto paths = toolchain_paths(
        {language("aa", {"/opt/aa"}), language("bb", {"/opt/bb"}), language("cc", {"/opt/aa"})},
        {{"aa", true, "1", ""}, {"bb", false, "", "missing"}, {"cc", true, "1", ""}}
    );
    CHECK(paths == std::vector<std::string>{"/usr/bin/aa", "/usr/bin/cc", "/opt/aa"});
}

TEST_CASE("what was prepared for runs is read, and what is for the compiler alone is not") {
    auto a = language("aa", {}), b = language("bb", {}), c = language("cc", {});
    a.prepare.run_args = {"-archive={prepared}/a"};
    c.prepare.run_args = {"-archive={prepared}/a"};
    const auto paths = toolchain_paths(
        {a, b, c},
        {{"aa", true, "1", "", "/p/aa-1"}, {"bb", true, "1", "", "/p/bb-1"}, {"cc", true, "1", ""}}
    );
    CHECK(
        paths == std::vector<std::string>{"/usr/bin/aa", "/usr/bin/cc", "/p/aa-1", "/usr/bin/bb"}
    );
}

TEST_CASE("folders are read to their bottom and what is missing is skipped") {
    const folder f;
    const auto report = read_files({f.path, f.path / "absent"}, bounds(1 << 20));
    CHECK(report.files == 3);
    CHECK(report.bytes == 3000);
    CHECK(report.is_complete);
}

TEST_CASE("the bound on bytes ends the reading") {
    const folder f;
    const auto report = read_files({f.path / "one", f.path / "lib"}, bounds(1500));
    CHECK(report.bytes == 1500);
    CHECK_FALSE(report.is_complete);
}

TEST_CASE("with a bound of zero nothing is read") {
    const folder f;
    CHECK(read_files({f.path}, bounds(0)).files == 0);
}
