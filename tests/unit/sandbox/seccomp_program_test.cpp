// The compiled filter is interpreted here, instruction by instruction, against the table it came
// from.
#include "seccomp_program.hpp"

#include "filter_interpreter.hpp"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <set>
#include <string>

using namespace sluice::sandbox::seccomp;
using sluice::sandbox::seccomp::test::interpret;

namespace {

const std::vector<sock_filter>& program() {
    static const std::vector<sock_filter> compiled = compile(x86_64());
    return compiled;
}

std::uint32_t
verdict_of(std::uint32_t number, std::uint64_t a0 = 0, std::uint64_t a1 = 0, std::uint64_t a2 = 0) {
    seccomp_data data{};
    data.nr = static_cast<int>(number);
    data.arch = AUDIT_ARCH_X86_64;
    data.args[0] = a0;
    data.args[1] = a1;
    data.args[2] = a2;
    return interpret(program(), data);
}

std::uint32_t refusal(int error_number) {
    return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

std::uint32_t number_of(const std::string& name) {
    for (const entry& e : x86_64().entries) {
        if (name == e.name) return e.number;
    }
    FAIL("no such call: " << name);
    return 0;
}

}  // namespace

TEST_CASE("every number of the kernel headers has a verdict under the same name") {
    std::ifstream header(SLUICE_UNISTD_HEADER);
    REQUIRE(header.good());
    std::set<std::string> known;
    for (const entry& e : x86_64().entries)
        known.insert(std::string(e.name) + " " + std::to_string(e.number));
    int seen = 0;
    for (std::string line; std::getline(header, line);) {
        const std::string prefix = "#define __NR_";
        if (!line.starts_with(prefix)) continue;
        CHECK(known.contains(line.substr(prefix.size())));
        ++seen;
    }
    CHECK(seen > 350);
}

TEST_CASE("the table is in ascending order without repetition") {
    const auto entries = x86_64().entries;
    for (std::size_t i = 1; i < entries.size(); ++i)
        CHECK(entries[i - 1].number < entries[i].number);
}

TEST_CASE("the program gives each number the verdict of its entry") {
    for (const entry& e : x86_64().entries) {
        INFO(e.name);
        switch (e.action) {
            case verdict::allow:
            case verdict::capable:
                CHECK(verdict_of(e.number, ~0ULL, ~0ULL, ~0ULL) == SECCOMP_RET_ALLOW);
                break;
            case verdict::eperm:
                CHECK(verdict_of(e.number) == refusal(EPERM));
                break;
            case verdict::enosys:
                CHECK(verdict_of(e.number) == refusal(ENOSYS));
                break;
            case verdict::nothing:
                CHECK(verdict_of(e.number) == refusal(0));
                break;
            default:
                break;  // argument checks have their own cases
        }
    }
}

TEST_CASE("numbers that nobody knew when the table was written do not exist") {
    std::set<std::uint32_t> known;
    for (const entry& e : x86_64().entries)
        known.insert(e.number);
    for (std::uint32_t number = 0; number < 2000; ++number) {
        if (!known.contains(number)) CHECK(verdict_of(number) == refusal(ENOSYS));
    }
    CHECK(verdict_of(0x3fffffff) == refusal(ENOSYS));
    CHECK(verdict_of(0xffffffff) == refusal(ENOSYS));
}

TEST_CASE("a foreign architecture and x32 are killed") {
    seccomp_data i386{};
    i386.arch = AUDIT_ARCH_I386;
    i386.nr = 20;
    CHECK(interpret(program(), i386) == SECCOMP_RET_KILL_PROCESS);
    i386.arch = AUDIT_ARCH_AARCH64;
    CHECK(interpret(program(), i386) == SECCOMP_RET_KILL_PROCESS);
    CHECK(verdict_of(0x40000000 | 39) == SECCOMP_RET_KILL_PROCESS);
    CHECK(verdict_of(0x40000000) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("only sockets of the own machine can be made") {
    for (const char* call : {"socket", "socketpair"}) {
        const std::uint32_t number = number_of(call);
        CHECK(verdict_of(number, AF_UNIX) == SECCOMP_RET_ALLOW);
        for (std::uint64_t family = 0; family < 64; ++family) {
            if (family != AF_UNIX) CHECK(verdict_of(number, family) == refusal(EAFNOSUPPORT));
        }
    }
}

TEST_CASE("with loopback TCP and UDP sockets can be made, and nothing else is looser") {
    using sluice::sandbox::protocol::network;
    const auto inet = compile(x86_64(), network::loopback);
    const auto call = [&](const std::string& name, std::uint64_t a, std::uint64_t b, std::uint64_t c
                      ) {
        seccomp_data data{};
        data.nr = static_cast<int>(number_of(name));
        data.arch = AUDIT_ARCH_X86_64;
        data.args[0] = a;
        data.args[1] = b;
        data.args[2] = c;
        return interpret(inet, data);
    };
    for (const std::uint64_t family : {2U, 10U}) {
        CHECK(call("socket", family, SOCK_STREAM | SOCK_CLOEXEC, 0) == SECCOMP_RET_ALLOW);
        CHECK(call("socket", family, SOCK_DGRAM | SOCK_NONBLOCK, 17) == SECCOMP_RET_ALLOW);
        CHECK(call("socket", family, SOCK_STREAM, 6) == SECCOMP_RET_ALLOW);
        CHECK(call("socket", family, SOCK_STREAM, 262) == refusal(EAFNOSUPPORT));
        CHECK(call("socket", family, SOCK_RAW, 0) == refusal(EAFNOSUPPORT));
        CHECK(call("socket", family, SOCK_SEQPACKET, 0) == refusal(EAFNOSUPPORT));
    }
    for (std::uint64_t family = 0; family < 64; ++family) {
        if (family == AF_UNIX || family == AF_INET || family == AF_INET6) continue;
        CHECK(call("socket", family, SOCK_STREAM, 0) == refusal(EAFNOSUPPORT));
    }
    CHECK(call("clone", CLONE_NEWUSER, 0, 0) == refusal(EPERM));
    // Left to the capability check: init is born that way.
    CHECK(call("clone", CLONE_NEWNET, 0, 0) == SECCOMP_RET_ALLOW);
    CHECK(call("unshare", CLONE_NEWNET, 0, 0) == refusal(EPERM));
}

TEST_CASE("clone makes threads and processes but no namespaces of a program") {
    const std::uint32_t clone = number_of("clone");
    CHECK(
        verdict_of(clone, CLONE_VM | CLONE_FILES | CLONE_THREAD | CLONE_SIGHAND) ==
        SECCOMP_RET_ALLOW
    );
    for (const int flag : {CLONE_NEWUSER, CLONE_NEWNET, CLONE_NEWCGROUP, CLONE_NEWUTS}) {
        CHECK(verdict_of(clone, static_cast<std::uint64_t>(flag | 17)) == refusal(EPERM));
    }
    CHECK(verdict_of(number_of("clone3")) == refusal(ENOSYS));
    CHECK(verdict_of(number_of("unshare")) == refusal(EPERM));
}

TEST_CASE("high halves of arguments do not hide a forbidden value") {
    const std::uint64_t high = 0xdeadbeef00000000ULL;
    CHECK(verdict_of(number_of("ioctl"), 0, high | 0x5412) == refusal(EPERM));
    CHECK(verdict_of(number_of("ioctl"), 0, high | 0x5423) == refusal(EPERM));
    CHECK(verdict_of(number_of("ioctl"), 0, 0x541c) == refusal(EPERM));
    CHECK(verdict_of(number_of("ioctl"), 0, 0x5401) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of(number_of("prctl"), high | 35) == refusal(EPERM));
    CHECK(verdict_of(number_of("prctl"), 15) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of(number_of("socket"), high | AF_INET) == refusal(EAFNOSUPPORT));
    CHECK(verdict_of(number_of("clone"), high | CLONE_NEWUSER) == refusal(EPERM));
    CHECK(verdict_of(number_of("fcntl"), 0, high | F_SETLEASE) == refusal(EPERM));
    CHECK(verdict_of(number_of("fcntl"), 0, F_SETLK) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of(number_of("fcntl"), 0, F_GETLK) == refusal(EPERM));
}

TEST_CASE("personality can be asked and reset only") {
    const std::uint32_t personality = number_of("personality");
    CHECK(verdict_of(personality, 0) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of(personality, 0xffffffff) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of(personality, 0x0040000) == refusal(EPERM));
}

TEST_CASE("nodes are FIFOs, sockets and files, never devices") {
    const std::uint32_t mknod = number_of("mknod");
    const std::uint32_t mknodat = number_of("mknodat");
    for (const int kind : {S_IFIFO, S_IFREG, S_IFSOCK}) {
        CHECK(verdict_of(mknod, 0, static_cast<std::uint64_t>(kind | 0644)) == SECCOMP_RET_ALLOW);
        CHECK(
            verdict_of(mknodat, 0, 0, static_cast<std::uint64_t>(kind | 0644)) == SECCOMP_RET_ALLOW
        );
    }
    for (const int kind : {S_IFCHR, S_IFBLK}) {
        CHECK(verdict_of(mknod, 0, static_cast<std::uint64_t>(kind | 0644)) == refusal(EPERM));
        CHECK(verdict_of(mknodat, 0, 0, static_cast<std::uint64_t>(kind | 0644)) == refusal(EPERM));
    }
}

TEST_CASE("the program fits what the kernel takes") {
    CHECK(program().size() < BPF_MAXINSNS);
    CHECK(program().size() < 500);
}
