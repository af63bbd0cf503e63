// Starts the real launcher with uids and cgroup names of this test process only.
#include "jail_fixture.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace sluice::sandbox::test {

jail::jail() {
    config_.slots = 1;
    config_.manager_path = SLUICE_SLOT_MANAGER;
    config_.cgroup_parent = "sluice-test-" + std::to_string(::getpid());
    config_.first_uid = 1'000'000 + 2 * ::getpid();
    config_.read_only_paths = {"/usr", "/etc/ld.so.cache", "/etc/alternatives"};
    INFO("the security tests need root: they build real sandboxes");
    REQUIRE(::geteuid() == 0);
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
