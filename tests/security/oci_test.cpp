// What is the OCI backend's own: the manager that drives the runtime may die at any moment, and
// neither a container, a cgroup, a mount nor a process of it may be left.
#include "attack_run.hpp"
#include "host_state.hpp"

#include <catch2/catch.hpp>

#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

std::vector<pid_t> children_of(pid_t parent) {
    const std::string pid = std::to_string(parent);
    std::ifstream list("/proc/" + pid + "/task/" + pid + "/children");
    std::vector<pid_t> found;
    for (pid_t child = 0; list >> child;)
        found.push_back(child);
    return found;
}

void wait_until(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < until) {
    }
    REQUIRE(condition());
}

pid_t launcher_process() {
    const std::vector<pid_t> children = children_of(::getpid());
    REQUIRE(children.size() == 1);
    return children[0];
}

// This process → launcher → its spare, and the manager of the one slot, which is PID 1 of its own.
pid_t manager() {
    for (const pid_t child : children_of(launcher_process())) {
        if (pid_namespace_depth(child) == 2) return child;
    }
    FAIL("no slot manager below this process");
    return -1;
}

// A program that runs until it is killed; `then` is called when it runs.
run_request endless(jail& j, std::function<void()> then) {
    run_request r = program({"/usr/bin/sleep", "30"});
    r.limits.wall_time = std::chrono::seconds(40);
    r.on_started = [&j, then = std::move(then)] {
        wait_until([&] { return !processes_of(j.job_uid()).empty(); });
        then();
    };
    return r;
}

const run_facts& facts_of(const result<run_facts>& outcome) {
    if (outcome.has_error()) FAIL(describe(outcome.error()));
    return *outcome;
}

// Lines "RUNTIME ATTACK: EXPECTATION  # REASON" with the expectation that goes before the attack's
// own, "expected elsewhere" for one that this backend cannot be measured by. A name that ends in
// "*" stands for all that begin so.
std::map<std::string, std::string> differences_of(const std::string& runtime) {
    std::ifstream file(SLUICE_OCI_DIFFERENCES);
    REQUIRE(file.good());
    std::map<std::string, std::string> found;
    for (std::string line; std::getline(file, line);) {
        const std::size_t space = line.find(' ');
        const std::size_t colon = line.find(": ");
        const std::size_t reason = line.find("  # ");
        if (line.starts_with('#') || line.empty()) continue;
        INFO(line);
        REQUIRE(reason != std::string::npos);
        REQUIRE(colon < reason);
        const std::string of = line.substr(0, space);
        if (of != runtime && of != "all") continue;
        found[line.substr(space + 1, colon - space - 1)] =
            line.substr(colon + 2, reason - colon - 2);
    }
    return found;
}

std::string
pattern_for(const std::map<std::string, std::string>& differences, const std::string& attack) {
    for (const auto& [pattern, expectation] : differences) {
        const bool is_prefix = pattern.ends_with("*");
        const std::string begin = pattern.substr(0, pattern.size() - (is_prefix ? 1 : 0));
        if (is_prefix ? attack.starts_with(begin) : attack == begin) return pattern;
    }
    return {};
}

std::string backend() {
    const char* name = std::getenv("SLUICE_SANDBOX_BACKEND");
    INFO("SLUICE_SANDBOX_BACKEND names the runtime");
    REQUIRE(name != nullptr);
    return name;
}

// A shell, because this is asked after each attack.
constexpr const char* empty_sandbox = "/box:\n\n/dev/shm:\n\n/tmp:\n2\n";
std::string seen_by_next_run(jail& j) {
    auto next = j.run(
        program({"/usr/bin/sh", "-c", "ls -A /box /dev/shm /tmp; set -- /proc/[0-9]*; echo $#"})
    );
    return next.has_error() ? describe(next.error()) : next->out;
}

std::string left_behind(jail& j, const std::string& mounts, const std::string& interfaces) {
    std::string left;
    for (const std::string& process : processes_of(j.job_uid()))
        left += "process " + process;
    for (const std::string& folder : cgroups_below(j.config().cgroup_parent)) {
        // The launcher's folder and the one slot's in it; the next container's was left out.
        const std::string name = std::filesystem::path(folder).filename();
        if (!name.starts_with('l') && name != "s0") left += "cgroup " + folder + "\n";
    }
    if (mounts_of_host() != mounts) left += "a mount: " + mounts_of_host();
    if (interfaces_of_host() != interfaces) left += "an interface: " + interfaces_of_host();
    return left + ipc_of(j.manager_uid()) + files_of(j.manager_uid());
}

}  // namespace

