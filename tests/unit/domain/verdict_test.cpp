// The rules of the verdict, one by one, and their order.
#include "sluice/domain/verdict.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using namespace sluice::domain;

namespace {

exit_facts exited(int code) {
    exit_facts f;
    f.exit_code = code;
    return f;
}

exit_facts killed(int signal) {
    exit_facts f;
    f.signal = signal;
    return f;
}

void check(
    const exit_facts& f,
    status expected_status,
    limit_kind expected_limit,
    const std::optional<std::string>& expected_output = {}
) {
    const auto v = classify(f, expected_output, "out\n");
    CHECK(to_string(v.status) == to_string(expected_status));
    CHECK(to_string(v.limit_hit) == to_string(expected_limit));
}

// Everything at once: each rule is tested by taking away those before it.
exit_facts everything() {
    auto f = killed(SIGKILL);
    f.was_cancelled = true;
    f.memory_exceeded = true;
    f.output_exceeded = true;
    f.cpu_time_exceeded = true;
    f.wall_time_exceeded = true;
    f.processes_exceeded = true;
    f.file_size_exceeded = true;
    return f;
}

}  // namespace

TEST_CASE("exit code 0 without expected output is accepted") {
    check(exited(0), status::accepted, limit_kind::none);
}

TEST_CASE("expected output decides between accepted and wrong_answer") {
    check(exited(0), status::accepted, limit_kind::none, "out");
    check(exited(0), status::wrong_answer, limit_kind::none, "other");
    check(exited(0), status::wrong_answer, limit_kind::none, "");
}

TEST_CASE("an exit code other than 0 is a runtime error whatever was printed") {
    check(exited(1), status::runtime_error, limit_kind::none, "out");
    check(exited(255), status::runtime_error, limit_kind::none);
}

TEST_CASE("a signal is a runtime error") {
    check(killed(SIGSEGV), status::runtime_error, limit_kind::none);
    check(killed(SIGKILL), status::runtime_error, limit_kind::none);
}

TEST_CASE("memory: killed, or failed after a child was killed") {
    auto f = killed(SIGKILL);
    f.memory_exceeded = true;
    check(f, status::memory_limit, limit_kind::memory);
    f = exited(1);
    f.memory_exceeded = true;
    check(f, status::memory_limit, limit_kind::memory);
}

TEST_CASE("a program that outlives its killed child is judged by its own end") {
    auto f = exited(0);
    f.memory_exceeded = true;
    check(f, status::accepted, limit_kind::memory);
    check(f, status::wrong_answer, limit_kind::memory, "other");
}

TEST_CASE("too much output is an output limit even with exit code 0") {
    auto f = exited(0);
    f.output_exceeded = true;
    check(f, status::output_limit, limit_kind::output);
}

TEST_CASE("processor time: by our measure or by the kernel's signal") {
    auto f = killed(SIGKILL);
    f.cpu_time_exceeded = true;
    check(f, status::time_limit, limit_kind::cpu_time);
    check(killed(SIGXCPU), status::time_limit, limit_kind::cpu_time);
    check(exited(128 + SIGXCPU), status::time_limit, limit_kind::cpu_time);
}

TEST_CASE("wall time") {
    auto f = killed(SIGKILL);
    f.wall_time_exceeded = true;
    check(f, status::time_limit, limit_kind::wall_time);
}

TEST_CASE("refused processes are a process limit only when the program failed") {
    auto f = exited(1);
    f.processes_exceeded = true;
    check(f, status::process_limit, limit_kind::processes);
    f = exited(0);
    f.processes_exceeded = true;
    check(f, status::accepted, limit_kind::processes);
}

TEST_CASE("a file that grew too large is a runtime error that names the limit") {
    check(killed(SIGXFSZ), status::runtime_error, limit_kind::file);
    auto f = killed(SIGXFSZ);
    f.file_size_exceeded = true;
    check(f, status::runtime_error, limit_kind::file);
}

