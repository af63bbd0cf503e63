// An expectation is words, all of which must hold: exit=N or signal=N or error=NAME; limit=NAME;
// changed (every line "name: result" of the attack has another result than with all walls); and at
// the end says=TEXT, several of which are parted by " | ".
#include "attack_run.hpp"

#include "greeter.hpp"
#include "host_state.hpp"

#include <catch2/catch.hpp>

#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

void apply_limits(const std::string& text, run_limits& limits) {
    for (const std::string& word : words_of(text)) {
        const std::size_t equals = word.find('=');
        const std::string key = word.substr(0, equals);
        const std::int64_t value = std::stoll(word.substr(equals + 1));
        if (key == "wall_ms")
            limits.wall_time = std::chrono::milliseconds(value) * (value < 1000 ? 1 : time_scale());
        else if (key == "cpu_ms")
            limits.cpu_time = std::chrono::milliseconds(value);
        else if (key == "file_bytes")
            limits.file_bytes = value;
        else if (key == "disk_bytes")
            limits.disk_bytes = value;
        else if (key == "memory_bytes")
            limits.memory_bytes = value;
        else if (key == "processes")
            limits.processes = value;
        else if (key == "open_files")
            limits.open_files = value;
        else if (key == "stack_bytes")
            limits.stack_bytes = value;
        else if (key == "inodes")
            limits.inodes = value;
        else if (key == "output_bytes")
            limits.output_bytes = value;
        else
            FAIL("unknown limit " << key);
    }
}

std::string limit_of(const run_facts& f) {
    std::string hit;
    if (f.wall_time_exceeded) hit += "wall";
    if (f.cpu_time_exceeded) hit += "cpu";
    if (f.memory_exceeded) hit += "memory";
    if (f.processes_exceeded) hit += "processes";
    if (f.output_exceeded) hit += "output";
    if (f.file_size_exceeded) hit += "file_size";
    return hit.empty() ? "none" : hit;
}

std::string bytes_of(int memfd) {
    std::string bytes(1 << 20, '\0');
    const ssize_t n = ::pread(memfd, bytes.data(), bytes.size(), 0);
    bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
    return bytes;
}

std::string error_name(const error& e) {
    if (e.code == make_error_code(sandbox_errc::setup_failed)) return "setup_failed";
    if (e.code == make_error_code(sandbox_errc::slot_died)) return "slot_died";
    if (e == errc::invalid) return "invalid";
    return e.code.message();
}

// "name: result" lines.
std::map<std::string, std::string> results_in(const std::string& out) {
    std::map<std::string, std::string> found;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);) {
        const std::size_t colon = line.rfind(": ");
        if (colon != std::string::npos) found[line.substr(0, colon)] = line.substr(colon + 2);
    }
    return found;
}

std::string unchanged_lines(const outcome& now, const outcome& before) {
    const auto old_results = results_in(before.out);
    const auto new_results = results_in(now.out);
    if (old_results.empty()) return "no line to compare; ";
    std::string same;
    for (const auto& [name, result] : old_results) {
        const auto found = new_results.find(name);
        if (found == new_results.end())
            same += "no line " + name + "; ";
        else if (found->second == result)
            same += "unchanged " + name + ": " + result + "; ";
    }
    return same;
}

run_request request_for(const attack& a, const std::string& prefix, const std::string& target) {
    const auto value = [&](const std::string& key) {
        return a.has(prefix + key) ? a.value(prefix + key) : a.value(key);
    };
    const bool is_python = a.name.ends_with(".py");
    const std::string stem = a.name.substr(0, a.name.rfind('.'));
    run_request request =
        is_python ? program({"/usr/bin/python3", "/box/attack"}) : program({"/box/attack"});
    if (!target.empty()) request.what.argv.push_back(target);
    const std::string path =
        is_python ? attack_sources() + "/" + a.name : attack_binaries() + "/attack_" + stem;
    request.files = {pack_of("attack", read_file(path), true)};
    for (const std::string& variable : words_of(value("env")))
        request.what.env.push_back(variable);
    apply_limits(a.value("limits"), request.limits);
    if (!prefix.empty()) apply_limits(a.value(prefix + "limits"), request.limits);
    const std::string collect = value("collect");
    if (!collect.empty()) request.collect = collect_spec{collect, 4 << 20, 512};
    request.stdin_bytes = value("stdin");
    if (a.value("network") == "egress") request.network = network_reach::egress;
    if (a.has("terminal")) request.how = interaction::terminal;
    if (value("output") == "drain") request.on_output_limit = output_policy::drain;
    return request;
}

// What is within reach of the attacks but for the rules: it listens where the rules permit a port.
greeter& reachable_greeter() {
    static greeter one;
    return one;
}

