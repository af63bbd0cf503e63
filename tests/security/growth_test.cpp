// Thousands of runs leave nothing behind: no memory, no descriptor, no process and no cgroup more
// than there were after the first ones. `./dev bench sandbox --soak N` shows the same over more
// runs.
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace sluice;
using namespace sluice::sandbox;
using namespace sluice::sandbox::test;

namespace {

struct sizes {
    long processes = 0;
    long fds = 0;
    long resident_kib = 0;
};

void add_tree(pid_t pid, sizes& all) {
    const std::string folder = "/proc/" + std::to_string(pid);
    std::error_code ignored;
    ++all.processes;
    all.fds += std::distance(std::filesystem::directory_iterator(folder + "/fd", ignored), {});
    long size = 0;
    long resident = 0;
    std::ifstream(folder + "/statm") >> size >> resident;
    all.resident_kib += resident * ::sysconf(_SC_PAGESIZE) / 1024;
    std::ifstream children(folder + "/task/" + std::to_string(pid) + "/children");
    for (pid_t child = 0; children >> child;)
        add_tree(child, all);
}

void run_many(jail& j, int runs) {
    for (int i = 0; i < runs; ++i) {
        const auto outcome = j.run(program({"/usr/bin/true"}));
        REQUIRE(outcome.has_value());
        REQUIRE(outcome->exit_code == 0);
    }
}

}  // namespace

TEST_CASE("two thousand runs leave no memory, descriptor or process behind") {
    jail j;
    run_many(j, 200);
    sizes before;
    add_tree(::getpid(), before);
    run_many(j, 2000);
    sizes after;
    add_tree(::getpid(), after);
    // The next run's init may or may not be there yet, with three pipes' worth of descriptors.
    CHECK(after.processes <= before.processes + 1);
    CHECK(after.fds <= before.fds + 24);
    // A leak of a page in two runs would be 4 MiB.
    CHECK(after.resident_kib <= before.resident_kib + 2048);
}
