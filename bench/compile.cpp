// Compiling and running in the sandbox, as the service does it and without the compile cache, in
// turn with the plain compiler and program outside of any sandbox; where the language has a
// compiler that waits (warm runtimes), also in a slot that has been idle long enough for it. Prints
// medians and ratios; the way from HTTP to the worker is not in it.
#include "adapters/sandbox_runner.hpp"
#include "language_table.hpp"
#include "startup.hpp"

#include "sluice/domain/execution_plan.hpp"
#include "sluice/languages/catalogue.hpp"
#include "sluice/testing/run_coro.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>

using namespace sluice;
using namespace sluice::execution;

namespace {

struct sample {
    const char* language;
    const char* name;
    const char* file;
    std::string source;
};

const std::vector<sample> samples{
    {"cpp20",
     "<bits/stdc++.h>",
     "main.cpp",
     "#include <bits/stdc++.h>\nint main() { std::vector<int> v{3, 1, 2};\n"
     "std::sort(v.begin(), v.end()); for (int x : v) std::cout << x << '\\n'; }\n"},
    {"cpp20",
     "<iostream>",
     "main.cpp",
     "#include <iostream>\nint main() { std::cout << \"Hello, Sluice!\\n\"; }\n"},
    {"c17",
     "<stdio.h>",
     "main.c",
     "#include <stdio.h>\nint main(void) { return puts(\"x\") < 0; }"},
    {"java",
     "hello",
     "Main.java",
     "public class Main { public static void main(String[] a) { System.out.println(\"x\"); } }"},
    {"go", "fmt", "main.go", "package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"x\") }\n"},
};

template <class T>
T must(result<T> r) {
    if (r) return std::move(*r);
    std::fprintf(stderr, "%s\n", describe(r.error()).c_str());
    std::exit(1);
}

void run_bare(const domain::planned_command& command, const std::string& box) {
    std::vector<std::string> words = command.argv;
    std::vector<std::string> variables = command.env;
    if (words[0].starts_with("/box/")) words[0].replace(0, 4, box);
    for (std::string& v : variables)
        if (v == "HOME=/box") v = "HOME=" + box;
    std::vector<char*> argv, env;
    for (auto& w : words)
        argv.push_back(w.data());
    for (auto& v : variables)
        env.push_back(v.data());
    argv.push_back(nullptr);
    env.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, box.c_str());
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    pid_t pid = -1;
    int status = 1;
    const int failed = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), env.data());
    posix_spawn_file_actions_destroy(&actions);
    if (failed != 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
        std::fprintf(stderr, "bare %s failed\n", words[0].c_str());
        std::exit(1);
    }
}

template <class F>
double milliseconds(F work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin)
        .count();
}

// Longer than the quiet time and the start of any runtime.
constexpr auto idle_time = std::chrono::milliseconds(2500);

double median(std::vector<double> v) {
    std::ranges::sort(v);
    return v[v.size() / 2];
}

class bench {
public:
    explicit bench(const config& c) {
        auto catalogue = must(languages::load_catalogue(c.worker.languages_folder));
        const auto prepared = prepared_folders(c, catalogue);
        launcher_ = must(sandbox::launcher::spawn(sandbox_settings(c, catalogue, prepared)));
        auto found = with_prepared(languages::probe(catalogue), prepared);
        languages_ = language_table(std::move(catalogue), std::move(found));
        runner_.emplace(*launcher_, artefact_bounds{});
        auto warm = must(warm_runtimes::make(languages_.available(), {}, c.sandbox));
        warm_runner_.emplace(*launcher_, artefact_bounds{}, std::move(warm));
        auto opened =
            testing::run_coro(io_, [this] { return launcher_->open(io_.get_executor()); });
        if (!opened) std::exit(1);
    }
    ~bench() {
        testing::run_coro(io_, [this] { return launcher_->close(); });
    }