// The guest boots without a network; the host has its own.
void raise_loopback() {
    const int any = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    ifreq lo{};
    std::strcpy(lo.ifr_name, "lo");
    if (is_guest() && ::ioctl(any, SIOCGIFFLAGS, &lo) == 0) {
        lo.ifr_flags = static_cast<short>(lo.ifr_flags | IFF_UP);
        ::ioctl(any, SIOCSIFFLAGS, &lo);
    }
    ::close(any);
}

}  // namespace

std::vector<std::string> egress_of_attacks() {
    raise_loopback();
    return {
        "0.0.0.0/0:" + reachable_greeter().port(),
        "[::]/0:" + reachable_greeter().port(),
    };
}

host_target::host_target(const std::string& kind) {
    if (kind.empty()) return;
    const std::string own = "sluice-attack-" + std::to_string(::getpid());
    if (kind == "tcp") {
        raise_loopback();
        sockaddr_in where{};
        where.sin_family = AF_INET;
        where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof where;
        auto* address = reinterpret_cast<sockaddr*>(&where);
        socket_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::bind(socket_, address, size) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        REQUIRE(::getsockname(socket_, address, &size) == 0);
        argument_ = std::to_string(ntohs(where.sin_port));
    } else if (kind == "greeter") {
        argument_ = reachable_greeter().port();
    } else if (kind == "abstract") {
        sockaddr_un where{};
        where.sun_family = AF_UNIX;
        std::memcpy(where.sun_path + 1, own.data(), own.size());
        const auto size = offsetof(sockaddr_un, sun_path) + 1 + own.size();
        socket_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const auto* address = reinterpret_cast<const sockaddr*>(&where);
        REQUIRE(::bind(socket_, address, static_cast<socklen_t>(size)) == 0);
        REQUIRE(::listen(socket_, 8) == 0);
        argument_ = own;
    } else if (kind == "file") {
        folder_ = std::filesystem::temp_directory_path() / own;
        std::filesystem::create_directory(folder_);
        argument_ = folder_ + "/secret";
        std::ofstream(argument_) << "host secret\n";
        ::chmod(argument_.c_str(), 0666);
        ::chmod(folder_.c_str(), 0777);
    } else {
        FAIL("unknown host target " << kind);
    }
}

host_target::~host_target() {
    if (socket_ >= 0) ::close(socket_);
    if (folder_.empty()) return;
    CHECK(read_file(argument_) == "host secret\n");
    struct stat info {};
    CHECK((::stat(argument_.c_str(), &info) == 0 && info.st_uid == ::geteuid()));
    CHECK((info.st_mode & 0777) == 0666);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

outcome run_attack(
    jail& j,
    const attack& a,
    const std::string& prefix,
    const std::function<void(run_request&)>& change
) {
    const host_target target(a.value("host"));
    run_request request = request_for(a, prefix, target.argument());
    if (change) change(request);
    const auto result = j.run(std::move(request));
    outcome o;
    if (result.has_error()) {
        o.end = "error=" + error_name(result.error());
        o.detail = describe(result.error());
        return o;
    }
    o.end = result->exit_code ? "exit=" + std::to_string(*result->exit_code)
                              : "signal=" + std::to_string(result->signal.value_or(0));
    o.end += " limit=" + limit_of(*result);
    if (!result->collect_refused.empty()) o.end += " collect=refused";
    o.out = result->out;
    o.err = result->err;
    if (result->artefacts) o.out += bytes_of(result->artefacts->fd());
    if (!processes_of(j.job_uid()).empty()) o.end += " left=process";
    if (result->wall_us > 20'000'000) o.detail = "it took longer than 20 s";
    return o;
}

std::string difference(const outcome& o, const std::string& expected, const outcome& before) {
    std::string missing;
    std::string ends = expected;
    if (const std::size_t says = ends.find("says="); says != std::string::npos) {
        std::string texts = ends.substr(says + 5) + " | ";
        ends.resize(says);
        for (std::size_t bar = 0; (bar = texts.find(" | ")) != std::string::npos;) {
            const std::string text = texts.substr(0, bar);
            if (o.out.find(text) == std::string::npos) missing += "does not say " + text + "; ";
            texts.erase(0, bar + 3);
        }
    }
    const std::vector<std::string> got = words_of(o.end);
    for (const std::string& word : words_of(ends)) {
        if (word == "changed")
            missing += unchanged_lines(o, before);
        else if (std::find(got.begin(), got.end(), word) == got.end())
            missing += "not " + word + "; ";
    }
    if (missing.empty() && expected.empty()) missing = "nothing is expected";
    if (missing.empty()) return {};
    return missing + "but " + o.end + " " + o.detail + "\n" + o.out.substr(0, 4000) + "\n" +
           o.err.substr(0, 1000);
}

}  // namespace sluice::sandbox::test
