// The execution service's ports, played by scripts: no sandbox, no broker.
#pragma once

#include "language_table.hpp"
#include "ports.hpp"
#include "probe.hpp"
#include "use_cases/execute_submission.hpp"
#include "worker_slots.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/runtime/event.hpp"
#include "sluice/sandbox/run.hpp"
#include "sluice/testing/manual_clock.hpp"

#include <deque>
#include <functional>
#include <optional>

namespace sluice::execution::fakes {

inline pack_pointer a_pack(std::size_t bytes = 1) {
    const std::string content(bytes, 'x');
    const sandbox::input_file file{"out/main", content, true};
    return *sandbox::file_pack::make(std::span(&file, 1));
}

inline run_outcome exited(int code, std::string out = "") {
    run_outcome o;
    o.facts.exit_code = code;
    o.out = std::move(out);
    o.wall_us = 1500;
    o.cpu_us = 1000;
    return o;
}

inline run_outcome compiled_to(pack_pointer artefacts) {
    run_outcome o = exited(0);
    o.artefacts = std::move(artefacts);
    return o;
}

// Answers runs from a script, in order; when `hold` is given, each run waits for it first.
class scripted_sandbox final : public sandbox_runner {
public:
    std::deque<result<run_outcome>> answers;
    std::vector<run_job> jobs;
    std::vector<std::size_t> slots;
    std::vector<std::string> packed_folders;
    std::optional<error> pack_error;
    runtime::event* hold = nullptr;
    std::function<void()> on_run;  // the job is the last of `jobs`
    std::size_t running = 0;

    result<pack_pointer>
    pack(std::span<const domain::source_file> files, const std::string& empty_folder) override {
        packed_folders.push_back(empty_folder);
        if (pack_error) return *pack_error;
        return a_pack(files[0].content.size());
    }
    std::vector<domain::control_message> steered;
    runtime::event* killed_by = nullptr;  // set by a cancel
    void steer(std::size_t, const domain::control_message& m) override {
        steered.push_back(m);
        if (killed_by != nullptr && m.kind == domain::control_kind::cancel) killed_by->set();
    }
    awaitable<result<run_outcome>> run(std::size_t slot, run_job job) override {
        slots.push_back(slot);
        if (job.on_started) job.on_started();
        jobs.push_back(std::move(job));
        if (on_run) on_run();
        if (hold != nullptr) {
            ++running;
            auto waited = co_await hold->wait();
            --running;
            if (!waited) co_return std::move(waited).error();
        }
        SLUICE_ASSERT(!answers.empty());
        auto answer = std::move(answers.front());
        answers.pop_front();
        co_return answer;
    }
};

class recording_progress final : public progress_sink {
public:
    std::vector<domain::progress> all;
    void publish(const observe::context&, const domain::progress& p) override { all.push_back(p); }
};

// A cache that never has anything.
class no_cache final : public artefact_cache {
public:
    std::vector<std::string> materials;
    awaitable<result<compiled>> get_or_compile(
        std::string material,
        std::function<awaitable<result<compiled>>()> compile
    ) override {
        materials.push_back(std::move(material));
        co_return co_await compile();
    }
};

inline language_table two_languages() {
    domain::language py;
    py.id = "python3";
    py.name = "Python 3";
    py.aliases = {"python"};
    py.source_file = "main.py";
    py.extensions = {".py"};
    py.run = {"/usr/bin/python3", "{source}", "{args}"};
    domain::language c;
    c.id = "c";
    c.name = "C";
    c.source_file = "main.c";
    c.extensions = {".c"};
    c.compile = {"/usr/bin/gcc", "-o", "{output}", "{sources}"};
    c.run = {"/box/{output}", "{args}"};
    c.artefact_folder = "out";
    c.keeps_sources = false;
    domain::language absent;
    absent.id = "cobol";
    absent.name = "COBOL";
    std::vector<domain::language_availability> found{
        {"python3", true, "3.11.2", ""},
        {"c", true, "12.2.0", ""},
        {"cobol", false, "", "install the package gnucobol"}};
    return {{py, c, absent}, found};
}

// A task is built from the defaults; tests change the one thing that they are about.
inline domain::task a_task(const clock& time, std::string language = "python3") {
    domain::task t;
    t.id = submission_id(uuid::time_v7(unix_ms(time.now())));
    t.correlation_id = sluice::correlation_id(uuid::random_v4());
    t.user_id = "ada";
    t.language = std::move(language);
    t.files = {{t.language == "c" ? "main.c" : "main.py", "print('hi')"}};
    for (const domain::limit_row& row : domain::limit_table)
        t.limits.*row.field = row.default_value;
    t.created_at = time.now() - std::chrono::milliseconds(5);
    t.deadline_at = time.now() + std::chrono::minutes(5);
    return t;
}

// Everything that one execution needs, with two slots.
struct world {
    explicit world(asio::io_context& io) : slots(io.get_executor(), 2, 4) {}
    testing::manual_clock time;
    scripted_sandbox sandbox;
    recording_progress progress;
    no_cache cache;
    language_table languages = two_languages();
    probe metrics;
    worker_slots slots;
    execution_ports ports{sandbox, cache, progress, time, languages, metrics, "worker-1", 64 << 10};
};

}  // namespace sluice::execution::fakes
