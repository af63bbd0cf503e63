// Parsing of cgroup files and mount tables, both versions.
#include "cgroup_text.hpp"

#include <catch2/catch.hpp>

using namespace sluice::sandbox;

TEST_CASE("a hybrid host shows each version 1 controller and the bare unified mount") {
    const cgroup_mounts m = parse_cgroup_mounts(
        "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
        "cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,relatime,cpu,cpuacct 0 0\n"
        "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0\n"
        "cgroup /sys/fs/cgroup/cpuset cgroup rw,cpuset 0 0\n"
        "cgroup /sys/fs/cgroup/pids cgroup rw,pids 0 0\n"
        "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n"
    );
    CHECK(m.memory == "/sys/fs/cgroup/memory");
    CHECK(m.pids == "/sys/fs/cgroup/pids");
    CHECK(m.cpu == "/sys/fs/cgroup/cpu,cpuacct");
    CHECK(m.cpuacct == m.cpu);
    CHECK(m.unified == "/sys/fs/cgroup/unified");
}

TEST_CASE("the first mount of a hierarchy is taken and cpuset is not mistaken for cpu") {
    const cgroup_mounts m = parse_cgroup_mounts(
        "cgroup /a cgroup rw,cpuset 0 0\ncgroup /b cgroup rw,memory 0 0\ncgroup /c cgroup "
        "rw,memory 0 0\n"
    );
    CHECK(m.cpu.empty());
    CHECK(m.memory == "/b");
    CHECK(m.unified.empty());
}

TEST_CASE("flat keyed files give the value of the whole key only") {
    const char* events = "low 0\nhigh 0\nmax 12\noom 3\noom_kill 2\noom_group_kill 1\n";
    CHECK(keyed_value(events, "oom_kill") == 2);
    CHECK(keyed_value(events, "oom") == 3);
    CHECK(keyed_value(events, "max") == 12);
    CHECK_FALSE(keyed_value(events, "oom_kil"));
    CHECK(keyed_value("usage_usec 1234567\nuser_usec 1000000\n", "usage_usec") == 1234567);
    CHECK(keyed_value("oom_kill_disable 0\nunder_oom 0\noom_kill 1\n", "oom_kill") == 1);
}

TEST_CASE("single values are read and max is no number") {
    CHECK(first_number("268435456\n") == 268435456);
    CHECK_FALSE(first_number("max\n"));
    CHECK_FALSE(first_number(""));
}

TEST_CASE("controllers are found as whole words") {
    CHECK(has_word("cpuset cpu io memory pids\n", "pids"));
    CHECK(has_word("cpuset cpu io memory pids\n", "cpu"));
    CHECK_FALSE(has_word("cpuset hugetlb\n", "cpu"));
    CHECK_FALSE(has_word("", "memory"));
}

TEST_CASE("the own path in the unified hierarchy is the line with no controllers") {
    CHECK(
        unified_path("4:memory:/x\n0::/system.slice/sluice.service\n") ==
        "/system.slice/sluice.service"
    );
    CHECK(unified_path("0::/\n") == "/");
    CHECK_FALSE(unified_path("4:memory:/x\n"));
}