    void measure(const sample& s, int rounds) {
        const installed_language found = languages_.find(s.language);
        if (!found.availability.is_available) return;
        domain::task t;
        t.files = {{s.file, s.source}};
        for (const domain::limit_row& row : domain::limit_table)
            t.limits.*row.field = row.default_value;
        t.limits.memory_bytes = 512 << 20;
        t.limits.processes = 128;
        const auto plain = domain::make_plan(t, *found.language, "");
        const auto plan =
            domain::make_plan(t, *found.language, "", found.availability.prepared_folder);
        std::vector<double> bare, sandboxed, unprepared, warm;
        for (int i = 0; i <= rounds; ++i) {
            if (found.language->warm.is_offered) pause();
            const double b = milliseconds([&] { bare_round(t, plain); });
            const double u = milliseconds([&] { sandbox_round(t, plain); });
            const double p = milliseconds([&] { sandbox_round(t, plan); });
            const double w = found.language->warm.is_offered
                                 ? milliseconds([&] { sandbox_round(t, plan, s.language); })
                                 : 0;
            if (i == 0) continue;  // warms the page cache for all of them
            if (w > 0) warm.push_back(w);
            bare.push_back(b);
            unprepared.push_back(u);
            sandboxed.push_back(p);
        }
        const double base = median(bare);
        std::printf(
            "%-7s %-16s %8.1f %10.1f (%.2f) %10.1f (%.2f)",
            s.language,
            s.name,
            base,
            median(unprepared),
            median(unprepared) / base,
            median(sandboxed),
            median(sandboxed) / base
        );
        if (!warm.empty()) std::printf(" %10.1f (%.2f)", median(warm), median(warm) / base);
        std::printf("\n");
        std::fflush(stdout);
    }

private:
    static void bare_round(const domain::task& t, const domain::execution_plan& plan) {
        std::string name = "/dev/shm/sluice-bench-XXXXXX";
        const std::string box = ::mkdtemp(name.data());
        std::ofstream(box + "/" + t.files[0].name) << t.files[0].content;
        std::filesystem::create_directory(box + "/" + plan.artefact_folder);
        domain::planned_command compile = *plan.compile;
        for (std::string& v : compile.env)  // as cold as in a fresh sandbox
            if (v.starts_with("GOCACHE=")) v = "GOCACHE=" + box + "/cache";
        run_bare(compile, box);
        run_bare(plan.run, box);
        std::filesystem::remove_all(box);
    }

    void pause() {
        const auto wait = [this]() -> awaitable<void> {
            asio::steady_timer timer(io_, idle_time);
            co_await timer.async_wait(asio::use_awaitable);
        };
        testing::run_coro(io_, wait);
    }

    // With the name of its language a job runs in the slot where runtimes wait.
    run_outcome run(run_job job) {
        slot_runner& runner = job.language.empty() ? *runner_ : *warm_runner_;
        const std::size_t slot = job.language.empty() ? 0 : 1;
        const auto work = [&] { return runner.run(slot, std::move(job)); };
        auto outcome = must(testing::run_coro(io_, work, std::chrono::seconds(120)));
        if (outcome.facts.exit_code != 0) {
            std::fprintf(stderr, "sandboxed run failed: %s\n", outcome.err.c_str());
            std::exit(1);
        }
        return outcome;
    }

    void sandbox_round(
        const domain::task& t,
        const domain::execution_plan& plan,
        const std::string& warm_language = ""
    ) {
        run_job compile;
        compile.language = warm_language;
        compile.command = *plan.compile;
        compile.files.push_back(must(runner_->pack(t.files, plan.artefact_folder)));
        compile.collect_folder = plan.artefact_folder;
        compile.drains_output = true;
        run_job program;
        program.command = plan.run;
        program.language = warm_language;
        program.files.push_back(run(std::move(compile)).artefacts);
        run(std::move(program));
    }

    asio::io_context io_;
    std::unique_ptr<sandbox::launcher> launcher_;
    language_table languages_;
    std::optional<slot_runner> runner_;
    std::optional<slot_runner> warm_runner_;
};

}  // namespace

int main(int argc, char** argv) {
    config c;
    c.sandbox.slots = 2;
    c.sandbox.cgroup_parent = "sluice-bench-" + std::to_string(::getpid());
    c.sandbox.first_uid = 3'000'000 + ::getpid() % 100'000 * 4;
    if (argc > 1) c.worker.prepared_folder = argv[1];
    const int rounds = argc > 2 ? std::max(1, std::atoi(argv[2])) : 9;
    bench b(c);
    std::printf(
        "compile + run, ms   %8s %17s %17s %17s\n",
        "bare",
        "sandbox",
        "sandbox, prepared",
        "warm, slot idle"
    );
    for (const sample& s : samples) {
        if (argc <= 3 || std::string(argv[3]) == s.language) b.measure(s, rounds);
    }
}
