// A contender in our sandbox: the library as the execution service uses it, one loop, a coroutine
// for each worker, everything switched on.
#include "contender.hpp"

#include "sluice/sandbox/fork.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace sluice::bench {

namespace {

using clock = std::chrono::steady_clock;

double microseconds(clock::duration d) {
    return std::chrono::duration<double, std::micro>(d).count();
}

std::string file_content(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

class sandboxed final : public contender {
public:
    sandboxed(asio::io_context& io, sandbox::launcher& launcher, const nlohmann::json& what)
        : contender(what.at("name").get<std::string>()), io_(io), launcher_(launcher) {
        request_.what.argv = what.at("argv").get<std::vector<std::string>>();
        request_.what
            .env = {"PATH=/usr/bin:/bin", "HOME=/box", "LANG=C.UTF-8", "PYTHONDONTWRITEBYTECODE=1"};
        if (what.contains("pack")) {
            request_.files = {
                pack_of("program", file_content(what.at("pack").get<std::string>()), true)};
        }
        if (what.contains("script")) {
            request_.files = {pack_of("main.py", what.at("script").get<std::string>(), false)};
        }
        if (what.contains("runtime")) set_warm(what.at("runtime"));
        if (what.contains("forks")) set_forks(what.at("forks"));
    }

    std::vector<double> latencies(unsigned runs, std::chrono::microseconds idle) override {
        std::vector<double> durations;
        for (const auto& [begin, end] : timed_ends(runs, idle))
            durations.push_back(end - begin);
        return durations;
    }

    std::vector<std::array<double, 2>> timed_ends(unsigned runs, std::chrono::microseconds idle)
        override {
        std::vector<std::array<double, 2>> ends;
        in_loop(1, [&](unsigned) { return timed(runs, idle, ends); });
        return ends;
    }

    double throughput(unsigned workers, std::chrono::milliseconds time) override {
        std::uint64_t runs = 0;
        const auto begin = clock::now();
        in_loop(workers, [&](unsigned worker) { return counted(worker, begin + time, runs); });
        return static_cast<double>(runs) * 1e6 / microseconds(clock::now() - begin);
    }

private:
    static std::shared_ptr<const sandbox::file_pack>
    pack_of(std::string_view path, const std::string& content, bool is_executable) {
        const sandbox::input_file file{path, content, is_executable};
        auto pack = sandbox::file_pack::make(std::span(&file, 1));
        if (!pack) throw std::runtime_error(describe(pack.error()));
        return std::move(*pack);
    }

    void set_warm(const nlohmann::json& warm) {
        sandbox::warm_spec spec;
        spec.key = 1;
        spec.what.argv = warm.at("argv").get<std::vector<std::string>>();
        spec.what.env = request_.what.env;
        spec.limits = request_.limits;
        spec.limits.memory_bytes = 32 << 20;
        const auto agent = file_content(warm.at("agent").get<std::string>());
        spec.files = {pack_of(warm.at("agent_path").get<std::string>(), agent, false)};
        if (spec.what.argv == request_.what.argv) request_.warm_key = spec.key;
        warm_ = std::make_shared<const sandbox::warm_spec>(std::move(spec));
    }

    void set_forks(const nlohmann::json& forks) {
        sandbox::sandbox_config config;
        config.manager_path = forks.at("manager").get<std::string>();
        auto library = sandbox::python_fork_library(config);
        if (!library) throw std::runtime_error(describe(library.error()));
        sandbox::fork_spec spec;
        spec.key = 1;
        spec.what = request_.what;
        spec.library = std::move(*library);
        request_.fork_key = spec.key;
        forks_ = std::make_shared<const sandbox::fork_spec>(std::move(spec));
    }

    template <class Make>
    void in_loop(unsigned workers, Make make) {
        std::exception_ptr thrown;
        for (unsigned i = 0; i < workers; ++i) {
            launcher_.at(i).keep_warm(warm_);
            launcher_.at(i).serve_forks(forks_);
            asio::co_spawn(io_, make(i), [&](std::exception_ptr e) {
                if (e) thrown = e;
            });
        }
        io_.restart();
        io_.run();
        if (thrown) std::rethrow_exception(thrown);
    }

    awaitable<void> once(unsigned worker) {
        sandbox::run_request request = request_;
        auto facts = co_await launcher_.at(worker).run(std::move(request));
        if (!facts) throw std::runtime_error(name() + ": " + describe(facts.error()));
        if (facts->exit_code != 0) throw std::runtime_error(name() + ": the program failed");
    }

    awaitable<void>
    timed(unsigned runs, std::chrono::microseconds idle, std::vector<std::array<double, 2>>& ends) {
        asio::steady_timer timer(io_);
        for (unsigned i = 0; i < runs; ++i) {
            if (idle.count() > 0) {
                timer.expires_after(idle);
                co_await timer.async_wait(asio::use_awaitable);
            }
            const auto begin = clock::now();
            co_await once(0);
            const auto end = clock::now();
            ends.push_back(
                {microseconds(begin.time_since_epoch()), microseconds(end.time_since_epoch())}
            );
        }
    }

    awaitable<void> counted(unsigned worker, clock::time_point until, std::uint64_t& runs) {
        while (clock::now() < until) {
            co_await once(worker);
            ++runs;
        }
    }

    asio::io_context& io_;
    sandbox::launcher& launcher_;
    sandbox::run_request request_;
    std::shared_ptr<const sandbox::warm_spec> warm_;
    std::shared_ptr<const sandbox::fork_spec> forks_;
};

}  // namespace

std::unique_ptr<contender> make_sandboxed(
    asio::io_context& io,
    sandbox::launcher& launcher,
    const nlohmann::json& description
) {
    return std::make_unique<sandboxed>(io, launcher, description);
}

}  // namespace sluice::bench
