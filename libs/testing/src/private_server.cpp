// How each of the three servers is started alone: nothing of the machine's own installation is
// touched but the programs themselves.
#include "sluice/testing/private_server.hpp"

#include "child_process.hpp"

#include <csignal>
#include <filesystem>
#include <optional>
#include <stdexcept>

namespace sluice::testing {
namespace {

// The path of `file` in the folder of the newest installed version: versions differ between
// machines.
std::string find_installed(const std::string& folder, const std::string& file) {
    std::string best;
    std::error_code none;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        const std::string path = entry.path().string() + "/" + file;
        if (std::filesystem::exists(path) && path > best) best = path;
    }
    if (best.empty()) throw std::runtime_error("not installed: " + folder + "/*/" + file);
    return best;
}

class base_server : public private_server {
public:
    base_server(const std::string& user, std::string ready_text)
        : folder_(user), port_(free_loopback_port()), ready_text_(std::move(ready_text)) {
        command_.user = user;
        command_.log_file = folder_.path() + "/log";
    }
    ~base_server() override {
        if (process_) process_->end(stop_signal_);
    }
    int port() const override { return port_; }
    void kill_hard() override {
        if (process_) process_->end(SIGKILL);
        process_.reset();
    }
    void restart() override {
        kill_hard();
        process_.emplace(command_, ready_text_);
    }

protected:
    std::string host() const { return "127.0.0.1:" + std::to_string(port_); }

    temporary_folder folder_;
    int port_;
    std::string ready_text_;
    child_command command_;
    int stop_signal_ = SIGKILL;
    std::optional<child_process> process_;
};

class redis_server final : public base_server {
public:
    redis_server() : base_server("nobody", "Ready to accept connections") {
        const std::string data = folder_.make_folder("data");
        command_.argv = {
            "/usr/bin/redis-server",
            "--port",
            std::to_string(port_),
            "--bind",
            "127.0.0.1",
            "--dir",
            data,
            "--save",
            "",
            "--appendonly",
            "yes",
            "--appendfsync",
            "no",
            "--maxmemory",
            "64mb"};
        process_.emplace(command_, ready_text_);
    }
    std::string url() const override { return "redis://" + host(); }
};

class postgres_server final : public base_server {
public:
    postgres_server() : base_server("postgres", "database system is ready to accept connections") {
        const std::string data = folder_.make_folder("data");
        child_command initdb = command_;
        initdb.argv = {
            find_installed("/usr/lib/postgresql", "bin/initdb"),
            "-D",
            data,
            "-A",
            "trust",
            "-U",
            "app",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8"};
        run_to_end(initdb);
        command_.argv = {find_installed("/usr/lib/postgresql", "bin/postgres"), "-D", data};
        for (const std::string& setting :
             {std::string("listen_addresses=127.0.0.1"),
              "port=" + std::to_string(port_),
              "unix_socket_directories=" + data,
              std::string("fsync=off"),
              std::string("synchronous_commit=off"),
              std::string("full_page_writes=off")}) {
            command_.argv.insert(command_.argv.end(), {"-c", setting});
        }
        // SIGQUIT lets the server remove its shared memory; SIGKILL would leave it to the machine.
        stop_signal_ = SIGQUIT;
        process_.emplace(command_, ready_text_);
    }
    std::string url() const override { return "postgresql://app@" + host() + "/postgres"; }
    // Backends would outlive the server by a moment, answer queries and hold its shared memory.
    void kill_hard() override {
        if (process_) process_->kill_with_children();
        process_.reset();
    }
};

class rabbitmq_server final : public base_server {
public:
    rabbitmq_server() : base_server("rabbitmq", "Server startup complete") {
        const std::string home = folder_.make_folder("home");
        const std::string epmd_port = std::to_string(free_loopback_port());
        const std::string config = folder_.write_file(
            "rabbitmq.conf",
            "listeners.tcp.1 = " + host() +
                "\n"
                "vm_memory_high_watermark.absolute = 512MB\n"
                "disk_free_limit.absolute = 50MB\n"
                "log.console = true\nlog.file = false\n",
            0644
        );
        const std::string plugins = folder_.write_file("enabled_plugins", "[].\n", 0644);
        folder_.write_file("home/.erlang.cookie", "SLUICETEST", 0400);

        // Our own epmd: the node would start one that outlives it.
        child_command epmd = command_;
        epmd.argv = {"/usr/bin/epmd", "-port", epmd_port, "-address", "127.0.0.1", "-d"};
        epmd.log_file = folder_.path() + "/epmd.log";
        epmd_.emplace(epmd, "epmd running");

        command_.argv = {find_installed("/usr/lib/rabbitmq/lib", "sbin/rabbitmq-server")};
        command_.environment = {
            {"HOME", home},
            {"RABBITMQ_NODENAME", "test" + std::to_string(port_) + "@localhost"},
            {"RABBITMQ_DIST_PORT", std::to_string(free_loopback_port())},
            {"RABBITMQ_MNESIA_BASE", folder_.make_folder("mnesia")},
            {"RABBITMQ_LOG_BASE", folder_.make_folder("log_base")},
            {"RABBITMQ_CONFIG_FILE", config},
            {"RABBITMQ_ENABLED_PLUGINS_FILE", plugins},
            {"RABBITMQ_PID_FILE", home + "/pid"},
            {"RABBITMQ_CONF_ENV_FILE", "/dev/null"},
            {"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-kernel inet_dist_use_interface {127,0,0,1}"},
            {"ERL_EPMD_ADDRESS", "127.0.0.1"},
            {"ERL_EPMD_PORT", epmd_port},
            // Makes the start script replace itself by the node, so that the pid we hold is the
            // node's.
            {"RUNNING_UNDER_SYSTEMD", "true"}};
        process_.emplace(command_, ready_text_);
    }
    ~rabbitmq_server() override { kill_hard(); }
    std::string url() const override { return "amqp://guest:guest@" + host(); }

private:
    std::optional<child_process> epmd_;
};

}  // namespace

std::unique_ptr<private_server> start_redis() {
    return std::make_unique<redis_server>();
}

std::unique_ptr<private_server> start_postgres() {
    return std::make_unique<postgres_server>();
}

std::unique_ptr<private_server> start_rabbitmq() {
    return std::make_unique<rabbitmq_server>();
}

}  // namespace sluice::testing
