// See output_checker.hpp.
#include "use_cases/output_checker.hpp"

#include "use_cases/execute_submission.hpp"

#include "sluice/domain/validation.hpp"

#include <array>

namespace sluice::execution {
namespace {

// A folder that no program has by accident.
constexpr const char* input_name = ".case/input";
constexpr const char* output_name = ".case/output";
constexpr const char* expected_name = ".case/expected";

std::string how_it_failed(const domain::exit_facts& f) {
    const auto verdict = domain::classify(f, std::nullopt, {});
    std::string message = "The checker failed: ";
    if (verdict.limit_hit != domain::limit_kind::none) {
        return message + "it met its limit " + std::string(to_string(verdict.limit_hit)) + ".";
    }
    if (f.signal) return message + "it was ended by signal " + std::to_string(*f.signal) + ".";
    if (!f.exit_code) return message + "its end is not known.";
    return message + "it ended with exit code " + std::to_string(*f.exit_code) +
           " instead of 0 (right) or 1 (wrong).";
}

}  // namespace

std::vector<std::string> checker_arguments() {
    return {input_name, output_name, expected_name};
}

awaitable<result<checked>> check_output(
    observe::context ctx,
    execution_ports& ports,
    runnable& checker,
    worker_slots::lease& slot,
    const std::string& input,
    const std::string& output,
    const std::string& expected
) {
    auto job = job_of(ports, checker);
    if (!job) co_return std::move(job).error();
    const std::array<domain::source_file, 3> files{
        {{input_name, input}, {output_name, output}, {expected_name, expected}}};
    auto packed = ports.sandbox.pack(files, "");
    if (!packed) co_return std::move(packed).error();
    job->files.push_back(std::move(*packed));
    auto outcome = co_await run_in_slot(std::move(ctx), ports, slot, std::move(*job));
    if (!outcome) co_return std::move(outcome).error();
    checked c;
    c.status = domain::classify_checker(outcome->facts);
    if (c.status == domain::status::internal_error) c.message = how_it_failed(outcome->facts);
    c.said = std::move(outcome->out);
    c.said += outcome->err;
    bool is_cut = false;
    keep_at_most(c.said, domain::result_bounds{}.kept_checker_output_bytes, is_cut);
    co_return c;
}

}  // namespace sluice::execution
