// The executable itself on a real RabbitMQ: a task goes in, its result comes out, the process has
// no rights while it works, and SIGTERM ends it in order.
#include "decisions.hpp"

#include "sluice/amqp/consumer.hpp"
#include "sluice/amqp/publisher.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/messages/codec.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/runtime/with_deadline.hpp"
#include "sluice/testing/private_server.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

using namespace sluice;

namespace {

constexpr std::chrono::seconds patience{60};

std::string beside_me(const std::string& name) {
    return (std::filesystem::read_symlink("/proc/self/exe").parent_path() / name).string();
}

// sluice-execution with its ready line read; killed at the end unless it has ended by then.
class service_process {
public:
    explicit service_process(const std::string& rabbitmq_url) {
        int out[2];
        REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
        const std::vector<std::string> settings{
            "SLUICE__RABBITMQ__URL=" + rabbitmq_url,
            // Nothing listens there: running needs no Redis.
            "SLUICE__REDIS__URL=redis://127.0.0.1:1/0",
            "SLUICE__SANDBOX__SLOTS=2",
            "SLUICE__SANDBOX__CGROUP_PARENT=sluice-test-service-" + std::to_string(::getpid()),
            "SLUICE__SANDBOX__FIRST_UID=" + std::to_string(1'100'000 + ::getpid() % 100'000 * 4),
            "SLUICE__WORKER_ID=under-test",
            "SLUICE__DRAIN_GRACE=5s",
            "PATH=/usr/bin:/bin"};
        std::vector<char*> environment;
        for (const std::string& s : settings)
            environment.push_back(const_cast<char*>(s.c_str()));
        environment.push_back(nullptr);
        std::string program = beside_me("sluice-execution");
        char* const argv[] = {program.data(), nullptr};
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        posix_spawn_file_actions_adddup2(&actions, out[1], 1);
        REQUIRE(
            ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv, environment.data()) == 0
        );
        posix_spawn_file_actions_destroy(&actions);
        ::close(out[1]);
        std::string line;
        for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';)
            line += c;
        ::close(out[0]);
        INFO("ready line: " << line);
        REQUIRE(nlohmann::json::parse(line, nullptr, false).value("event", "") == "ready");
    }
    ~service_process() {
        if (pid_ > 0) {
            ::kill(pid_, SIGKILL);
            ::waitpid(pid_, nullptr, 0);
        }
    }
    // The exit code after the signal.
    int end(int signal) {
        ::kill(pid_, signal);
        int status = 0;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
    std::string status_line(const std::string& name) const {
        std::ifstream in("/proc/" + std::to_string(pid_) + "/status");
        for (std::string line; std::getline(in, line);) {
            if (line.starts_with(name + ":")) return line;
        }
        return "";
    }

private:
    pid_t pid_ = -1;
};

amqp::topology all_declared() {
    amqp::topology t;
    for (const messages::queue_spec& q : messages::all_queues({})) {
        amqp::queue_declaration d;
        d.name = q.name;
        d.is_durable = q.is_durable;
        for (const auto& [key, value] : q.arguments)
            d.arguments.emplace(key, value);
        t.queues.push_back(std::move(d));
    }
    return t;
}

domain::task python(const std::string& source) {
    domain::task t;
    const wall_time now = system_clock().now();
    t.id = submission_id(uuid::time_v7(unix_ms(now)));
    t.correlation_id = sluice::correlation_id(uuid::random_v4());
    t.user_id = "ada";
    t.language = "python3";
    t.files = {{"main.py", source}};
    for (const domain::limit_row& row : domain::limit_table)
        t.limits.*row.field = row.default_value;
    t.created_at = now;
    t.deadline_at = now + std::chrono::minutes(10);
    return t;
}

amqp::config reaching(const std::string& url) {
    amqp::config c;
    c.url.value = url;
    return c;
}

// The neighbours of the service: who sends tasks and who takes results.
struct neighbours {
    std::unique_ptr<testing::private_server> server = testing::start_rabbitmq();
    asio::io_context io;
    amqp::config settings = reaching(server->url());
    amqp::publisher tasks{io.get_executor(), "test-tasks", settings, all_declared()};
    amqp::consumer results{
        io.get_executor(),
        "test-results",
        settings,
        all_declared(),
        {"execution_queue", 10}};

