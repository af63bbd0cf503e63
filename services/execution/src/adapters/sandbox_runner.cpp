// See sandbox_runner.hpp. Packs that leave a sandbox are never parsed here; an empty collection is
// told by its size, which is that of a pack without files.
#include "adapters/sandbox_runner.hpp"

#include "sluice/observe/log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::execution {
sandbox::run_limits to_run_limits(const domain::limits& l) {
    sandbox::run_limits r;
    r.cpu_time = std::chrono::milliseconds(l.cpu_time_ms);
    r.wall_time = std::chrono::milliseconds(l.wall_time_ms);
    r.memory_bytes = l.memory_bytes;
    r.processes = l.processes;
    r.file_bytes = l.file_bytes;
    r.disk_bytes = l.disk_bytes;
    r.inodes = l.inodes;
    r.open_files = l.open_files;
    r.stack_bytes = l.stack_bytes;
    r.output_bytes = l.output_bytes;
    return r;
}

domain::exit_facts to_exit_facts(const sandbox::run_facts& f) {
    domain::exit_facts e;
    e.exit_code = f.exit_code;
    e.signal = f.signal;
    e.wall_time_exceeded = f.wall_time_exceeded;
    e.cpu_time_exceeded = f.cpu_time_exceeded;
    e.memory_exceeded = f.memory_exceeded;
    e.processes_exceeded = f.processes_exceeded;
    e.output_exceeded = f.output_exceeded;
    e.file_size_exceeded = f.file_size_exceeded;
    e.was_cancelled = f.was_killed_by_request;
    return e;
}

static sandbox::interaction to_interaction(domain::interaction how) {
    switch (how) {
        case domain::interaction::none:
            return sandbox::interaction::none;
        case domain::interaction::pipes:
            return sandbox::interaction::pipes;
        case domain::interaction::terminal:
            return sandbox::interaction::terminal;
    }
    return sandbox::interaction::none;
}

sandbox::run_request to_run_request(run_job job, const artefact_bounds& bounds) {
    sandbox::run_request r;
    r.what.argv = std::move(job.command.argv);
    r.what.env = std::move(job.command.env);
    // A program that the compiler left is named from the working folder.
    if (!r.what.argv.empty() && !r.what.argv[0].starts_with('/')) {
        r.what.argv[0].insert(0, "/box/");
    }
    r.limits = to_run_limits(job.command.limits);
    if (job.command.has_loopback) r.network = sandbox::network_reach::loopback;
    if (job.command.has_egress) r.network = sandbox::network_reach::egress;
    r.files = std::move(job.files);
    r.stdin_bytes = std::move(job.stdin_bytes);
    if (!job.collect_folder.empty()) {
        sandbox::collect_spec collect;
        collect.folder = std::move(job.collect_folder);
        collect.max_bytes = bounds.max_bytes;
        collect.max_files = bounds.max_files;
        r.collect = std::move(collect);
    }
    r.on_output_limit =
        job.drains_output ? sandbox::output_policy::drain : sandbox::output_policy::end_run;
    r.how = to_interaction(job.how);
    // Without a name a terminal is dumb, and programs show neither colours nor lines to edit.
    const auto names_terminal = [](const std::string& v) { return v.starts_with("TERM="); };
    if (r.how == sandbox::interaction::terminal &&
        std::ranges::none_of(r.what.env, names_terminal)) {
        r.what.env.emplace_back("TERM=xterm-256color");
    }
    r.on_started = std::move(job.on_started);
    if (job.on_output) {
        r.on_output = [tell = std::move(job.on_output)](sandbox::stream s, std::string_view bytes) {
            tell(
                s == sandbox::stream::out ? domain::output_stream::out : domain::output_stream::err,
                bytes
            );
        };
    }
    return r;
}

bool is_empty_collection(const sandbox::file_pack& pack) {
    const auto empty = sandbox::file_pack::make({});
    return empty && pack.size_bytes() <= (*empty)->size_bytes();
}

result<pack_pointer>
slot_runner::pack(std::span<const domain::source_file> files, const std::string& compiler_folder) {
    std::vector<sandbox::input_file> inputs;
    inputs.reserve(files.size());
    for (const domain::source_file& f : files) {
        if (!compiler_folder.empty() && f.name == compiler_folder) {
            return fail(errc::invalid, "a file has the name of the compiler's folder");
        }
        inputs.push_back({f.name, f.content, false});
    }
    return sandbox::file_pack::make(inputs);
}

awaitable<result<run_outcome>> slot_runner::run(std::size_t slot, run_job job) {
    const warm_runtime* runtime = warm_.find(job.language);
    const auto forks = forks_.find(job.user, job.language);
    sandbox::run_request request = to_run_request(std::move(job), bounds_);
    if (runtime != nullptr && runtime->serves(request.what)) {
        request.warm_key = runtime->spec->key;
    }
    if (forks && serves(*forks, request)) request.fork_key = forks->key;
    sandbox::slot& sandbox = launcher_.at(slot);
    auto facts = co_await sandbox.run(std::move(request));
    // Costs this run nothing; the next one will most likely be of the same language.
    sandbox.keep_warm(runtime != nullptr && !forks ? runtime->spec : nullptr);
    if (forks) sandbox.serve_forks(forks);
    if (!facts) co_return std::move(facts).error();
    run_outcome o;
    if (!facts->collect_refused.empty()) {
        // The compiler ended well; what it left is too much or not plain files.
        observe::info({}, "artefacts_refused", {{"error", facts->collect_refused}});
        o.artefacts_refused =
            "what the compiler left is too large, has too many files, or is not plain files";
    }
    o.facts = to_exit_facts(*facts);
    o.cpu_us = facts->cpu_us;
    o.wall_us = facts->wall_us;
    o.memory_peak_bytes = facts->memory_peak_bytes;
    o.out = std::move(facts->out);
    o.err = std::move(facts->err);
    o.out_truncated = facts->out_truncated;
    o.err_truncated = facts->err_truncated;
    if (facts->artefacts && !is_empty_collection(*facts->artefacts)) {
        o.artefacts = std::move(facts->artefacts);
    }
    co_return o;
}

void slot_runner::steer(std::size_t slot, const domain::control_message& m) {
    sandbox::slot& s = launcher_.at(slot);
    switch (m.kind) {
        case domain::control_kind::cancel:
            return s.kill();
        case domain::control_kind::stdin_data:
            return s.send_input(m.data);
        case domain::control_kind::stdin_eof:
            return s.end_input();
        case domain::control_kind::signal:
            return s.send_signal(m.number);
        case domain::control_kind::resize:
            return s.resize(m.cols, m.rows);
        default:
            return;
    }
}

}  // namespace sluice::execution
