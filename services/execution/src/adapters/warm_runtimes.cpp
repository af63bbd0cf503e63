// The runtime is started with the command and environment that a program without arguments and
// variables of its own would have, or with a command of its own when it waits for a compile step;
// the agent that waits takes the rest over.
#include "adapters/warm_runtimes.hpp"

#include "adapters/sandbox_runner.hpp"

#include "sluice/domain/execution_plan.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/sandbox/take.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace sluice::execution {
namespace {

constexpr std::chrono::milliseconds longest_quiet_time{60000};

// The most that any run may have, because a limit can only be lowered later; the stack, which must
// be the very same, as most runs have it.
sandbox::run_limits waiting_limits(const domain::language& l) {
    domain::limits limits;
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i)
        limits.*domain::limit_table[i].field = domain::limit_table[i].maximum;
    const domain::limit_policy policy = domain::limit_policy::from_table();
    std::vector<domain::limit_problem> ignored;
    const domain::limits usual = l.warm.is_for_compiler
                                     ? l.compile_limits
                                     : domain::effective_limits({}, l.run_limits, policy, ignored);
    limits.stack_bytes = usual.stack_bytes;
    limits.memory_bytes = l.warm.memory_bytes;
    return to_run_limits(limits);
}

domain::execution_plan empty_plan(const installed_language& i) {
    domain::task task;
    task.files.push_back({i.language->source_file, ""});
    return domain::make_plan(
        task,
        *i.language,
        i.availability.version,
        i.availability.prepared_folder
    );
}

// What every compiler's command begins with: all that stands before what a task brings.
std::vector<std::string>
common_part(std::vector<std::string> argv, const domain::argv_template& pattern) {
    const auto is_tasks = [](const std::string& e) {
        return e == "{compile_args}" || e == "{sources}" || e.find("{source}") != e.npos ||
               e.find("{main_class}") != e.npos;
    };
    const auto first = std::ranges::find_if(pattern, is_tasks);
    // Without compile arguments and with one source, every element of what follows is one word.
    const auto after = pattern.end() - first - std::count(first, pattern.end(), "{compile_args}");
    argv.resize(argv.size() - static_cast<std::size_t>(after));
    return argv;
}

std::vector<std::string> own_command(
    const domain::argv_template& pattern,
    const std::vector<std::string>& compile,
    const std::string& prepared_folder
) {
    constexpr std::string_view prepared = "{prepared}";
    std::vector<std::string> argv;
    for (std::string element : pattern) {
        const auto at = element.find(prepared);
        if (element == "{compile}") {
            argv.insert(argv.end(), compile.begin(), compile.end());
        } else if (at == std::string::npos) {
            argv.push_back(std::move(element));
        } else if (!prepared_folder.empty()) {
            argv.push_back(element.replace(at, prepared.size(), prepared_folder));
        }
    }
    return argv;
}

result<warm_runtime> runtime_of(
    const installed_language& i,
    std::uint64_t key,
    const warm_config& c,
    const sandbox::sandbox_config& s
) {
    const domain::warm_start& w = i.language->warm;
    const domain::execution_plan plan = empty_plan(i);
    warm_runtime made;
    made.argv =
        w.is_for_compiler ? common_part(plan.compile->argv, i.language->compile) : plan.run.argv;
    sandbox::warm_spec spec;
    spec.key = key;
    spec.quiet_time = std::max(c.quiet_time, std::chrono::milliseconds(w.quiet_ms));
    spec.what.argv = w.command.empty()
                         ? made.argv
                         : own_command(w.command, made.argv, i.availability.prepared_folder);
    spec.what.env = w.is_for_compiler ? plan.compile->env : plan.run.env;
    spec.limits = waiting_limits(*i.language);
    const std::array files{sandbox::input_file{w.agent_path, w.agent_code, false}};
    auto pack = sandbox::file_pack::make(files);
    if (!pack) return std::move(pack).error();
    spec.files.push_back(std::move(*pack));
    if (!w.waits_at.empty()) {
        made.env = spec.what.env;
        made.is_complete = w.waits_at.ends_with('/');
        SLUICE_TRY(sandbox::wait_at(w.waits_at, spec, s));
    }
    made.spec = std::make_shared<const sandbox::warm_spec>(std::move(spec));
    return made;
}

}  // namespace

bool warm_runtime::serves(const sandbox::command& what) const {
    return what.argv.size() >= argv.size() && (!is_complete || what.argv.size() == argv.size()) &&
           std::equal(argv.begin(), argv.end(), what.argv.begin()) &&
           (env.empty() || env == what.env);
}

result<warm_runtimes> warm_runtimes::make(
    const std::vector<installed_language>& available,
    const warm_config& c,
    const sandbox::sandbox_config& sandbox
) {
    warm_runtimes all;
    if (!c.is_enabled) return all;
    if (c.quiet_time > longest_quiet_time) {
        return fail(errc::invalid, "warm_runtimes.quiet_time: at most 60s");
    }
    for (const installed_language& i : available) {
        const domain::language& l = *i.language;
        if (!l.warm.is_offered || std::ranges::count(c.without, l.id) > 0) continue;
        auto made = runtime_of(i, all.all_.size() + 1, c, sandbox);
        if (!made && made.error() == errc::io) {
            observe::warn({}, "no_warm_runtime", {{"language", l.id}, {"error", made.error()}});
            continue;
        }
        if (!made) return std::move(made).error();
        all.all_.emplace(l.id, std::move(*made));
    }
    return all;
}

const warm_runtime* warm_runtimes::find(std::string_view language) const {
    const auto found = all_.find(language);
    return found == all_.end() ? nullptr : &found->second;
}

}  // namespace sluice::execution
