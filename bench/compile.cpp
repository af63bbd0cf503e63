// Compiling and running in the sandbox, as the service does it and without the compile cache, in
// turn with the plain compiler and program outside of any sandbox; where the language has a
// compiler that waits (warm runtimes), also in a slot that has been idle long enough for it. Prints
// medians and ratios, of both steps and of each; the way from HTTP to the worker is not in it.
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
    {"java",
     "streams, format",
     "Main.java",
     "import java.util.*;\nimport java.util.stream.*;\npublic class Main {\n"
     "    record Point(int x, int y) {}\n"
     "    public static void main(String[] args) {\n"
     "        Map<Integer, List<Point>> by = IntStream.range(0, 9).mapToObj(i -> new Point(i % 3, "
     "i))"
     ".collect(Collectors.groupingBy(Point::x));\n"
     "        for (var e : by.entrySet()) System.out.println(e.getKey() + \": \" + e.getValue());\n"
     "        System.out.printf(\"%.2f %5d%n\", 1.5, by.size());\n    }\n}\n"},
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

using clock = std::chrono::steady_clock;

double milliseconds(clock::time_point from, clock::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
}

// What one round took, in milliseconds.
struct times {
    double compile, run;
};

// Longer than the quiet time and the start of any runtime.
constexpr auto idle_time = std::chrono::milliseconds(2500);

double median(std::vector<double> v) {
    std::ranges::sort(v);
    return v[v.size() / 2];
}

struct column {
    std::vector<double> both, compile, run;

    void add(const times& t) {
        both.push_back(t.compile + t.run);
        compile.push_back(t.compile);
        run.push_back(t.run);
    }
};

// Of a compiler that waits, both steps against the plain ones.
constexpr double bound_of_warm = 1.0 / 3;

using row_of = std::vector<double> column::*;

// Ends without a new line.
void print_row(const char* first, const char* second, const std::vector<column>& all, row_of row) {
    const double base = median(all[0].*row);
    std::printf("%-7s %-16s %8.1f", first, second, base);
    for (std::size_t i = 1; i < all.size(); ++i) {
        if (all[i].both.empty()) continue;
        const double value = median(all[i].*row);
        std::printf(" %10.1f (%.2f)", value, value / base);
    }
}

void print(const sample& s, const std::vector<column>& all) {
    print_row(s.language, s.name, all, &column::both);
    const column& warm = all.back();
    if (!warm.both.empty()) {
        const bool is_kept = median(warm.both) <= bound_of_warm * median(all[0].both);
        std::printf("   at most %.2f: %s", bound_of_warm, is_kept ? "yes" : "NO");
    }
    std::printf("\n");
    print_row("", "  compile", all, &column::compile);
    std::printf("\n");
    print_row("", "  run", all, &column::run);
    std::printf("\n");
    std::fflush(stdout);
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
        const bool is_warm = found.language->warm.is_offered;
        std::vector<column> all(4);  // in the order of the headline
        for (int i = 0; i <= rounds; ++i) {
            if (is_warm) pause();
            std::vector<times> round{
                bare_round(t, plain),
                sandbox_round(t, plain),
                sandbox_round(t, plan)};
            if (is_warm) round.push_back(sandbox_round(t, plan, s.language));
            if (i == 0) continue;  // warms the page cache for all of them
            for (std::size_t c = 0; c < round.size(); ++c)
                all[c].add(round[c]);
        }
        print(s, all);
    }

private:
    static times bare_round(const domain::task& t, const domain::execution_plan& plan) {
        std::string name = "/dev/shm/sluice-bench-XXXXXX";
        const std::string box = ::mkdtemp(name.data());
        std::ofstream(box + "/" + t.files[0].name) << t.files[0].content;
        std::filesystem::create_directory(box + "/" + plan.artefact_folder);
        domain::planned_command compile = *plan.compile;
        for (std::string& v : compile.env)  // as cold as in a fresh sandbox
            if (v.starts_with("GOCACHE=")) v = "GOCACHE=" + box + "/cache";
        const auto begin = clock::now();
        run_bare(compile, box);
        const auto compiled = clock::now();
        run_bare(plan.run, box);
        const auto end = clock::now();
        std::filesystem::remove_all(box);
        return {milliseconds(begin, compiled), milliseconds(compiled, end)};
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

    times sandbox_round(
        const domain::task& t,
        const domain::execution_plan& plan,
        const std::string& warm_language = ""
    ) {
        const auto begin = clock::now();
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
        const auto compiled = clock::now();
        run(std::move(program));
        return {milliseconds(begin, compiled), milliseconds(compiled, clock::now())};
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
