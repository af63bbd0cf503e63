// The runtime is started with the command and environment that a program without arguments and
// variables of its own would have; the agent that waits takes the rest over.
#include "adapters/warm_runtimes.hpp"

#include "adapters/sandbox_runner.hpp"

#include "sluice/domain/execution_plan.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::execution {
namespace {

constexpr std::chrono::milliseconds longest_quiet_time{60000};
// With less memory than this a program starts cold: the waiting interpreter must fit in.
constexpr std::int64_t least_memory_bytes = 32 << 20;

// The most that any program may have, because a limit can only be lowered later; the stack, which
// must be the very same, as most programs have it.
sandbox::run_limits waiting_limits(const domain::language& l) {
    domain::limits limits;
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i)
        limits.*domain::limit_table[i].field = domain::limit_table[i].maximum;
    const domain::limit_policy policy = domain::limit_policy::from_table();
    std::vector<domain::limit_problem> ignored;
    limits.stack_bytes = domain::effective_limits({}, l.run_limits, policy, ignored).stack_bytes;
    limits.memory_bytes = least_memory_bytes;
    return to_run_limits(limits);
}

result<warm_runtimes::spec>
spec_of(const domain::language& l, std::uint64_t key, std::chrono::milliseconds quiet_time) {
    domain::task task;
    task.files.push_back({l.source_file, ""});
    const domain::execution_plan plan = domain::make_plan(task, l, "");
    sandbox::warm_spec spec;
    spec.key = key;
    spec.quiet_time = quiet_time;
    spec.what.argv = plan.run.argv;
    spec.what.env = plan.run.env;
    spec.limits = waiting_limits(l);
    const std::array files{sandbox::input_file{l.warm.agent_path, l.warm.agent_code, false}};
    auto pack = sandbox::file_pack::make(files);
    if (!pack) return std::move(pack).error();
    spec.files.push_back(std::move(*pack));
    return std::make_shared<const sandbox::warm_spec>(std::move(spec));
}

}  // namespace

result<warm_runtimes>
warm_runtimes::make(const std::vector<domain::language>& available, const warm_config& c) {
    warm_runtimes all;
    if (!c.is_enabled) return all;
    if (c.quiet_time > longest_quiet_time) {
        return fail(errc::invalid, "warm_runtimes.quiet_time: at most 60s");
    }
    for (const domain::language& l : available) {
        if (l.warm.agent_path.empty() || std::ranges::count(c.without, l.id) > 0) continue;
        auto spec = spec_of(l, all.specs_.size() + 1, c.quiet_time);
        if (!spec) return std::move(spec).error();
        all.specs_.emplace(l.id, std::move(*spec));
    }
    return all;
}

warm_runtimes::spec warm_runtimes::find(std::string_view language) const {
    const auto found = specs_.find(language);
    return found == specs_.end() ? nullptr : found->second;
}

bool warm_runtimes::serves(
    const sandbox::warm_spec& runtime,
    const std::vector<std::string>& argv
) {
    return argv.size() >= runtime.what.argv.size() &&
           std::equal(runtime.what.argv.begin(), runtime.what.argv.end(), argv.begin());
}

}  // namespace sluice::execution
