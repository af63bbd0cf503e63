// Every way through execute_submission, with a scripted sandbox.
#include "fakes.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <csignal>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::fakes;
using domain::limit_kind;
using domain::status;

namespace {

struct loop {
    asio::io_context io;  // a base, so that it exists before the world
};

struct fixture : loop, world {
    fixture() : world(io) {}

    execution_end execute(domain::task t) {
        auto lease = testing::run_coro(io, [&] { return slots.acquire(); });
        observe::context ctx;
        ctx.attempt = 2;
        return testing::run_coro(io, [&] {
            return execute_submission(ctx, ports, t, *lease, time.now());
        });
    }
    domain::run_result result_of(domain::task t) {
        execution_end end = execute(std::move(t));
        REQUIRE(end.result.has_value());
        return std::move(*end.result);
    }
};

const error broken{make_error_code(sandbox::sandbox_errc::setup_failed), "mount_box_tmpfs: ENOSPC"};

}  // namespace

TEST_CASE_METHOD(fixture, "a program that exits with 0 is accepted with all its facts") {
    run_outcome o = exited(0, "hi\n");
    o.err = "note";
    o.err_truncated = true;
    o.memory_peak_bytes = 4096;
    sandbox.answers.push_back(o);
    const domain::task t = a_task(time);
    const domain::run_result r = result_of(t);
    CHECK(r.status == status::accepted);
    CHECK(r.id == t.id);
    CHECK(r.user_id == "ada");
    CHECK(r.stdout_bytes == "hi\n");
    CHECK(r.stderr_bytes == "note");
    CHECK(r.stderr_truncated);
    CHECK_FALSE(r.stdout_truncated);
    CHECK(r.exit_code == 0);
    CHECK(r.memory_peak_bytes == 4096);
    CHECK(r.cpu_us == 1000);
    CHECK(r.wall_us == 1500);
    CHECK(r.worker_id == "worker-1");
    CHECK(r.attempt == 2);
    CHECK(r.message.empty());
    CHECK(r.limits == t.limits);
    CHECK_FALSE(r.compile.has_value());
}

TEST_CASE_METHOD(fixture, "each hop that was passed has its time") {
    sandbox.answers.push_back(exited(0));
    const domain::run_result r = result_of(a_task(time));
    CHECK(r.times.created_at.has_value());
    CHECK(r.times.taken_at.has_value());
    CHECK(r.times.started_at.has_value());
    CHECK(r.times.ended_at.has_value());
    CHECK_FALSE(r.times.compiled_at.has_value());
    CHECK_FALSE(r.times.persisted_at.has_value());
}

TEST_CASE_METHOD(fixture, "running is told before the program starts") {
    sandbox.answers.push_back(exited(0));
    result_of(a_task(time));
    REQUIRE(progress.all.size() == 1);
    CHECK(progress.all[0].kind == domain::progress_kind::running);
    CHECK(progress.all[0].worker_id == "worker-1");
}

TEST_CASE_METHOD(fixture, "the program gets its arguments, stdin, environment and limits") {
    sandbox.answers.push_back(exited(0));
    domain::task t = a_task(time);
    t.args = {"one", "two words"};
    t.stdin_bytes = std::string("a\0b", 3);
    t.env = {{"COLOUR", "red"}};
    t.limits.cpu_time_ms = 777;
    result_of(t);
    REQUIRE(sandbox.jobs.size() == 1);
    const run_job& job = sandbox.jobs[0];
    const std::vector<std::string> argv{"/usr/bin/python3", "main.py", "one", "two words"};
    CHECK(job.command.argv == argv);
    CHECK(job.stdin_bytes == std::string("a\0b", 3));
    CHECK(std::ranges::count(job.command.env, "COLOUR=red") == 1);
    CHECK(job.command.limits.cpu_time_ms == 777);
    CHECK_FALSE(job.drains_output);
    CHECK(job.collect_folder.empty());
}

