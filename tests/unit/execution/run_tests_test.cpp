// Tests, checkers and comparisons of a task, with a sandbox that answers by what it is given.
#include "fakes.hpp"

#include "sluice/domain/validation.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <csignal>
#include <map>

using namespace sluice;
using namespace sluice::execution;
using namespace sluice::execution::fakes;
using domain::status;

namespace {

// Prints its input, or what `answer` says; a run whose input is in `held` waits for its event.
class echo_sandbox final : public sandbox_runner {
public:
    std::function<result<run_outcome>(const run_job&)> answer = [](const run_job& job) {
        return exited(0, job.stdin_bytes);
    };
    std::map<std::string, runtime::event*> held;
    std::vector<std::string> begun, ended;
    std::vector<run_job> jobs;
    std::vector<std::vector<domain::source_file>> packed;
    std::size_t running = 0, most_running = 0;

    result<pack_pointer> pack(std::span<const domain::source_file> files, const std::string&)
        override {
        packed.emplace_back(files.begin(), files.end());
        return a_pack();
    }
    awaitable<result<run_outcome>> run(std::size_t, run_job job) override {
        begun.push_back(job.stdin_bytes);
        jobs.push_back(job);
        if (job.on_started) job.on_started();
        if (const auto gate = held.find(job.stdin_bytes); gate != held.end()) {
            most_running = std::max(most_running, ++running);
            auto waited = co_await gate->second->wait();
            --running;
            if (!waited) co_return std::move(waited).error();
        }
        ended.push_back(job.stdin_bytes);
        co_return answer(job);
    }
    void steer(std::size_t, const domain::control_message&) override {}
};

struct loop {
    asio::io_context io;
};

struct fixture : loop {
    testing::manual_clock time;
    echo_sandbox sandbox;
    recording_progress progress;
    no_cache cache;
    language_table languages = two_languages();
    probe metrics;
    worker_slots slots{io.get_executor(), 3, 4};
    execution_ports ports{sandbox, cache, progress, time, languages, metrics, "worker-1", 64 << 10};

    domain::task with_tests(std::vector<std::string> inputs) {
        domain::task t = a_task(time);
        for (std::size_t i = 0; i < inputs.size(); ++i) {
            domain::test_case test;
            test.name = std::to_string(i);
            test.stdin_bytes = inputs[i];
            test.expected_output = inputs[i];
            t.tests.push_back(std::move(test));
        }
        return t;
    }
    awaitable<execution_end> execution(domain::task t) {
        auto lease = co_await slots.acquire();
        co_return co_await execute_submission({}, ports, std::move(t), *lease, time.now());
    }
    execution_end execute(domain::task t) {
        return testing::run_coro(io, [&] { return execution(std::move(t)); });
    }
    domain::run_result result_of(domain::task t) {
        execution_end end = execute(std::move(t));
        REQUIRE(end.result.has_value());
        return std::move(*end.result);
    }
    // Started, and run until nothing more can happen by itself.
    void start(domain::task t, std::optional<execution_end>& end) {
        io.restart();
        asio::co_spawn(io, execution(std::move(t)), [&end](std::exception_ptr, execution_end e) {
            end = std::move(e);
        });
        io.poll();
    }
    std::vector<std::string> told() const {
        std::vector<std::string> names;
        for (const auto& p : progress.all) {
            if (p.kind == domain::progress_kind::test_finished) names.push_back(p.test->name);
        }
        return names;
    }
};

domain::side_program a_side(const domain::task& like, std::string language = "python3") {
    domain::side_program s;
    s.language = std::move(language);
    s.files = {{"side.py", "side"}};
    s.limits = like.limits;
    return s;
}

bool is_checker(const run_job& job) {
    return job.command.argv.size() > 2 && job.command.argv[1] == "side.py" &&
           job.command.argv[2].starts_with(".case/");
}

}  // namespace

