// sluice-load: a bounded number of submissions from a fixed number of clients, closed loop, and
// what each took from POST to the answer of ?wait and to the WebSocket event. Or, with --bare, the
// same number of plain fork+exec of a command: the floor to compare with. Prints one JSON object.
// Loopback only.
#include "event_listener.hpp"
#include "http_client.hpp"

#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <chrono>
#include <fstream>
#include <iostream>
#include <mutex>
#include <sstream>
#include <thread>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
using nlohmann::json;

double ms_between(clock_type::time_point from, clock_type::time_point to) {
    return std::chrono::duration<double, std::milli>(to - from).count();
}

struct options {
    std::string host = "127.0.0.1";
    int http_port = 0;
    int ws_port = 0;
    std::string token;
    std::string body_file;
    int clients = 1;
    int jobs = 100;
    bool bare = false;
    std::vector<std::string> command;
};

struct outcome {
    std::vector<double> answer_ms;
    std::vector<double> event_ms;
    std::vector<std::string> failures;
    double elapsed_s = 0;
};

// Runs `work(job)` on `clients` threads until `jobs` have been taken.
template <class Work>
double closed_loop(const options& o, Work work) {
    std::atomic<int> next{0};
    std::vector<std::thread> threads;
    const auto begin = clock_type::now();
    for (int c = 0; c < o.clients; ++c) {
        threads.emplace_back([&, c] {
            while (next.fetch_add(1) < o.jobs)
                work(c);
        });
    }
    for (auto& t : threads)
        t.join();
    return ms_between(begin, clock_type::now()) / 1000;
}

outcome run_bare(const options& o) {
    outcome out;
    std::mutex mutex;
    std::vector<char*> argv;
    for (const auto& word : o.command)
        argv.push_back(const_cast<char*>(word.c_str()));
    argv.push_back(nullptr);
    out.elapsed_s = closed_loop(o, [&](int) {
        const auto begin = clock_type::now();
        const pid_t pid = ::fork();
        if (pid == 0) {
            const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
            for (int fd = 0; fd < 3; ++fd)
                ::dup2(null, fd);
            ::execv(argv[0], argv.data());
            ::_exit(127);
        }
        int status = 0;
        ::waitpid(pid, &status, 0);
        const double took = ms_between(begin, clock_type::now());
        const std::lock_guard lock(mutex);
        out.answer_ms.push_back(took);
        if (status != 0) out.failures.push_back("wait status " + std::to_string(status));
    });
    return out;
}

outcome run_service(const options& o) {
    outcome out;
    std::ifstream file(o.body_file);
    std::stringstream text;
    text << file.rdbuf();
    const std::string body = text.str();

    std::unique_ptr<sluice::bench::event_listener> events;
    if (o.ws_port != 0) {
        events = std::make_unique<sluice::bench::event_listener>(o.host, o.ws_port, o.token);
    }
    std::vector<std::unique_ptr<sluice::bench::http_client>> clients;
    for (int c = 0; c < o.clients; ++c) {
        clients.push_back(std::make_unique<sluice::bench::http_client>(o.host, o.http_port));
    }
    std::mutex mutex;
    std::vector<std::pair<std::string, clock_type::time_point>> begun;
    out.elapsed_s = closed_loop(o, [&](int client) {
        const auto begin = clock_type::now();
        const auto answer = clients[static_cast<std::size_t>(client)]
                                ->post("/api/v1/submissions?wait=30", o.token, body);
        const double took = ms_between(begin, clock_type::now());
        const json view = json::parse(answer.body, nullptr, false);
        const bool ok =
            answer.status == 201 && view.is_object() && view.value("status", "") == "accepted";
        const std::lock_guard lock(mutex);
        if (!ok) {
            out.failures.push_back(
                std::to_string(answer.status) + " " + answer.body.substr(0, 300)
            );
            return;
        }
        out.answer_ms.push_back(took);
        begun.emplace_back(view.value("id", ""), begin);
    });
    if (events) {
        const auto seen = events->wait_for(begun.size(), std::chrono::seconds(10));
        for (const auto& [id, begin] : begun) {
            if (const auto it = seen.find(id); it != seen.end()) {
                out.event_ms.push_back(ms_between(begin, it->second));
            } else {
                out.failures.push_back("no event for " + id);
            }
        }
    }
    return out;
}

}  // namespace

int main(int argc, char** argv) {
    options o;
    CLI::App app{"closed-loop load on a Sluice that runs on this machine"};
    app.add_option("--host", o.host, "a loopback address");
    app.add_option("--http-port", o.http_port, "port of the submission service");
    app.add_option(
        "--ws-port",
        o.ws_port,
        "port of the websocket service; 0: do not listen for events"
    );
    app.add_option("--token", o.token, "bearer token");
    app.add_option("--body", o.body_file, "file with the JSON to post");
    app.add_option("--clients", o.clients, "concurrent clients")->check(CLI::Range(1, 256));
    app.add_option("--jobs", o.jobs, "submissions in all")->check(CLI::Range(1, 100000));
    app.add_flag("--bare", o.bare, "fork+exec the command instead of posting");
    app.add_option("command", o.command, "with --bare: absolute path and arguments");
    CLI11_PARSE(app, argc, argv);

    try {
        const outcome out = o.bare ? run_bare(o) : run_service(o);
        json report;
        report["answer_ms"] = out.answer_ms;
        report["event_ms"] = out.event_ms;
        report["elapsed_s"] = out.elapsed_s;
        report["failures"] = out.failures;
        std::cout << report << '\n';
        return out.failures.empty() ? 0 : 1;
    } catch (const std::exception& e) {
        std::cerr << "sluice-load: " << e.what() << '\n';
        return 2;
    }
}
