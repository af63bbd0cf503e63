// What a caller may hand to the sandbox by mistake or by malice: refused by name, or run as bytes;
// never a verdict on the program that the program did not earn.
#include "host_state.hpp"
#include "jail_fixture.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <limits>

namespace sluice::sandbox::test {

namespace {

std::string refusal(jail& j, run_request request) {
    const auto outcome = j.run(std::move(request));
    REQUIRE(outcome.has_error());
    CHECK(outcome.error() == errc::invalid);
    return outcome.error().detail;
}

std::string output_of(jail& j, run_request request) {
    const auto outcome = j.run(std::move(request));
    return outcome.has_error() ? describe(outcome.error()) : outcome->out;
}

bool is_refused(std::string_view path) {
    const input_file file{path, "x", false};
    const auto made = file_pack::make(std::span(&file, 1));
    return made.has_error() && made.error() == errc::invalid;
}

}  // namespace

TEST_CASE("arguments and variables may be any bytes but NUL") {
    jail j;
    const std::string strange = "line\nbreak \xff\xfe \x01 '\"$(id)` ;|&";
    run_request r = program({"/usr/bin/printf", "%s", strange});
    CHECK(output_of(j, r) == strange);
    run_request with_variable = program({"/usr/bin/printenv", "STRANGE"});
    with_variable.what.env.push_back("STRANGE=" + strange);
    CHECK(output_of(j, with_variable) == strange + "\n");
    run_request nul = program({"/usr/bin/true"});
    nul.what.env.emplace_back("A=b\0c", 5);
    CHECK(refusal(j, nul) == "env: NUL inside");
    CHECK(refusal(j, program({std::string("/usr/bin/true\0x", 15)})) == "argv: NUL inside");
}

TEST_CASE("commands that are too long, too many or empty are refused by name") {
    jail j;
    const std::string megabyte(1 << 20, 'x');
    CHECK(
        refusal(j, program({"/usr/bin/true", megabyte})) ==
        "argv and env: longer than 120 KiB together"
    );
    run_request long_variable = program({"/usr/bin/true"});
    long_variable.what.env.push_back("A=" + megabyte);
    CHECK(refusal(j, long_variable) == "argv and env: longer than 120 KiB together");
    run_request many = program({"/usr/bin/true"});
    many.what.argv.resize(5000, "x");
    CHECK(refusal(j, many) == "argv: too many");
    run_request none = program({"/usr/bin/true"});
    none.what.argv.clear();
    CHECK(refusal(j, none) == "argv[0] is not an absolute path");
    CHECK(refusal(j, program({""})) == "argv[0] is not an absolute path");
    CHECK(refusal(j, program({"../bin/true"})) == "argv[0] is not an absolute path");
}

TEST_CASE("names of files that lead elsewhere, or cannot be, are refused") {
    for (const std::string_view path :
         {std::string_view(""),
          std::string_view("/etc/passwd"),
          std::string_view(".."),
          std::string_view("a/../../b"),
          std::string_view("a/./b"),
          std::string_view("a//b"),
          std::string_view("a/"),
          std::string_view("a\0b", 3)}) {
        INFO(path);
        CHECK(is_refused(path));
    }
    CHECK(is_refused(std::string(256, 'x')));
    CHECK(is_refused(std::string(1 << 20, 'x')));
}

TEST_CASE("names of files may be any other bytes, and arrive as they are") {
    jail j;
    for (const std::string& name :
         {std::string("line\nbreak"),
          std::string("\xff\xfe invalid UTF-8"),
          std::string(255, 'n'),
          std::string("-rf"),
          std::string("$(id)")}) {
        run_request r = program(
            {"/usr/bin/python3",
             "-c",
             "import os, sys; sys.stdout.buffer.write(os.listdir(b'.')[0])"}
        );
        r.files = {pack_of(name, "x", false)};
        CHECK(output_of(j, r) == name);
    }
}

TEST_CASE("ten thousand files are unpacked, and more than the inodes are an error of their own") {
    jail j;
    std::vector<std::string> names;
    std::vector<input_file> files;
    for (int i = 0; i < 10000; ++i)
        names.push_back("d" + std::to_string(i % 100) + "/f" + std::to_string(i));
    for (const std::string& name : names)
        files.push_back({name, "x", false});
    const auto pack = file_pack::make(files);
    REQUIRE_FALSE(pack.has_error());
    run_request r = python("import os; print(sum(len(f) for _, _, f in os.walk('.')))");
    r.files = {*pack};
    CHECK(output_of(j, r) == "10000\n");
    r.limits.inodes = 500;
    const auto full = j.run(r);
    REQUIRE(full.has_error());
    CHECK(full.error().code == make_error_code(sandbox_errc::setup_failed));
    CHECK(full.error().detail == "unpack_files: ENOSPC");
    CHECK(output_of(j, program({"/usr/bin/echo", "next"})) == "next\n");
}

TEST_CASE("files that do not fit into the working folder are an error, not a verdict") {
    jail j;
    run_request r = program({"/usr/bin/true"});
    r.limits.disk_bytes = 1 << 20;
    r.files = {pack_of("big", std::string(3 << 20, 'x'), false)};
    const auto full = j.run(r);
    REQUIRE(full.has_error());
    CHECK(full.error().detail == "unpack_files: ENOSPC");
    CHECK(output_of(j, program({"/usr/bin/echo", "next"})) == "next\n");
}

TEST_CASE("zero, negative and absurd limits are refused by name") {
    jail j;
    struct limit {
        const char* name;
        std::int64_t run_limits::*field;
    };
    for (const limit& each :
         {limit{"memory_bytes", &run_limits::memory_bytes},
          limit{"processes", &run_limits::processes},
          limit{"file_bytes", &run_limits::file_bytes},
          limit{"disk_bytes", &run_limits::disk_bytes},
          limit{"inodes", &run_limits::inodes},
          limit{"open_files", &run_limits::open_files},
          limit{"stack_bytes", &run_limits::stack_bytes}}) {
        for (const std::int64_t value :
             {std::int64_t{0},
              std::int64_t{-1},
              std::numeric_limits<std::int64_t>::min(),
              std::numeric_limits<std::int64_t>::max()}) {
            run_request r = program({"/usr/bin/true"});
            r.limits.*each.field = value;
            CHECK(refusal(j, r) == std::string(each.name) + ": out of range");
        }
    }
    for (const auto time :
         {std::chrono::milliseconds::zero(),
          std::chrono::milliseconds(-1),
          std::chrono::milliseconds::max()}) {
        run_request cpu = program({"/usr/bin/true"});
        cpu.limits.cpu_time = time;
        CHECK(refusal(j, cpu) == "cpu_time: out of range");
        run_request wall = program({"/usr/bin/true"});
        wall.limits.wall_time = time;
        CHECK(refusal(j, wall) == "wall_time: out of range");
    }
    run_request output = program({"/usr/bin/true"});
    output.limits.output_bytes = 0;
    CHECK(refusal(j, output) == "output_bytes: out of range");
}

TEST_CASE("folders to collect that lead elsewhere are refused") {
    jail j;
    for (const std::string& folder :
         {std::string("/etc"), std::string(".."), std::string("a/../b"), std::string("a\0b", 3)}) {
        run_request r = program({"/usr/bin/true"});
        r.collect = collect_spec{folder, 1 << 20, 16};
        CHECK(refusal(j, r) == "collect.folder: unsafe path");
    }
}

TEST_CASE("a program that has vanished, is a folder or is no program fails with its step") {
    jail j;
    const auto detail = [&](run_request r) {
        const auto outcome = j.run(std::move(r));
        REQUIRE(outcome.has_error());
        CHECK(outcome.error().code == make_error_code(sandbox_errc::setup_failed));
        return outcome.error().detail;
    };
    CHECK(detail(program({"/opt/language/that/vanished"})) == "exec_program: ENOENT");
    CHECK(detail(program({"/usr"})) == "exec_program: EACCES");
    run_request empty = program({"/box/program"});
    empty.files = {pack_of("program", "neither a program nor a script", true)};
    CHECK(detail(empty) == "exec_program: ENOEXEC");
    run_request not_allowed = program({"/box/program"});
    not_allowed.files = {pack_of("program", "#!/bin/sh\n", false)};
    CHECK(detail(not_allowed) == "exec_program: EACCES");
    CHECK(output_of(j, program({"/usr/bin/echo", "next"})) == "next\n");
}

TEST_CASE("no free pid for the program is an error of the sandbox, or counted as the limit it is") {
    jail j;
    run_request r = program({"/bin/sh", "-c", "/usr/bin/true & /usr/bin/true; wait"});
    r.limits.processes = 1;
    const auto outcome = j.run(r);
    // The program itself fits; its first child does not.
    REQUIRE_FALSE(outcome.has_error());
    CHECK(outcome->processes_exceeded);
    CHECK(output_of(j, program({"/usr/bin/echo", "next"})) == "next\n");
}

}  // namespace sluice::sandbox::test