TEST_CASE_METHOD(fixture, "each test has a verdict, and the first failed one ends the submission") {
    sandbox.answer = [](const run_job& job) {
        if (job.stdin_bytes == "b") return exited(0, "other");
        if (job.stdin_bytes == "c") return exited(7);
        return exited(0, job.stdin_bytes + "\n");
    };
    auto t = with_tests({"a", "b", "c"});
    t.tests[0].weight = 5;
    const auto r = result_of(t);
    REQUIRE(r.tests.size() == 3);
    CHECK(r.tests[0].run.status == status::accepted);
    CHECK(r.tests[1].run.status == status::wrong_answer);
    CHECK(r.tests[1].run.stdout_bytes == "other");
    CHECK(r.tests[2].run.status == status::runtime_error);
    CHECK(r.tests[2].run.exit_code == 7);
    CHECK(r.status == status::wrong_answer);
    CHECK(r.stdout_bytes == "other");
    CHECK(r.cpu_us == 3000);
    CHECK(domain::total_of(r.tests).weight_passed == 5);
    auto names = told();
    std::ranges::sort(names);
    CHECK(names == std::vector<std::string>{"0", "1", "2"});
}

TEST_CASE_METHOD(fixture, "when all tests pass the submission is accepted") {
    const auto r = result_of(with_tests({"a", "b"}));
    CHECK(r.status == status::accepted);
    CHECK(r.exit_code == 0);
    CHECK(r.stdout_bytes.empty());
    CHECK(r.times.started_at.has_value());
    CHECK(r.times.ended_at.has_value());
}

TEST_CASE_METHOD(fixture, "a program with tests is compiled once") {
    auto t = with_tests({"a", "b", "c"});
    t.language = "c";
    t.files = {{"main.c", "int main;"}};
    int compiled = 0;
    sandbox.answer = [&](const run_job& job) {
        if (job.collect_folder.empty()) return exited(0, job.stdin_bytes);
        ++compiled;
        return compiled_to(a_pack());
    };
    CHECK(result_of(t).status == status::accepted);
    CHECK(compiled == 1);
    CHECK(sandbox.jobs.size() == 4);
}

TEST_CASE_METHOD(fixture, "a test's own arguments take the place of the submission's") {
    auto t = with_tests({"a", "b"});
    t.args = {"-s"};
    t.tests[1].args = std::vector<std::string>{"-t"};
    result_of(t);
    std::map<std::string, std::string> last;
    for (const auto& job : sandbox.jobs)
        last[job.stdin_bytes] = job.command.argv.back();
    CHECK(last == std::map<std::string, std::string>{{"a", "-s"}, {"b", "-t"}});
}

TEST_CASE_METHOD(fixture, "outputs of tests are bounded by what all of them may keep") {
    sandbox.answer = [](const run_job&) { return exited(0, std::string(1 << 20, 'x')); };
    auto t = with_tests(std::vector<std::string>(8, ""));
    for (auto& test : t.tests)
        test.expected_output = std::string(1 << 20, 'x');
    const auto r = result_of(t);
    CHECK(r.status == status::accepted);
    std::size_t bytes = 0;
    for (const auto& test : r.tests) {
        CHECK(test.run.stdout_truncated);
        bytes += test.run.stdout_bytes.size();
    }
    CHECK(bytes <= domain::result_bounds{}.kept_test_output_bytes);
    CHECK(bytes > 0);
}

TEST_CASE_METHOD(fixture, "tests run side by side in the slots that are idle") {
    runtime::event go(io.get_executor());
    for (const auto* input : {"a", "b", "c", "d"})
        sandbox.held[input] = &go;
    std::optional<execution_end> end;
    start(with_tests({"a", "b", "c", "d"}), end);
    CHECK(sandbox.running == 3);
    go.set();
    io.poll();
    REQUIRE(end.has_value());
    CHECK(end->result->status == status::accepted);
    CHECK(sandbox.most_running == 3);
    CHECK(slots.busy() == 0);
}

TEST_CASE_METHOD(
    fixture,
    "a task that comes gets a lent slot at once; the killed test runs again"
) {
    runtime::event never(io.get_executor()), go(io.get_executor());
    for (const auto* input : {"a", "b", "c"})
        sandbox.held[input] = &go;
    std::optional<execution_end> tests, other;
    start(with_tests({"a", "b", "c"}), tests);
    CHECK(sandbox.running == 3);
    domain::task alone = a_task(time);
    alone.stdin_bytes = "alone";
    start(alone, other);
    REQUIRE(other.has_value());
    CHECK(other->result->status == status::accepted);
    CHECK_FALSE(tests.has_value());
    CHECK(sandbox.ended == std::vector<std::string>{"alone"});
    go.set();
    io.poll();
    REQUIRE(tests.has_value());
    CHECK(tests->result->status == status::accepted);
    CHECK(told().size() == 3);
    CHECK(sandbox.begun.size() == 5);  // one of the tests twice
    CHECK(slots.busy() == 0);
}

