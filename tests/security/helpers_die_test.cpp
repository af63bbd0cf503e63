// Every helper of the sandbox is killed at every step of a run: the run gets an error of the
// sandbox and never a verdict on the program, the next run works, and nothing is left over.
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

// The living processes that were started as launchers by this test: the one that serves, its spare.
std::vector<pid_t> launchers_of(const jail& j) {
    std::vector<pid_t> found;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const std::string name = entry.path().filename();
        if (name.find_first_not_of("0123456789") != std::string::npos) continue;
        std::ifstream file(entry.path() / "cmdline", std::ios::binary);
        std::ostringstream text;
        text << file.rdbuf();
        const std::string wanted =
            j.config().manager_path + std::string("\0--launcher", 11) + std::string(1, '\0');
        const auto pid = static_cast<pid_t>(std::stol(name));
        if (text.str() == wanted && pid_namespace_depth(pid) == 1) found.push_back(pid);
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool is_error_of_sandbox(const result<run_facts>& outcome) {
    return outcome.has_error() &&
           (outcome.error().code == make_error_code(sandbox_errc::slot_died) ||
            outcome.error().code == make_error_code(sandbox_errc::setup_failed));
}

std::string told(const result<run_facts>& outcome) {
    return outcome.has_error() ? describe(outcome.error())
                               : "exit " + std::to_string(outcome->exit_code.value_or(-1));
}

run_request with_everything() {
    run_request r = python("open('out/made', 'w').write('x'); print('ran')");
    r.files = {pack_of("file", "content", false)};
    r.stdin_bytes = "input";
    r.collect = collect_spec{"out", 1 << 20, 16};
    return r;
}

// A manager of its own name, so that its launchers can be told from all others.
class named_manager {
public:
    named_manager() {
        std::string folder = std::filesystem::temp_directory_path() / "sluice-named-XXXXXX";
        REQUIRE(::mkdtemp(folder.data()) != nullptr);
        folder_ = folder;
        const char* set = std::getenv("SLUICE_SLOT_MANAGER");
        std::filesystem::create_symlink(set != nullptr ? set : SLUICE_SLOT_MANAGER, path());
    }
    ~named_manager() {
        std::error_code ignored;
        std::filesystem::remove_all(folder_, ignored);
    }
    named_manager(const named_manager&) = delete;
    named_manager& operator=(const named_manager&) = delete;
    std::string path() const { return folder_ + "/manager"; }

private:
    std::string folder_;
};

void wait_until(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!condition() && std::chrono::steady_clock::now() < until) {
    }
    REQUIRE(condition());
}

}  // namespace

TEST_CASE("a helper that is killed at any step costs one run, and nothing else") {
    weak_jail weak;
    jail& j = weak.in();
    for (const char* moment :
         {"manager.root_built",
          "manager.before_exec",
          "manager.before_ready",
          "manager.got_request",
          "manager.sent_command",
          "manager.program_ended",
          "manager.before_reply",
          "job.got_command",
          "job.unpacked",
          "init.got_command",
          "init.unpacked",
          "init.program_running",
          "init.program_ended",
          "init.told_ended",
          "init.before_collect",
          "init.collected",
          "job.before_exec"}) {
        INFO(moment);
        weak.take_down(std::string("die-at=") + moment);
        run_request request = with_everything();
        // A terminal is left to init.
        const std::string_view name(moment);
        if (name == "init.got_command" || name == "init.unpacked") {
            request.how = interaction::terminal;
            request.collect.reset();
        }
        const auto hit = j.run(std::move(request));
        INFO(told(hit));
        CHECK(is_error_of_sandbox(hit));
        weak.take_down("");
        const auto next = j.run(with_everything());
        INFO(told(next));
        CHECK((!next.has_error() && next->exit_code == 0 && next->out == "ran\n"));
        CHECK(processes_of(j.job_uid()).empty());
        CHECK(files_of(j.manager_uid()).empty());
    }
    const std::string parent = j.config().cgroup_parent;
    j.close();
    CHECK(cgroups_below(parent).empty());
}

TEST_CASE("a helper that dies between runs, or beside them, is not noticed") {
    weak_jail weak;
    jail& j = weak.in();
    for (const char* moment :
         {"launcher.before_open",
          "launcher.before_clone",
          "launcher.cloned",
          "launcher.admitted",
          "launcher.before_answer",
          "manager.replied",
          "manager.reaped"}) {
        INFO(moment);
        weak.take_down(std::string("die-at=") + moment);
        const auto hit = j.run(with_everything());
        INFO(told(hit));
        CHECK((!hit.has_error() && hit->exit_code == 0));
        weak.take_down("");
        CHECK_FALSE(j.run(with_everything()).has_error());
        CHECK(processes_of(j.job_uid()).empty());
    }
    // Whether the manager had given it the command yet is a matter of microseconds.
    for (const char* moment : {"init.born", "init.prepared", "job.born", "job.waits"}) {
        INFO(moment);
        weak.take_down(std::string("die-at=") + moment);
        const auto hit = j.run(with_everything());
        INFO(told(hit));
        CHECK((is_error_of_sandbox(hit) || (!hit.has_error() && hit->exit_code == 0)));
        weak.take_down("");
        CHECK_FALSE(j.run(with_everything()).has_error());
        CHECK(processes_of(j.job_uid()).empty());
    }
    const std::string parent = j.config().cgroup_parent;
    j.close();
    CHECK(cgroups_below(parent).empty());
}

TEST_CASE("a launcher that is killed is replaced by its spare, again and again") {
    const named_manager manager;
    jail j(manager.path(), 10000);
    for (int i = 0; i < 3; ++i) {
        wait_until([&] { return launchers_of(j).size() == 2; });
        const std::vector<pid_t> before = launchers_of(j);
        // Both orders: the one that serves, and the one that sleeps.
        ::kill(before[static_cast<std::size_t>(i) % 2], SIGKILL);
        wait_until([&] {
            const auto now = launchers_of(j);
            return now.size() == 2 && now != before;
        });
        const auto first = j.run(program({"/usr/bin/true"}));
        // The slot that died with its launcher may cost this one run.
        if (first.has_error()) CHECK(is_error_of_sandbox(first));
        const auto second = j.run(program({"/usr/bin/true"}));
        INFO(told(second));
        CHECK((!second.has_error() && second->exit_code == 0));
    }
    const std::string parent = j.config().cgroup_parent;
    j.close();
    CHECK(cgroups_below(parent).empty());
    CHECK(launchers_of(j).empty());
    CHECK(processes_of(j.manager_uid()).empty());
}

}  // namespace sluice::sandbox::test
