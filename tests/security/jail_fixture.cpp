// Starts the real launcher with uids and cgroup names of this test process only.
#include "jail_fixture.hpp"

#include "jail_mode.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

// Where the slot managers lie: the environment goes before what was compiled in.
std::string manager_named(const char* variable, const char* otherwise) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

// Several jails of one process live beside each other.
int next_number() {
    static int number = 0;
    return number++;
}

}  // namespace

jail::jail(
    const std::string& manager_path,
    std::int64_t runs_per_slot,
    std::vector<std::string> egress,
    bool has_fork_servers
) {
    const int number = next_number() % 100;
    if (const char* backend = std::getenv("SLUICE_SANDBOX_BACKEND")) config_.backend = backend;
    config_.slots = 1;
    config_.runs_per_slot = runs_per_slot;
    config_.manager_path = manager_path.empty()
                               ? manager_named("SLUICE_SLOT_MANAGER", SLUICE_SLOT_MANAGER)
                               : manager_path;
    config_.cgroup_parent =
        "sluice-test-" + std::to_string(::getpid()) + "-" + std::to_string(number);
    config_.first_uid = 10'000'000 + 400LL * ::getpid() + 3 * number;
    config_.network.egress = std::move(egress);
    config_.read_only_paths = {"/usr", "/etc/ld.so.cache", "/etc/alternatives"};
    config_.has_fork_servers = has_fork_servers;
    apply_mode(config_, number);
    auto made = launcher::spawn(config_);
    if (!made) FAIL(describe(made.error()));
    launcher_ = std::move(*made);
    auto opened = testing::run_coro(io_, [&] { return launcher_->open(io_.get_executor()); });
    if (!opened) FAIL(describe(opened.error()));
}

jail::~jail() {
    close();
}

result<run_facts> jail::run(run_request request) {
    return testing::run_coro(
        io_,
        [&] { return launcher_->at(0).run(std::move(request)); },
        std::chrono::seconds(60) * time_scale()
    );
}

void jail::close() {
    if (!launcher_) return;
    testing::run_coro(io_, [&] { return launcher_->close(); });
    launcher_.reset();
}

int time_scale() {
    static const int scale = std::getenv("SLUICE_GUEST") != nullptr ? 8 : 1;
    return scale;
}

weak_jail::weak_jail(std::vector<std::string> egress) {
    std::string folder = std::filesystem::temp_directory_path() / "sluice-weak-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    folder_ = folder;
    const std::string link = folder_ + "/sluice-slot-manager";
    std::filesystem::create_symlink(
        manager_named("SLUICE_SLOT_MANAGER_WEAK", SLUICE_SLOT_MANAGER_WEAK),
        link
    );
    jail_ = std::make_unique<jail>(link, 1, std::move(egress));
    // The slot that opening made has all walls; it is used up, so that the next run makes another.
    const auto first = jail_->run(program({"/usr/bin/true"}));
    if (first.has_error()) FAIL(describe(first.error()));
}

weak_jail::~weak_jail() {
    jail_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void weak_jail::take_down(const std::string& words) {
    std::ofstream(folder_ + "/walls-down") << words << "\n";
}

run_request program(std::vector<std::string> argv) {
    run_request request;
    request.limits.cpu_time *= time_scale();
    request.limits.wall_time *= time_scale();
    request.what.argv = std::move(argv);
    request.what.env = {"PATH=/usr/bin:/bin"};
    return request;
}

run_request python(std::string code) {
    return program({"/usr/bin/python3", "-c", std::move(code)});
}

std::shared_ptr<const file_pack>
pack_of(std::string_view path, std::string_view content, bool is_executable) {
    const input_file file{path, content, is_executable};
    auto made = file_pack::make(std::span(&file, 1));
    REQUIRE(made);
    return *made;
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    REQUIRE(in.good());
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

}  // namespace sluice::sandbox::test