TEST_CASE_METHOD(fixture, "after a failure no further test is begun when that was asked for") {
    worker_slots& all = slots;
    auto hold_others = testing::run_coro(io, [&] { return all.acquire(); });
    hold_others->index();
    auto hold_more = testing::run_coro(io, [&] { return all.acquire(); });
    hold_more->index();
    sandbox.answer = [](const run_job& job) { return exited(job.stdin_bytes == "b" ? 1 : 0, "a"); };
    auto t = with_tests({"a", "b", "c", "d"});
    t.stop_on_first_failure = true;
    const auto r = result_of(t);
    CHECK(r.status == status::runtime_error);
    CHECK(r.tests[0].was_run);
    CHECK(r.tests[1].was_run);
    CHECK_FALSE(r.tests[2].was_run);
    CHECK_FALSE(r.tests[3].was_run);
    CHECK(r.tests[3].name == "3");
}

TEST_CASE_METHOD(fixture, "a sandbox that fails fails the task, and nothing of it goes on") {
    sandbox.answer = [](const run_job& job) -> result<run_outcome> {
        if (job.stdin_bytes == "b") return fail(errc::io, "broken");
        return exited(0, job.stdin_bytes);
    };
    runtime::event never(io.get_executor());
    sandbox.held["a"] = &never;
    sandbox.held["c"] = &never;
    auto t = with_tests({"b", "b", "b", "b"});
    const auto end = execute(t);
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::sandbox_failed);
    CHECK(slots.busy() == 0);
}

TEST_CASE_METHOD(fixture, "tests that take too long in all are not begun any more") {
    sandbox.answer = [this](const run_job& job) {
        time.advance(std::chrono::minutes(15));
        return exited(0, job.stdin_bytes);
    };
    worker_slots one(io.get_executor(), 1, 4);
    auto lease = testing::run_coro(io, [&] { return one.acquire(); });
    const auto end = testing::run_coro(io, [&] {
        return execute_submission({}, ports, with_tests({"a", "b", "c"}), *lease, time.now());
    });
    REQUIRE(end.result.has_value());
    CHECK(end.result->status == status::time_limit);
    CHECK_FALSE(end.result->message.empty());
    CHECK(end.result->tests[1].was_run);
    CHECK_FALSE(end.result->tests[2].was_run);
}

TEST_CASE_METHOD(fixture, "a checker decides, with input, output and expectation as files") {
    auto t = with_tests({"a", "b", "c"});
    t.compare.mode = domain::match_mode::checker;
    t.checker = a_side(t);
    std::size_t judged = 0;
    sandbox.answer = [&](const run_job& job) {
        if (!is_checker(job)) return exited(0, "out of " + job.stdin_bytes);
        const auto& files = sandbox.packed.back();
        ++judged;
        CHECK(files[1].content == "out of " + files[0].content);
        CHECK(files[2].content == files[0].content);
        const auto& input = files[0].content;
        return exited(input == "a" ? 0 : input == "b" ? 1 : 3, "said " + input);
    };
    const auto r = result_of(t);
    CHECK(judged == 3);
    // All of it is the one user's.
    for (const run_job& each : sandbox.jobs)
        CHECK(each.user == t.user_id);
    CHECK_FALSE(t.user_id.empty());
    CHECK(r.tests[0].run.status == status::accepted);
    CHECK(r.tests[1].run.status == status::wrong_answer);
    CHECK(r.tests[1].checker_output == "said b");
    CHECK(r.tests[2].run.status == status::internal_error);
    CHECK(r.tests[2].message.find("exit code 3") != std::string::npos);
    CHECK(r.status == status::wrong_answer);
}

TEST_CASE_METHOD(fixture, "a checker judges a plain expected output too, and no failed program") {
    auto t = a_task(time);
    t.expected_output = "x";
    t.compare.mode = domain::match_mode::checker;
    t.checker = a_side(t);
    sandbox.answer = [](const run_job& job) { return exited(is_checker(job) ? 1 : 0, "no"); };
    const auto wrong = result_of(t);
    CHECK(wrong.status == status::wrong_answer);
    CHECK(wrong.checker_output == "no");
    sandbox.jobs.clear();
    sandbox.answer = [](const run_job&) { return exited(9); };
    CHECK(result_of(t).status == status::runtime_error);
    CHECK(sandbox.jobs.size() == 1);
}