TEST_CASE("a run without exit code and signal is our fault") {
    check({}, status::internal_error, limit_kind::none);
}

TEST_CASE("cause stands before effect when several limits were met") {
    auto f = everything();
    check(f, status::cancelled, limit_kind::none);
    f.was_cancelled = false;
    check(f, status::memory_limit, limit_kind::memory);
    f.memory_exceeded = false;
    check(f, status::output_limit, limit_kind::output);
    f.output_exceeded = false;
    check(f, status::time_limit, limit_kind::cpu_time);
    f.cpu_time_exceeded = false;
    check(f, status::time_limit, limit_kind::wall_time);
    f.wall_time_exceeded = false;
    check(f, status::process_limit, limit_kind::processes);
    f.processes_exceeded = false;
    check(f, status::runtime_error, limit_kind::file);
    f.file_size_exceeded = false;
    check(f, status::runtime_error, limit_kind::none);
}

TEST_CASE("a compiler that exits with 0 has compiled") {
    CHECK_FALSE(classify_compile(exited(0)));
    auto f = exited(0);
    f.output_exceeded = true;
    CHECK_FALSE(classify_compile(f));
}

TEST_CASE("a compiler that fails, dies or is stopped is a compile error with its limit") {
    struct row {
        exit_facts facts;
        limit_kind limit;
    };
    auto slow = killed(SIGKILL);
    slow.wall_time_exceeded = true;
    auto busy = killed(SIGKILL);
    busy.cpu_time_exceeded = true;
    auto large = exited(1);
    large.memory_exceeded = true;
    for (const auto& [facts, limit] : std::vector<row>{
             {exited(1), limit_kind::none},
             {killed(SIGSEGV), limit_kind::none},
             {slow, limit_kind::wall_time},
             {busy, limit_kind::cpu_time},
             {large, limit_kind::memory},
             {killed(SIGXFSZ), limit_kind::file}}) {
        const auto v = classify_compile(facts);
        REQUIRE(v);
        CHECK(v->status == status::compile_error);
        CHECK(to_string(v->limit_hit) == to_string(limit));
    }
}

TEST_CASE("a compilation can be cancelled, and be lost by us") {
    auto f = killed(SIGKILL);
    f.was_cancelled = true;
    CHECK(classify_compile(f)->status == status::cancelled);
    CHECK(classify_compile({})->status == status::internal_error);
}

TEST_CASE("the rule of comparison decides about the output of a run that ended well") {
    const std::optional<std::string> expected = "1.0 2.0";
    CHECK(classify(exited(0), expected, "1 2").status == status::wrong_answer);
    CHECK(classify(exited(0), expected, "1 2", {match_mode::floats}).status == status::accepted);
    CHECK(
        classify(exited(3), expected, "1 2", {match_mode::floats}).status == status::runtime_error
    );
}

TEST_CASE("with a checker the output is not compared, only the run is judged") {
    const std::optional<std::string> expected = "a";
    CHECK(classify(exited(0), expected, "b", {match_mode::checker}).status == status::accepted);
    CHECK(
        classify(exited(1), expected, "a", {match_mode::checker}).status == status::runtime_error
    );
}

TEST_CASE("a checker says 0 for right and 1 for wrong, and anything else is its own failure") {
    CHECK(classify_checker(exited(0)) == status::accepted);
    CHECK(classify_checker(exited(1)) == status::wrong_answer);
    CHECK(classify_checker(exited(2)) == status::internal_error);
    CHECK(classify_checker(killed(SIGSEGV)) == status::internal_error);
    CHECK(classify_checker({}) == status::internal_error);
    auto late = exited(0);
    late.wall_time_exceeded = true;
    CHECK(classify_checker(late) == status::internal_error);
    auto out_of_memory = exited(1);
    out_of_memory.memory_exceeded = true;
    CHECK(classify_checker(out_of_memory) == status::internal_error);
}