TEST_CASE_METHOD(fixture, "expected output decides between accepted and wrong answer") {
    sandbox.answers.push_back(exited(0, "42\n"));
    sandbox.answers.push_back(exited(0, "43\n"));
    domain::task t = a_task(time);
    t.expected_output = "42";
    CHECK(result_of(t).status == status::accepted);
    CHECK(result_of(t).status == status::wrong_answer);
}

TEST_CASE_METHOD(fixture, "what the sandbox saw becomes the status") {
    struct row {
        std::function<void(domain::exit_facts&)> change;
        status expected;
        limit_kind limit;
    };
    const std::vector<row> rows{
        {[](auto& f) { f.exit_code = 3; }, status::runtime_error, limit_kind::none},
        {[](auto& f) { f.signal = SIGSEGV; }, status::runtime_error, limit_kind::none},
        {[](auto& f) { f.signal = SIGKILL, f.wall_time_exceeded = true; },
         status::time_limit,
         limit_kind::wall_time},
        {[](auto& f) { f.signal = SIGKILL, f.cpu_time_exceeded = true; },
         status::time_limit,
         limit_kind::cpu_time},
        {[](auto& f) { f.signal = SIGKILL, f.memory_exceeded = true; },
         status::memory_limit,
         limit_kind::memory},
        {[](auto& f) { f.signal = SIGKILL, f.output_exceeded = true; },
         status::output_limit,
         limit_kind::output},
        {[](auto& f) { f.exit_code = 1, f.processes_exceeded = true; },
         status::process_limit,
         limit_kind::processes},
        {[](auto& f) { f.signal = SIGKILL, f.was_cancelled = true; },
         status::cancelled,
         limit_kind::none},
    };
    for (const row& r : rows) {
        run_outcome o;
        r.change(o.facts);
        sandbox.answers.push_back(o);
        const domain::run_result got = result_of(a_task(time));
        CHECK(got.status == r.expected);
        CHECK(got.limit_hit == r.limit);
    }
}

TEST_CASE_METHOD(
    fixture,
    "a compiled language is compiled first, told, and run from the artefact"
) {
    const pack_pointer artefact = a_pack(100);
    run_outcome compiler = compiled_to(artefact);
    compiler.err = "warning: unused";
    sandbox.answers.push_back(compiler);
    sandbox.answers.push_back(exited(0, "hi"));
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.status == status::accepted);
    REQUIRE(r.compile.has_value());
    CHECK(r.compile->output == "warning: unused");
    CHECK(r.compile->exit_code == 0);
    CHECK(r.times.compiled_at.has_value());
    REQUIRE(progress.all.size() == 2);
    CHECK(progress.all[1].kind == domain::progress_kind::compiled);
    REQUIRE(progress.all[1].compile.has_value());
    CHECK(progress.all[1].compile->output == "warning: unused");
    REQUIRE(sandbox.jobs.size() == 2);
    CHECK(sandbox.jobs[0].collect_folder == "out");
    CHECK(sandbox.jobs[0].drains_output);
    CHECK(sandbox.packed_folders == std::vector<std::string>{"out"});
    CHECK(sandbox.jobs[1].files == std::vector<pack_pointer>{artefact});
    CHECK(cache.materials.size() == 1);
}

TEST_CASE_METHOD(
    fixture,
    "a compiler that refuses the program is a compile error and nothing runs"
) {
    run_outcome compiler = exited(1);
    compiler.out = "note\n";
    compiler.err = "main.c:1: error\n";
    sandbox.answers.push_back(compiler);
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.status == status::compile_error);
    REQUIRE(r.compile.has_value());
    CHECK(r.compile->output == "note\nmain.c:1: error\n");
    CHECK(r.compile->exit_code == 1);
    CHECK(sandbox.jobs.size() == 1);
    CHECK_FALSE(r.times.started_at.has_value());
}