TEST_CASE_METHOD(fixture, "a checker that does not compile is told as its own failure") {
    auto t = with_tests({"a"});
    t.compare.mode = domain::match_mode::checker;
    t.checker = a_side(t, "c");
    sandbox.answer = [](const run_job&) {
        run_outcome o = exited(1);
        o.err = "side.c: error";
        return o;
    };
    const auto r = result_of(t);
    CHECK(r.status == status::internal_error);
    CHECK(r.message == "The checker does not compile.");
    CHECK(r.checker_output == "side.c: error");
    CHECK_FALSE(r.compile.has_value());
}

TEST_CASE_METHOD(fixture, "a language that only the checker needs must be here too") {
    auto t = with_tests({"a"});
    t.compare.mode = domain::match_mode::checker;
    t.checker = a_side(t, "cobol");
    const auto end = execute(t);
    CHECK_FALSE(end.result.has_value());
    CHECK(end.why == failure::language_missing);
}

namespace {

domain::task a_comparison(fixture& f) {
    domain::task t = a_task(f.time);
    domain::comparison_task c;
    c.second = a_side(t);
    c.second.files[0].name = "second.py";
    c.generator = a_side(t);
    c.seed = 10;
    c.rounds = 5;
    t.comparison = c;
    return t;
}

// The generator prints its seed; the second program goes wrong at `bad`.
auto differing_at(std::string bad, run_outcome wrong) {
    return [bad, wrong](const run_job& job) -> result<run_outcome> {
        if (job.command.argv[1] == "side.py") return exited(0, job.command.argv[2]);
        const bool is_second = job.command.argv[1] == "second.py";
        return is_second && job.stdin_bytes == bad ? wrong : exited(0, "same");
    };
}

}  // namespace

TEST_CASE_METHOD(fixture, "a comparison ends at the first input on which the programs differ") {
    sandbox.answer = differing_at("12", exited(0, "different"));
    const auto r = result_of(a_comparison(*this));
    CHECK(r.status == status::wrong_answer);
    REQUIRE(r.comparison);
    CHECK(r.comparison->rounds == 3);
    CHECK(r.comparison->seed == 12);
    CHECK(r.comparison->input == "12");
    CHECK(r.comparison->first->stdout_bytes == "same");
    CHECK(r.comparison->second->stdout_bytes == "different");
    CHECK(r.cpu_us == 9000);
}

TEST_CASE_METHOD(fixture, "a program that fails differs") {
    sandbox.answer = differing_at("10", exited(4));
    const auto r = result_of(a_comparison(*this));
    CHECK(r.status == status::runtime_error);
    CHECK(r.comparison->seed == 10);
    CHECK(r.comparison->first->status == status::accepted);
    CHECK(r.comparison->second->exit_code == 4);
}

TEST_CASE_METHOD(
    fixture,
    "programs that never differ are the same for as many rounds as were asked"
) {
    sandbox.answer = differing_at("never", exited(1));
    const auto r = result_of(a_comparison(*this));
    CHECK(r.status == status::accepted);
    CHECK(r.comparison->rounds == 5);
    CHECK_FALSE(r.comparison->seed);
    CHECK_FALSE(r.comparison->first);
}

TEST_CASE_METHOD(fixture, "no round begins after the time for all is over") {
    sandbox.answer = [this](const run_job&) {
        time.advance(std::chrono::seconds(10));
        return exited(0, "x");
    };
    auto t = a_comparison(*this);
    t.comparison->time_ms = 45'000;
    CHECK(result_of(t).comparison->rounds == 2);
}

TEST_CASE_METHOD(fixture, "a generator that fails is told as such, and is no verdict") {
    sandbox.answer = [](const run_job& job) {
        return exited(job.command.argv[1] == "side.py" ? 3 : 0, "half an input");
    };
    const auto r = result_of(a_comparison(*this));
    CHECK(r.status == status::internal_error);
    CHECK(r.message.find("generator failed for the seed 10") != std::string::npos);
    CHECK(r.comparison->input == "half an input");
    CHECK(r.comparison->rounds == 0);
}
