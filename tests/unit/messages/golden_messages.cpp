// Every field is set, to a value that no other field has, where its type allows it.
#include "golden_messages.hpp"

namespace sluice::messages::golden {
namespace {

const auto the_id = *submission_id::parse("01934e5a-7b3c-7def-8123-456789abcdef");
const auto the_correlation = *correlation_id::parse("3f2b8c1d-4e5f-4a6b-9c8d-7e6f5a4b3c2d");

domain::limits some_limits() {
    return {2000, 7000, 268435456, 64, 65536, 67108864, 134217728, 16384, 256, 8388608};
}

domain::compile_report a_report() {
    domain::compile_report r;
    r.output = "warning \xff";
    r.is_truncated = true;
    r.exit_code = 0;
    r.signal = 15;
    r.cpu_us = 190'001;
    r.wall_us = 200'002;
    r.memory_peak_bytes = 30'000'003;
    r.is_cached = true;
    return r;
}

domain::side_program a_side(std::string language) {
    return {std::move(language), "3", {{"side.py", "print(1)\n"}}, {"-O1"}, some_limits()};
}

domain::run_report a_run() {
    domain::run_report r;
    r.status = domain::status::wrong_answer;
    r.limit_hit = domain::limit_kind::memory;
    r.exit_code = 0;
    r.signal = 11;
    r.stdout_bytes = "41\n";
    r.stderr_bytes = "\xff";
    r.stdout_truncated = true;
    r.stderr_truncated = true;
    r.cpu_us = 1001;
    r.wall_us = 1102;
    r.memory_peak_bytes = 4'194'304;
    return r;
}

domain::test_result a_test_result() {
    domain::test_result t;
    t.name = "first";
    t.weight = 5;
    t.was_run = true;
    t.run = a_run();
    t.checker_output = "too small";
    t.message = "said of a test";
    return t;
}

}  // namespace

domain::task a_task() {
    domain::task t;
    t.id = the_id;
    t.correlation_id = the_correlation;
    t.user_id = "ada";
    t.language = "c17";
    t.version = "12";
    t.files = {
        {"main.c", "int main(void) { return 0; }\n"},
        {"data/blob", std::string("\0\xff", 2)}};
    t.stdin_bytes = "1 2\n";
    t.args = {"-n", ""};
    t.compile_args = {"-O2"};
    t.env = {{"MODE", "f\xc3\xbcnf"}};
    t.limits = some_limits();
    t.expected_output = "3\n";
    t.tests = {{"first", "7 8\n", std::vector<std::string>{"-t"}, "15\n", 5}};
    t.stop_on_first_failure = true;
    t.compare = {domain::match_mode::checker, 0.5, 0.25};
    t.checker = a_side("python3");
    t.comparison = domain::comparison_task{a_side("lua"), a_side("perl"), 17, 18, 19};
    t.created_at = from_unix_ms(1'700'000'000'123);
    t.deadline_at = from_unix_ms(1'700'000'600'456);
    t.interactive = true;
    t.tty = true;
    t.cancel_on_disconnect = true;
    t.truncates_output = true;
    return t;
}

domain::run_result a_result() {
    domain::run_result r;
    r.id = the_id;
    r.correlation_id = the_correlation;
    r.user_id = "ada";
    r.language = "c17";
    r.status = domain::status::time_limit;
    r.limit_hit = domain::limit_kind::cpu_time;
    r.exit_code = 0;
    r.signal = 9;
    r.stdout_bytes = std::string("out\0", 4);
    r.stderr_bytes = "err";
    r.stdout_truncated = true;
    r.stderr_truncated = true;
    r.cpu_us = 2'000'004;
    r.wall_us = 2'100'005;
    r.memory_peak_bytes = 1'048'576;
    r.compile = a_report();
    r.limits = some_limits();
    r.worker_id = "worker-1";
    r.attempt = 2;
    r.message = "a sentence";
    r.times.created_at = from_unix_ms(1'700'000'000'123);
    r.times.taken_at = from_unix_ms(1'700'000'000'124);
    r.times.compiled_at = from_unix_ms(1'700'000'000'325);
    r.times.started_at = from_unix_ms(1'700'000'000'326);
    r.times.ended_at = from_unix_ms(1'700'000'002'426);
    r.times.persisted_at = from_unix_ms(1'700'000'002'430);
    r.tests = {a_test_result()};
    r.checker_output = "said of the run";
    r.comparison = domain::comparison_report{20, 21, "5 6\n", true, a_run(), a_run()};
    r.original_run_at = from_unix_ms(1'699'000'000'321);
    return r;
}

domain::progress a_progress() {
    domain::progress p;
    p.kind = domain::progress_kind::compiled;
    p.id = the_id;
    p.correlation_id = the_correlation;
    p.user_id = "ada";
    p.language = "c17";
    p.worker_id = "worker-1";
    p.at = from_unix_ms(1'700'000'000'325);
    p.compile = a_report();
    p.test = a_test_result();
    p.test_index = 22;
    p.test_count = 23;
    return p;
}

domain::output_piece an_output() {
    domain::output_piece p;
    p.id = the_id;
    p.correlation_id = the_correlation;
    p.attempt = 2;
    p.seq = 31;
    p.skipped = 5;
    p.stream = domain::output_stream::err;
    p.data = std::string("caf\xc3\xa9 \0\xff", 8);
    p.at = from_unix_ms(1'700'000'002'426);
    return p;
}

domain::control_message a_control() {
    return {domain::control_kind::stdin_data, std::string("y\n\xff", 3), 15, 120, 40};
}

}  // namespace sluice::messages::golden
