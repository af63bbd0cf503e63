// Measures what a plan (a JSON file that bench/sandbox.py writes) names, in blocks that take turns,
// and prints the raw figures as JSON. What they mean is the script's business.
#include "contender.hpp"
#include "soak.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <map>

namespace {

using nlohmann::json;
using namespace sluice;

// Launchers beside each other share neither cgroups nor uids.
sandbox::sandbox_config settings(const json& plan, const std::string& manager, std::size_t index) {
    sandbox::sandbox_config c;
    c.slots = plan.at("slots").get<std::int64_t>();
    c.manager_path = manager;
    c.cgroup_parent = "sluice-bench-" + std::to_string(::getpid()) + "-" + std::to_string(index);
    c.first_uid = 1'200'000 + 4 * ::getpid() + 20'000'000 * static_cast<std::int64_t>(index);
    c.has_fork_servers = plan.value("fork_servers", false);
    c.read_only_paths = plan.at("read_only_paths").get<std::vector<std::string>>();
    return c;
}

template <class T>
T must(result<T> r) {
    if (!r) throw std::runtime_error(describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

class bench_run {
public:
    explicit bench_run(const json& plan) : plan_(plan) { (void)own_launcher(); }
    // Where one run spends its time: the traced manager's timestamps, with ours before and after.
    json breakdown(const json& what) {
        json out;
        auto each = bench::make_sandboxed(io_, own_launcher(), what);
        (void)each->latencies(what.at("warm").get<unsigned>(), {});
        const std::chrono::microseconds idle(what.value("idle_us", 0));
        out["ends_us"] = each->timed_ends(what.at("runs").get<unsigned>(), idle);
        return out;
    }
    ~bench_run() {
        for (auto& [manager, launcher] : launchers_)
            bench::run_in(io_, [&]() -> awaitable<void> { co_await launcher->close(); });
    }
    bench_run(const bench_run&) = delete;
    bench_run& operator=(const bench_run&) = delete;

    json everything() {
        json out;
        out["memory"] = bench::process_sizes();
        if (plan_.contains("soak")) {
            out["soak"] = bench::soak(io_, own_launcher(), plan_.at("soak"));
        }
        if (plan_.contains("breakdown")) out["breakdown"] = breakdown(plan_.at("breakdown"));
        for (const json& phase : plan_.at("phases"))
            out["phases"].push_back(measure(phase));
        return out;
    }

private:
    sandbox::launcher& own_launcher() { return launcher_of(plan_.at("manager")); }
    // One for each manager that the plan names, so that two versions of it can take turns.
    sandbox::launcher& launcher_of(const std::string& manager) {
        auto& found = launchers_[manager];
        if (!found) {
            found = must(sandbox::launcher::spawn(settings(plan_, manager, launchers_.size() - 1)));
            bench::run_in(io_, [&]() -> awaitable<void> {
                must(co_await found->open(io_.get_executor()));
            });
        }
        return *found;
    }
    std::unique_ptr<bench::contender> make(const json& description) {
        const auto kind = description.at("kind").get<std::string>();
        if (kind == "sandbox") {
            const std::string manager = description.value("manager", plan_.at("manager"));
            return bench::make_sandboxed(io_, launcher_of(manager), description);
        }
        return bench::make_spawned(plan_.at("spawner").get<std::string>(), kind, description);
    }

    json measure(const json& phase) {
        std::vector<std::unique_ptr<bench::contender>> contenders;
        for (const json& each : phase.at("contenders"))
            contenders.push_back(make(each));
        json out{{"name", phase.at("name")}};
        const auto runs = phase.value("runs", 0U);
        const auto block = phase.value("block", 20U);
        const std::chrono::microseconds idle(phase.value("idle_us", 0));
        for (auto& each : contenders)
            (void)each->latencies(3, {});
        for (unsigned done = 0; done < runs; done += block) {
            for (auto& each : contenders) {
                for (const double d : each->latencies(std::min(block, runs - done), idle))
                    out["latency_us"][each->name()].push_back(d);
            }
            std::rotate(contenders.begin(), contenders.begin() + 1, contenders.end());
        }
        const std::chrono::milliseconds slice(phase.value("slice_ms", 500));
        for (unsigned round = 0; round < phase.value("rounds", 0U); ++round) {
            for (auto& each : contenders) {
                for (const unsigned workers : {1U, 2U})
                    out["per_second"][each->name()][std::to_string(workers)].push_back(
                        each->throughput(workers, slice)
                    );
            }
            std::rotate(contenders.begin(), contenders.begin() + 1, contenders.end());
        }
        for (auto& each : contenders) {
            if (each->resident_kib() > 0) out["spawner_kib"][each->name()] = each->resident_kib();
        }
        return out;
    }

    const json& plan_;
    asio::io_context io_;
    std::map<std::string, std::unique_ptr<sandbox::launcher>> launchers_;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: sluice-bench-sandbox PLAN.json (./dev bench sandbox writes one)\n";
        return 2;
    }
    try {
        std::ifstream file(argv[1]);
        const json plan = json::parse(file);
        bench_run run(plan);
        std::cout << run.everything() << "\n";
    } catch (const std::exception& e) {
        std::cerr << "bench sandbox: " << e.what() << "\n";
        return 1;
    }
    return 0;
}
