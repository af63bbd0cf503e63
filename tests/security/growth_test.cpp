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

// Of the whole machine: names that do not exist and that the kernel remembers as such (proc(5)).
long absent_names() {
    std::ifstream file("/proc/sys/fs/dentry-state");
    long value = 0;
    for (int field = 0; field < 5; ++field)
        file >> value;
    REQUIRE(file.good());
    return value;
}

constexpr std::int64_t name_flood_memory = 32 << 20;

// Asks for long names that nobody has, on the host's own file system.
run_request name_flood() {
    run_request request = python(
        "import os\n"
        "name = '/usr/lib/' + os.urandom(100).hex()\n"
        "for i in range(200000):\n"
        "    try: os.stat(name + str(i))\n"
        "    except FileNotFoundError: pass\n"
    );
    request.limits.memory_bytes = name_flood_memory;
    request.limits.cpu_time = std::chrono::seconds(30);
    request.limits.wall_time = std::chrono::seconds(60);
    return request;
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

TEST_CASE("a flood of absent names is remembered within the run's own memory") {
    jail j;
    const long before = absent_names();
    const auto outcome = j.run(name_flood());
    REQUIRE(outcome.has_value());
    CHECK(outcome->exit_code == 0);
    // One takes 192 bytes, and 256 more for a name of this length. The slack is for what others on
    // this machine look for meanwhile.
    CHECK(absent_names() - before < name_flood_memory / 448 + 30'000);
}

TEST_CASE("without a memory limit a flood of absent names stays in the kernel") {
    weak_jail j;
    j.take_down("memory_limit");
    const long before = absent_names();
    const auto outcome = j.in().run(name_flood());
    REQUIRE(outcome.has_value());
    CHECK(outcome->exit_code == 0);
    CHECK(absent_names() - before > 170'000);
}
