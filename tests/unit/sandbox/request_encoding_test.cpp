// From a run_request to the manager's message: what is refused, and that both ends agree on the
// strings.
#include "request_encoding.hpp"

#include "command_view.hpp"
#include "step.hpp"

#include <catch2/catch.hpp>

using namespace sluice;
using namespace sluice::sandbox;

namespace {

run_request a_request() {
    run_request r;
    r.what.argv = {"/bin/tool", "", "two words"};
    r.what.env = {"A=1"};
    return r;
}

std::string refusal_of(const run_request& r) {
    const auto encoded = encode(r);
    REQUIRE(encoded.has_error());
    CHECK(encoded.error() == errc::invalid);
    return encoded.error().detail;
}

}  // namespace

TEST_CASE("the manager reads the argv, environment and folder that the service wrote") {
    run_request r = a_request();
    r.collect = collect_spec{"out", 1000, 10};
    auto encoded = encode(r);
    REQUIRE(encoded.has_value());
    auto view = std::make_unique<command_view>();
    REQUIRE(parse_command(encoded->head, encoded->command, *view));
    CHECK(std::string(view->argv[0]) == "/bin/tool");
    CHECK(std::string(view->argv[1]).empty());
    CHECK(std::string(view->argv[2]) == "two words");
    CHECK(view->argv[3] == nullptr);
    CHECK(std::string(view->envp[0]) == "A=1");
    CHECK(view->envp[1] == nullptr);
    CHECK(std::string(view->collect_folder) == "out");
    CHECK(encoded->fds.size() == 1);
}

TEST_CASE("counts that do not fit the bytes are refused by the manager") {
    auto encoded = encode(a_request());
    REQUIRE(encoded.has_value());
    auto view = std::make_unique<command_view>();
    protocol::slot_request head = encoded->head;
    head.argc += 1;
    CHECK_FALSE(parse_command(head, encoded->command, *view));
    head = encoded->head;
    head.envc = 0;
    CHECK_FALSE(parse_command(head, encoded->command, *view));
    head = encoded->head;
    head.command_bytes -= 1;
    CHECK_FALSE(parse_command(head, encoded->command, *view));
}

TEST_CASE("zero and absurd limits are refused by name") {
    const auto with = [](auto change) {
        run_request r = a_request();
        change(r.limits);
        return refusal_of(r);
    };
    using std::chrono::milliseconds;
    CHECK(with([](run_limits& l) { l.cpu_time = milliseconds(0); }) == "cpu_time: out of range");
    CHECK(with([](run_limits& l) {
              l.cpu_time = milliseconds::max();
          }) == "cpu_time: out of range");
    CHECK(with([](run_limits& l) { l.wall_time = milliseconds(-1); }) == "wall_time: out of range");
    CHECK(with([](run_limits& l) { l.memory_bytes = 0; }) == "memory_bytes: out of range");
    CHECK(with([](run_limits& l) { l.processes = 0; }) == "processes: out of range");
    CHECK(with([](run_limits& l) { l.file_bytes = 0; }) == "file_bytes: out of range");
    CHECK(with([](run_limits& l) { l.disk_bytes = 0; }) == "disk_bytes: out of range");
    CHECK(with([](run_limits& l) { l.inodes = 0; }) == "inodes: out of range");
    CHECK(with([](run_limits& l) { l.open_files = 0; }) == "open_files: out of range");
    CHECK(with([](run_limits& l) { l.stack_bytes = 0; }) == "stack_bytes: out of range");
    CHECK(with([](run_limits& l) { l.output_bytes = 0; }) == "output_bytes: out of range");
}

TEST_CASE("commands that no process could be given are refused") {
    run_request r = a_request();
    r.what.argv = {};
    CHECK(refusal_of(r) == "argv[0] is not an absolute path");
    r.what.argv = {"tool"};
    CHECK(refusal_of(r) == "argv[0] is not an absolute path");
    r = a_request();
    r.what.env = {std::string("A=\0", 3)};
    CHECK(refusal_of(r) == "env: NUL inside");
    r = a_request();
    r.what.argv.push_back(std::string(1 << 20, 'x'));
    CHECK(refusal_of(r) == "argv and env: longer than 120 KiB together");
    r = a_request();
    r.what.argv.resize(5000, "x");
    CHECK(refusal_of(r) == "argv: too many");
    r = a_request();
    r.collect = collect_spec{"../x", 1, 1};
    CHECK(refusal_of(r) == "collect.folder: unsafe path");
}

TEST_CASE("every set-up step has a name of its own and unknown ones are harmless") {
    CHECK(std::string(to_name(setup_step::mount_box)) == "mount_box");
    CHECK(std::string(to_name(setup_step::protocol)) == "protocol");
    CHECK(std::string(to_name(setup_step::exec_program)) == "exec_program");
    CHECK(
        describe_step(static_cast<std::uint32_t>(setup_step::mount_box), 28) == "mount_box: ENOSPC"
    );
    CHECK(describe_step(100000, 99999) == "unknown_step: errno 99999");
}