TEST_CASE("every attack on a container fails as on our own sandbox and leaves nothing") {
    ::setenv("SLUICE_SECRET", "leaked", 1);
    const auto differences = differences_of(backend());
    const std::string mounts = mounts_of_host();
    const std::string interfaces = interfaces_of_host();
    jail j;
    std::set<std::string> used;
    for (const attack& a : all_attacks()) {
        if (a.has("where") && a.value("where") != (is_guest() ? "guest" : "host")) continue;
        if (a.has("network")) continue;  // there is none in a container
        if (a.has("needs") && !std::filesystem::exists(a.value("needs"))) continue;
        INFO(a.name);
        const std::string pattern = pattern_for(differences, a.name);
        if (!pattern.empty()) used.insert(pattern);
        const std::string expected = pattern.empty() ? a.value("expect") : differences.at(pattern);
        if (expected == "expected elsewhere") continue;
        const outcome o = run_attack(j, a, "");
        CHECK(difference(o, expected, outcome()) == "");
        CHECK(seen_by_next_run(j) == empty_sandbox);
        CHECK(left_behind(j, mounts, interfaces) == "");
    }
    // A name that no attack has would excuse nothing and hide a mistake.
    if (std::getenv("SLUICE_ATTACK") == nullptr) CHECK(used.size() == differences.size());
}

TEST_CASE("a manager of containers that dies in mid-run takes the container with it") {
    jail j;
    const auto outcome = j.run(endless(j, [] { ::kill(manager(), SIGKILL); }));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == make_error_code(sandbox_errc::slot_died));
    // The next slot is opened after the launcher has seen the end of everything below the old one.
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
    CHECK(processes_of(j.job_uid()).empty());
}

TEST_CASE("an init that dies in mid-run is a failure of the sandbox, and the next run works") {
    jail j;
    const auto outcome = j.run(endless(j, [&] {
        for (const std::string& process : processes_of(j.manager_uid())) {
            ::kill(static_cast<pid_t>(std::stol(process)), SIGKILL);
        }
    }));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == make_error_code(sandbox_errc::setup_failed));
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("a launcher of containers that dies is replaced by its spare and leaves no container") {
    const std::string mounts = mounts_of_host();
    jail j;
    const auto outcome = j.run(endless(j, [] { ::kill(launcher_process(), SIGKILL); }));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == make_error_code(sandbox_errc::slot_died));
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
    CHECK(processes_of(j.job_uid()).empty());
    const std::string parent = j.config().cgroup_parent;
    j.close();
    CHECK(cgroups_below(parent).empty());
    CHECK(mounts_of_host() == mounts);
}

TEST_CASE("a prepared container that dies while it waits is replaced unseen") {
    // No run before: its init would be there for a moment beside the prepared one.
    jail j;
    // Until our init has taken over it is the runtime, under several names.
    pid_t prepared = 0;
    wait_until([&] {
        for (const std::string& process : processes_of(j.manager_uid())) {
            if (process.find(" init") != std::string::npos)
                prepared = static_cast<pid_t>(std::stol(process));
        }
        return prepared > 0;
    });
    ::kill(prepared, SIGKILL);
    wait_until([&] { return processes_of(j.manager_uid()).empty(); });
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("the devices of a container are those that carry nothing, and a terminal that is none") {
    jail j;
    // crun adds a link to /proc/kcore, which is not there.
    const auto outcome =
        j.run(python("import os\n"
                     "print(*sorted(set(os.listdir('/dev')) - {'core'}))\n"
                     "for name in ('ptmx', 'tty', 'core'):\n"
                     "  for how in (os.O_RDONLY, os.O_RDWR):\n"
                     "    try: os.open('/dev/' + name, how); print('opened', name)\n"
                     "    except OSError: pass\n"));
    CHECK(
        facts_of(outcome).out ==
        "fd full null ptmx random shm stderr stdin stdout tty urandom zero\n"
    );
}

TEST_CASE("a container is refused a network") {
    jail j;
    run_request r = program({"/usr/bin/true"});
    r.network = network_reach::loopback;
    const auto outcome = j.run(std::move(r));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error().code == make_error_code(sandbox_errc::setup_failed));
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
}

TEST_CASE("after the end no process, cgroup or mount of a container is left") {
    const std::string mounts = mounts_of_host();
    jail j;
    CHECK(facts_of(j.run(program({"/usr/bin/true"}))).exit_code == 0);
    const unsigned uid = j.job_uid();
    const std::string parent = j.config().cgroup_parent;
    j.close();
    CHECK(processes_of(uid).empty());
    CHECK(processes_of(uid - 1).empty());
    CHECK(cgroups_below(parent).empty());
    CHECK(mounts_of_host() == mounts);
}

TEST_CASE("a limit below what the runtime itself needs still holds for the program") {
    jail j;
    run_request r = python("a = b'x' * (40 << 20)");
    r.limits.memory_bytes = 24 << 20;
    const auto outcome = j.run(std::move(r));
    CHECK(facts_of(outcome).memory_exceeded);
    CHECK(facts_of(outcome).signal == SIGKILL);
}

}  // namespace sluice::sandbox::test
