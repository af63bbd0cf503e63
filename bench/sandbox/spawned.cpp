// A contender behind the static spawner: one spawner process for each worker, ordered over pipes.
#include "contender.hpp"
#include "spawn_order.hpp"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace sluice::bench {

namespace {

class spawner_process {
public:
    explicit spawner_process(std::vector<std::string> command) {
        int to[2] = {-1, -1};
        int from[2] = {-1, -1};
        if (::pipe2(to, O_CLOEXEC) < 0 || ::pipe2(from, O_CLOEXEC) < 0) {
            throw std::runtime_error("pipe2");
        }
        const unique_fd their_input(to[0]), their_output(from[1]);
        input_ = unique_fd(to[1]);
        output_ = unique_fd(from[0]);
        std::vector<char*> argv;
        for (std::string& each : command)
            argv.push_back(each.data());
        argv.push_back(nullptr);
        char* no_environment[] = {nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, their_input.get(), 0);
        posix_spawn_file_actions_adddup2(&actions, their_output.get(), 1);
        const int failed =
            ::posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), no_environment);
        posix_spawn_file_actions_destroy(&actions);
        if (failed != 0) throw std::runtime_error(command[0] + " cannot be started");
    }
    ~spawner_process() {
        input_.reset();
        ::waitpid(pid_, nullptr, 0);
    }
    spawner_process(const spawner_process&) = delete;
    spawner_process& operator=(const spawner_process&) = delete;

    void order(const spawn_order& what) {
        if (::write(input_.get(), &what, sizeof what) != sizeof what) {
            throw std::runtime_error("the spawner ended");
        }
    }
    spawn_answer answer(std::vector<double>& durations_us) {
        spawn_answer got;
        read_all(&got, sizeof got);
        std::vector<std::uint32_t> units(got.durations);
        read_all(units.data(), units.size() * sizeof units[0]);
        for (const std::uint32_t unit : units)
            durations_us.push_back(unit * (duration_unit_ns / 1000.0));
        return got;
    }

private:
    void read_all(void* data, std::size_t size) {
        char* to = static_cast<char*>(data);
        while (size > 0) {
            const ssize_t n = ::read(output_.get(), to, size);
            if (n <= 0) throw std::runtime_error("the spawner ended");
            to += n;
            size -= static_cast<std::size_t>(n);
        }
    }
    unique_fd input_, output_;
    pid_t pid_ = -1;
};

class spawned final : public contender {
public:
    spawned(const std::string& spawner, const std::string& method, const nlohmann::json& what)
        : contender(what.at("name").get<std::string>()) {
        // One command for all workers, or one for each (a container needs a name of its own).
        for (const auto& argv : what.at("commands")) {
            auto command = what.value("prefix", std::vector<std::string>());
            command.insert(command.end(), {spawner, method});
            for (const auto& each : argv)
                command.push_back(each.get<std::string>());
            workers_.push_back(std::make_unique<spawner_process>(std::move(command)));
        }
    }

    std::vector<double> latencies(unsigned runs, std::chrono::microseconds idle) override {
        std::vector<double> durations;
        spawn_order what;
        what.runs = runs;
        what.idle_us = static_cast<std::uint32_t>(idle.count());
        workers_[0]->order(what);
        check(workers_[0]->answer(durations));
        return durations;
    }

    double throughput(unsigned workers, std::chrono::milliseconds time) override {
        std::vector<double> none;
        spawn_order what;
        what.for_ms = static_cast<std::uint32_t>(time.count());
        double rate = 0;
        for (unsigned i = 0; i < workers; ++i)
            workers_.at(i)->order(what);
        for (unsigned i = 0; i < workers; ++i) {
            const spawn_answer got = workers_.at(i)->answer(none);
            check(got);
            rate += got.runs * 1e9 / static_cast<double>(got.elapsed_ns);
        }
        return rate;
    }

    std::uint32_t resident_kib() const override { return resident_kib_; }

private:
    void check(const spawn_answer& got) {
        if (got.failures != 0) throw std::runtime_error(name() + ": the program failed");
        resident_kib_ = got.resident_kib;
    }
    std::vector<std::unique_ptr<spawner_process>> workers_;
    std::uint32_t resident_kib_ = 0;
};

}  // namespace

std::unique_ptr<contender> make_spawned(
    const std::string& spawner,
    const std::string& method,
    const nlohmann::json& description
) {
    return std::make_unique<spawned>(spawner, method, description);
}

}  // namespace sluice::bench
