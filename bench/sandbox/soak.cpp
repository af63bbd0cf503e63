// Reads /proc only; nothing here is measured against a clock.
#include "soak.hpp"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace sluice::bench {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string text_of(const fs::path& path) {
    std::ifstream in(path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

std::int64_t number_after(const std::string& text, const std::string& key) {
    const std::size_t at = text.find(key);
    return at == std::string::npos ? 0 : std::stoll(text.substr(at + key.size()));
}

void add_tree(int pid, const std::string& above, json& out) {
    const fs::path folder = "/proc/" + std::to_string(pid);
    std::string name = text_of(folder / "comm");
    if (!name.empty()) name.pop_back();
    // Launcher, managers and inits are one binary; what tells them apart is who is whose child.
    if (above == "bench") name = name.starts_with("sluice-slot-man") ? "launcher" : name;
    if (above == "launcher") name = "manager";
    if (above == "manager") name = "init";
    if (pid == ::getpid()) name = "bench";
    const std::string memory = text_of(folder / "smaps_rollup");
    std::error_code ignored;
    const auto fds = std::distance(fs::directory_iterator(folder / "fd", ignored), {});
    out.push_back(
        {{"name", name},
         {"rss_kib", number_after(memory, "Rss:")},
         {"pss_kib", number_after(memory, "Pss:")},
         {"fds", fds}}
    );
    std::istringstream children(text_of(folder / "task" / std::to_string(pid) / "children"));
    for (int child = 0; children >> child;)
        add_tree(child, name, out);
}

std::int64_t count_cgroups() {
    std::int64_t count = 0;
    for (const auto& line : {"memory", "pids", "cpuacct", "cpu,cpuacct", "unified", "."}) {
        const fs::path base =
            fs::path("/sys/fs/cgroup") / line / ("sluice-bench-" + std::to_string(::getpid()));
        std::error_code failed;
        for (auto it = fs::recursive_directory_iterator(base, failed);
             !failed && it != fs::recursive_directory_iterator();
             it.increment(failed)) {
            if (it->is_directory()) ++count;
        }
    }
    return count;
}

json look(std::int64_t runs) {
    return {{"runs", runs}, {"processes", process_sizes()}, {"cgroups", count_cgroups()}};
}

awaitable<void> work(sandbox::slot& slot, const sandbox::run_request& what, std::int64_t runs) {
    for (std::int64_t i = 0; i < runs; ++i) {
        sandbox::run_request request = what;
        auto facts = co_await slot.run(std::move(request));
        if (!facts) throw std::runtime_error("soak: " + describe(facts.error()));
        if (facts->exit_code != 0) throw std::runtime_error("soak: the program failed");
    }
}

}  // namespace

json process_sizes() {
    json out = json::array();
    add_tree(::getpid(), "", out);
    return out;
}

json soak(asio::io_context& io, sandbox::launcher& launcher, const json& plan) {
    sandbox::run_request what;
    what.what.argv = plan.at("argv").get<std::vector<std::string>>();
    const auto looks = std::max<std::int64_t>(2, plan.value("looks", 5));
    const auto total = plan.at("runs").get<std::int64_t>();
    const auto slots = static_cast<std::int64_t>(launcher.slot_count());
    const std::int64_t each = std::max<std::int64_t>(1, total / slots / (looks - 1));
    json out = json::array();
    // The first runs fill allocators and caches; growth is counted from there.
    for (std::int64_t i = 0; i < looks; ++i) {
        const std::int64_t runs = i == 0 ? 100 : each;
        std::exception_ptr thrown;
        for (std::size_t s = 0; s < launcher.slot_count(); ++s) {
            asio::co_spawn(io, work(launcher.at(s), what, runs), [&](std::exception_ptr e) {
                if (e) thrown = e;
            });
        }
        io.restart();
        io.run();
        if (thrown) std::rethrow_exception(thrown);
        out.push_back(look(slots * (100 + each * i)));
    }
    return out;
}

}  // namespace sluice::bench
