// The life of a service process, seen from outside: flags, ready line, signals, exit codes.
#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

// The sample service with its stdout in a pipe.
class process {
public:
    explicit process(std::vector<std::string> flags, const char* behaviour = "good") {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        pid_ = ::fork();
        REQUIRE(pid_ >= 0);
        if (pid_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::close(ends[0]);
            ::close(ends[1]);
            if (std::freopen("/dev/null", "w", stderr) == nullptr) std::_Exit(99);
            ::setenv("SLUICE__BEHAVIOUR", behaviour, 1);
            flags.insert(flags.begin(), SLUICE_SAMPLE_SERVICE);
            std::vector<char*> argv;
            for (std::string& flag : flags)
                argv.push_back(flag.data());
            argv.push_back(nullptr);
            ::execv(argv[0], argv.data());
            std::_Exit(98);
        }
        ::close(ends[1]);
        out_ = ::fdopen(ends[0], "r");
    }
    ~process() {
        if (!has_ended_) {
            ::kill(pid_, SIGKILL);
            exit_code();
        }
        std::fclose(out_);
    }
    process(const process&) = delete;
    process& operator=(const process&) = delete;

    std::string line() {
        char text[1024] = "";
        return std::fgets(text, sizeof text, out_) == nullptr ? std::string() : std::string(text);
    }
    std::string rest() {
        std::string all;
        for (std::string next = line(); !next.empty(); next = line())
            all += next;
        return all;
    }
    void signal(int number) const { ::kill(pid_, number); }
    int exit_code() {
        int status = 0;
        ::waitpid(pid_, &status, 0);
        has_ended_ = true;
        return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
    }
    pid_t pid() const { return pid_; }

private:
    pid_t pid_ = -1;
    std::FILE* out_ = nullptr;
    bool has_ended_ = false;
};

}  // namespace

TEST_CASE("a service prints one ready line and ends with 0 on SIGTERM") {
    process service({});
    CHECK(
        service.line() ==
        "{\"event\":\"ready\",\"service\":\"sample\",\"pid\":" + std::to_string(service.pid()) +
            ",\"listeners\":{\"http\":\"127.0.0.1:1\"}}\n"
    );
    service.signal(SIGTERM);
    CHECK(service.rest() == "stopped\n");
    CHECK(service.exit_code() == 0);
}

TEST_CASE("SIGINT ends a service as well") {
    process service({});
    service.line();
    service.signal(SIGINT);
    CHECK(service.exit_code() == 0);
}

TEST_CASE("a drain that had to cancel something ends with 1") {
    process service({}, "drain_cancels");
    service.line();
    service.signal(SIGTERM);
    CHECK(service.exit_code() == 1);
}

TEST_CASE("a start that fails ends with 1 and no ready line") {
    process service({}, "start_fails");
    CHECK(service.rest().empty());
    CHECK(service.exit_code() == 1);
}

TEST_CASE("a signal during a start that hangs ends the process") {
    process service({}, "start_hangs");
    CHECK(service.line() == "starting\n");
    service.signal(SIGTERM);
    CHECK(service.exit_code() == 0);
}

TEST_CASE("a second signal ends a hanging drain at once with 128 and its number") {
    process service({}, "drain_hangs");
    service.line();
    service.signal(SIGTERM);
    CHECK(service.line() == "draining\n");
    service.signal(SIGTERM);
    CHECK(service.exit_code() == 128 + SIGTERM);
}

TEST_CASE("a bad setting and an unknown flag end with 2") {
    process bad_setting({}, "nonsense");
    CHECK(bad_setting.exit_code() == 2);
    process bad_flag({"--nonsense"});
    CHECK(bad_flag.exit_code() == 2);
}

TEST_CASE("unfit settings are refused by --check-config as by a start, and can still be printed") {
    process checked({"--check-config"}, "unfit");
    CHECK(checked.exit_code() == 2);
    process started({}, "unfit");
    CHECK(started.rest().empty());
    CHECK(started.exit_code() == 2);
    process printed({"--print-config"}, "unfit");
    CHECK_FALSE(printed.rest().empty());
    CHECK(printed.exit_code() == 0);
}

TEST_CASE("the flags that only tell something end with 0") {
    for (const char* flag :
         {"--help", "--version", "--check-config", "--print-config", "--config-reference"}) {
        INFO(flag);
        process service({flag});
        CHECK_FALSE(service.rest().empty());
        CHECK(service.exit_code() == 0);
    }
}

TEST_CASE("a service's own command gives the exit code") {
    process service({"--seven"});
    CHECK(service.exit_code() == 7);
}
