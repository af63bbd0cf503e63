// Runs every attack of attacks/ in one slot, compares with the expectation in its header, and looks
// at the host after each: nothing of the run may be left, and the next run must see nothing of it.
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <map>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

struct attack {
    std::string name;
    std::map<std::string, std::string> header;  // "expect" → "exit=0 limit=none"
};

// "// key: value" or "# key: value" lines at the top of the file.
attack read_attack(const std::string& name) {
    attack a{name, {}};
    std::istringstream lines(read_file(std::string(SLUICE_ATTACK_SOURCES) + "/" + name));
    for (std::string line; std::getline(lines, line);) {
        const std::size_t start = line.starts_with("// ") ? 3 : line.starts_with("# ") ? 2 : 0;
        const std::size_t colon = line.find(": ");
        if (start == 0 || colon == std::string::npos) break;
        a.header[line.substr(start, colon - start)] = line.substr(colon + 2);
    }
    return a;
}

std::vector<std::string> words(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string word; in >> word;)
        out.push_back(word);
    return out;
}

void apply_limits(const std::string& text, run_limits& limits) {
    for (const std::string& word : words(text)) {
        const std::size_t equals = word.find('=');
        const std::string key = word.substr(0, equals);
        const std::int64_t value = std::stoll(word.substr(equals + 1));
        if (key == "wall_ms")
            limits.wall_time = std::chrono::milliseconds(value);
        else if (key == "cpu_ms")
            limits.cpu_time = std::chrono::milliseconds(value);
        else if (key == "file_bytes")
            limits.file_bytes = value;
        else if (key == "disk_bytes")
            limits.disk_bytes = value;
        else if (key == "memory_bytes")
            limits.memory_bytes = value;
        else
            FAIL("unknown limit " << key);
    }
}

run_request request_for(const attack& a) {
    const bool is_python = a.name.ends_with(".py");
    const std::string stem = a.name.substr(0, a.name.rfind('.'));
    run_request request =
        is_python ? program({"/usr/bin/python3", "/box/attack"}) : program({"/box/attack"});
    const std::string path = is_python ? std::string(SLUICE_ATTACK_SOURCES) + "/" + a.name
                                       : std::string(SLUICE_ATTACK_BINARIES) + "/attack_" + stem;
    request.files = {pack_of("attack", read_file(path), true)};
    if (a.header.contains("limits")) apply_limits(a.header.at("limits"), request.limits);
    if (a.header.contains("collect"))
        request.collect = collect_spec{a.header.at("collect"), 64 << 20, 512};
    if (a.header.contains("stdin")) request.stdin_bytes = a.header.at("stdin");
    return request;
}

std::string limit_of(const run_facts& f) {
    std::string hit;
    if (f.wall_time_exceeded) hit += "wall";
    if (f.cpu_time_exceeded) hit += "cpu";
    if (f.memory_exceeded) hit += "memory";
    if (f.processes_exceeded) hit += "processes";
    if (f.output_exceeded) hit += "output";
    if (f.file_size_exceeded) hit += "file_size";
    return hit.empty() ? "none" : hit;
}

void check_outcome(const attack& a, const result<run_facts>& outcome) {
    std::string expected = a.header.at("expect");
    if (expected == "error=collect_failed") {
        REQUIRE(outcome.has_error());
        INFO(describe(outcome.error()));
        CHECK(outcome.error().code == make_error_code(sandbox_errc::collect_failed));
        return;
    }
    if (outcome.has_error()) FAIL(describe(outcome.error()));
    const run_facts& f = *outcome;
    INFO("stdout: " << f.out.substr(0, 4000) << "\nstderr: " << f.err.substr(0, 1000));
    if (const std::size_t says = expected.find(" says="); says != std::string::npos) {
        CHECK(f.out.find(expected.substr(says + 6)) != std::string::npos);
        expected.resize(says);
    }
    const std::string end = f.exit_code ? "exit=" + std::to_string(*f.exit_code)
                                        : "signal=" + std::to_string(f.signal.value_or(0));
    CHECK(end + " limit=" + limit_of(f) == expected);
    CHECK(f.wall_us < 20'000'000);
}

struct host_before {
    std::vector<std::string> cgroups;
    std::string mounts, ipc;
};

void check_host(jail& j, const host_before& before) {
    CHECK(processes_of(j.job_uid()).empty());
    CHECK(cgroups_below(j.config().cgroup_parent).size() == before.cgroups.size());
    CHECK(mounts_of_host() == before.mounts);
    CHECK(ipc_of_host() == before.ipc);
}

// The next job of the slot: an empty box, an empty /tmp and /dev/shm, nobody else in sight.
void check_next_run(jail& j) {
    auto next =
        j.run(python("import os\n"
                     "print(os.listdir('/box'), os.listdir('/tmp'), os.listdir('/dev/shm'),\n"
                     "      sorted(p for p in os.listdir('/proc') if p.isdigit()))"));
    if (next.has_error()) FAIL(describe(next.error()));
    CHECK(next->out == "[] [] [] ['1', '2']\n");
    CHECK(limit_of(*next) == "none");
}

}  // namespace

TEST_CASE("every attack ends as its header says and leaves nothing on the host") {
    ::setenv("SLUICE_SECRET", "leaked", 1);
    jail j;
    check_next_run(j);
    const host_before before{
        cgroups_below(j.config().cgroup_parent),
        mounts_of_host(),
        ipc_of_host()};
    REQUIRE_FALSE(before.cgroups.empty());
    for (const std::string& name : words(SLUICE_ATTACK_NAMES)) {
        const attack a = read_attack(name);
        INFO(a.name);
        REQUIRE(a.header.contains("attack"));
        REQUIRE(a.header.contains("expect"));
        REQUIRE(a.header.contains("walls"));
        check_outcome(a, j.run(request_for(a)));
        check_host(j, before);
        check_next_run(j);
    }
    j.close();
    CHECK(cgroups_below(j.config().cgroup_parent).empty());
    CHECK(mounts_of_host() == before.mounts);
}

}  // namespace sluice::sandbox::test