TEST_CASE_METHOD(fixture, "a compiler that runs out of time is a compile error that says so") {
    run_outcome compiler;
    compiler.facts.signal = SIGKILL;
    compiler.facts.wall_time_exceeded = true;
    sandbox.answers.push_back(compiler);
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.status == status::compile_error);
    CHECK(r.limit_hit == limit_kind::wall_time);
}

TEST_CASE_METHOD(fixture, "a compiler that leaves no program is our error, with a sentence") {
    sandbox.answers.push_back(exited(0));
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.status == status::internal_error);
    CHECK(r.message.find("no program") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "artefacts over their bounds are a compile error with limit disk") {
    run_outcome compiler = exited(0);
    compiler.artefacts_refused = "too large";
    sandbox.answers.push_back(compiler);
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.status == status::compile_error);
    CHECK(r.limit_hit == limit_kind::disk);
    CHECK(r.compile->output.find("too large") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "refused artefacts keep what the compiler cost") {
    run_outcome compiler = exited(0);
    compiler.artefacts_refused = "too large";
    sandbox.answers.push_back(compiler);
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.compile->cpu_us == 1000);
    CHECK(r.compile->wall_us == 1500);
}

TEST_CASE_METHOD(fixture, "compiler output is bounded and flagged") {
    ports.max_compiler_output = 100;
    run_outcome compiler = exited(1);
    compiler.err = std::string(1000, 'e');
    sandbox.answers.push_back(compiler);
    const domain::run_result r = result_of(a_task(time, "c"));
    CHECK(r.compile->output.size() == 100);
    CHECK(r.compile->is_truncated);
}

TEST_CASE_METHOD(fixture, "a sandbox that fails is tried once more in another slot") {
    sandbox.answers.push_back(broken);
    sandbox.answers.push_back(exited(0));
    CHECK(result_of(a_task(time)).status == status::accepted);
    REQUIRE(sandbox.slots.size() == 2);
    CHECK(sandbox.slots[0] != sandbox.slots[1]);
    CHECK(sandbox.jobs[1].command.argv == sandbox.jobs[0].command.argv);
}

TEST_CASE_METHOD(fixture, "a sandbox that fails twice is our failure and never the program's") {
    sandbox.answers.push_back(broken);
    sandbox.answers.push_back(broken);
    const execution_end end = execute(a_task(time));
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::sandbox_failed);
    CHECK(end.message.find("ENOSPC") == std::string::npos);
    CHECK(end.detail.find("ENOSPC") != std::string::npos);
}

TEST_CASE_METHOD(fixture, "a compilation in a failing sandbox is our failure too") {
    sandbox.answers.push_back(broken);
    sandbox.answers.push_back(broken);
    const execution_end end = execute(a_task(time, "c"));
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::sandbox_failed);
}

TEST_CASE_METHOD(fixture, "an interrupted run has no result and is not repeated here") {
    sandbox.answers.push_back(fail(errc::cancelled));
    const execution_end end = execute(a_task(time));
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::interrupted);
    CHECK(sandbox.jobs.size() == 1);
}

TEST_CASE_METHOD(fixture, "files that do not fit into a sandbox are refused with a sentence") {
    sandbox.pack_error = fail(errc::invalid, "unsafe path");
    const execution_end end = execute(a_task(time));
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::refused);
    CHECK_FALSE(end.message.empty());
    CHECK(sandbox.jobs.empty());
}

TEST_CASE_METHOD(fixture, "a task past its deadline never starts") {
    domain::task t = a_task(time);
    time.advance(std::chrono::hours(1));
    const execution_end end = execute(t);
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::refused);
    CHECK(sandbox.jobs.empty());
    CHECK(progress.all.empty());
}

TEST_CASE_METHOD(fixture, "a missing language never starts") {
    const execution_end end = execute(a_task(time, "cobol"));
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::language_missing);
    CHECK(sandbox.jobs.empty());
}