    neighbours() {
        const auto connect = [this]() -> awaitable<void> {
            auto first = co_await tasks.connect(deadline::in(patience));
            auto second = co_await results.connect(deadline::in(patience));
            if (!first || !second) throw std::runtime_error("no connection to RabbitMQ");
        };
        testing::run_coro(io, connect, patience);
    }
    ~neighbours() {
        const auto close = [this]() -> awaitable<void> {
            co_await results.close();
            co_await tasks.close();
        };
        testing::run_coro(io, close);
    }
    void send(const domain::task& t) {
        amqp::message m;
        m.body = messages::encode(t);
        m.content_type = messages::task_content_type;
        m.message_id = t.id.to_string();
        const auto sent = testing::run_coro(io, [&] {
            return tasks.publish("submission_queue", m, deadline::in(patience));
        });
        REQUIRE(sent.has_value());
    }
    domain::run_result receive() {
        auto d = testing::run_coro(
            io,
            [&] { return results.receive(); },
            patience
        );
        REQUIRE(d.has_value());
        results.ack(d->tag);
        auto r = messages::decode_result(d->message.body);
        REQUIRE(r.has_value());
        return std::move(*r);
    }
    std::uint32_t waiting() {
        const auto ask = [&] { return tasks.depth("submission_queue", deadline::in(patience)); };
        return testing::run_coro(io, ask).value();
    }
};

neighbours& the_neighbours() {
    static neighbours n;
    return n;
}

}  // namespace

TEST_CASE("a task comes back as a result, from a process without rights and without Redis") {
    neighbours& n = the_neighbours();
    service_process service(n.server->url());
    if (::geteuid() == 0) {
        CHECK(service.status_line("Uid").find("\t0") == std::string::npos);
        CHECK(service.status_line("CapPrm").ends_with("0000000000000000"));
        CHECK(service.status_line("NoNewPrivs").ends_with("1"));
    }
    const domain::task t = python("print(6 * 7)");
    n.send(t);
    const domain::run_result r = n.receive();
    CHECK(r.id == t.id);
    CHECK(r.status == domain::status::accepted);
    CHECK(r.stdout_bytes == "42\n");
    CHECK(r.worker_id == "under-test");
    CHECK(r.attempt == 1);
    CHECK(service.end(SIGTERM) == 0);
    CHECK(n.waiting() == 0);
}

TEST_CASE("SIGTERM lets a running program end, and its result is published") {
    neighbours& n = the_neighbours();
    service_process service(n.server->url());
    const domain::task quick = python("print('quick')");
    const domain::task slow = python("import time; time.sleep(1); print('slow')");
    n.send(slow);
    n.send(quick);
    // The quick one comes back while the slow one runs.
    CHECK(n.receive().id == quick.id);
    CHECK(service.end(SIGTERM) == 0);
    CHECK(n.receive().id == slow.id);
    CHECK(n.waiting() == 0);
}

TEST_CASE("what kill -9 interrupts is run again by the next process") {
    neighbours& n = the_neighbours();
    const domain::task slow = python("import time; time.sleep(1); print('slow')");
    {
        service_process first(n.server->url());
        const domain::task quick = python("print('quick')");
        n.send(slow);
        n.send(quick);
        CHECK(n.receive().id == quick.id);
        first.end(SIGKILL);
    }
    service_process second(n.server->url());
    // A result whose ack died with the process comes a second time: at least once.
    domain::run_result r = n.receive();
    while (!(r.id == slow.id))
        r = n.receive();
    CHECK(r.status == domain::status::accepted);
    CHECK(r.attempt == 2);
    CHECK(second.end(SIGTERM) == 0);
}
