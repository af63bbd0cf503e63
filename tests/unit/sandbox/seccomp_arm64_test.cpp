// The tables of both architectures against each other and against the names that libseccomp knows,
// and the compiled arm64 program, interpreted.
#include "filter_interpreter.hpp"
#include "seccomp_program.hpp"

#include <catch2/catch.hpp>
#include <seccomp.h>

#include <fcntl.h>
#include <linux/audit.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

using namespace sluice::sandbox::seccomp;
using sluice::sandbox::seccomp::test::interpret;

namespace {

constexpr int highest_number = 1000;

std::map<std::string, entry> by_name(const table& rules) {
    std::map<std::string, entry> names;
    for (const entry& e : rules.entries)
        names.emplace(e.name, e);
    return names;
}

// Every name with its number, as libseccomp has them.
std::map<std::string, std::uint32_t> resolver_names(std::uint32_t arch) {
    std::map<std::string, std::uint32_t> names;
    for (int number = 0; number < highest_number; ++number) {
        const std::unique_ptr<char, decltype(&std::free)> name(
            ::seccomp_syscall_resolve_num_arch(arch, number),
            &std::free
        );
        if (name) names.emplace(name.get(), static_cast<std::uint32_t>(number));
    }
    return names;
}

const std::vector<sock_filter>& program() {
    static const std::vector<sock_filter> compiled = compile(arm64());
    return compiled;
}

std::uint32_t verdict_of(
    const std::string& name,
    std::uint64_t a0 = 0,
    std::uint64_t a1 = 0,
    std::uint64_t a2 = 0
) {
    static const auto names = by_name(arm64());
    seccomp_data data{};
    data.nr = static_cast<int>(names.at(name).number);
    data.arch = AUDIT_ARCH_AARCH64;
    data.args[0] = a0;
    data.args[1] = a1;
    data.args[2] = a2;
    return interpret(program(), data);
}

std::uint32_t refusal(int error_number) {
    return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

}  // namespace

TEST_CASE("every call that libseccomp knows has a verdict under its number, on both architectures"
) {
    const std::pair<std::uint32_t, const table*> both[] = {
        {SCMP_ARCH_X86_64, &x86_64()},
        {SCMP_ARCH_AARCH64, &arm64()}};
    for (const auto& [arch, rules] : both) {
        const auto names = by_name(*rules);
        const auto known = resolver_names(arch);
        CHECK(known.size() > 300);
        for (const auto& [name, number] : known) {
            INFO(name);
            REQUIRE(names.contains(name));
            CHECK(names.at(name).number == number);
        }
    }
}

TEST_CASE("both architectures give a call of one name the same verdict") {
    const auto x86 = by_name(x86_64());
    for (const entry& e : arm64().entries) {
        INFO(e.name);
        REQUIRE(x86.contains(e.name));
        CHECK(x86.at(e.name).action == e.action);
        // The numbers of newer calls are the same everywhere.
        if (e.number >= 424) CHECK(x86.at(e.name).number == e.number);
    }
}

TEST_CASE("a call that arm64 lacks is one that the generic table replaced or one of x86") {
    const auto arm = by_name(arm64());
    const auto known = resolver_names(SCMP_ARCH_AARCH64);
    for (const entry& e : x86_64().entries) {
        INFO(e.name);
        if (!arm.contains(e.name)) CHECK(!known.contains(e.name));
    }
}

TEST_CASE("the arm64 table is in ascending order without repetition") {
    const auto entries = arm64().entries;
    for (std::size_t i = 1; i < entries.size(); ++i)
        CHECK(entries[i - 1].number < entries[i].number);
}

TEST_CASE("the arm64 program gives each number the verdict of its entry") {
    for (const entry& e : arm64().entries) {
        INFO(e.name);
        switch (e.action) {
            case verdict::allow:
            case verdict::capable:
                CHECK(verdict_of(e.name, ~0ULL, ~0ULL, ~0ULL) == SECCOMP_RET_ALLOW);
                break;
            case verdict::eperm:
                CHECK(verdict_of(e.name) == refusal(EPERM));
                break;
            case verdict::enosys:
                CHECK(verdict_of(e.name) == refusal(ENOSYS));
                break;
            case verdict::nothing:
                CHECK(verdict_of(e.name) == refusal(0));
                break;
            default:
                break;  // argument checks have their own case
        }
    }
}

TEST_CASE("arm64 arguments are checked like those of x86-64") {
    const std::uint64_t high = 0xdeadbeef00000000ULL;
    CHECK(verdict_of("socket", AF_UNIX) == SECCOMP_RET_ALLOW);
    for (const int family : {AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_ALG, AF_VSOCK}) {
        CHECK(
            verdict_of("socket", high | static_cast<std::uint64_t>(family)) == refusal(EAFNOSUPPORT)
        );
        CHECK(
            verdict_of("socketpair", static_cast<std::uint64_t>(family)) == refusal(EAFNOSUPPORT)
        );
    }
    CHECK(verdict_of("clone", CLONE_VM | CLONE_THREAD | CLONE_SIGHAND) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of("clone", CLONE_NEWUSER) == refusal(EPERM));
    CHECK(verdict_of("clone3") == refusal(ENOSYS));
    CHECK(verdict_of("ioctl", 0, high | 0x5412) == refusal(EPERM));
    CHECK(verdict_of("ioctl", 0, high | 0x5423) == refusal(EPERM));
    CHECK(verdict_of("fcntl", 0, F_SETLEASE) == refusal(EPERM));
    CHECK(verdict_of("mknodat", 0, 0, S_IFCHR | 0600) == refusal(EPERM));
    CHECK(verdict_of("mknodat", 0, 0, S_IFIFO | 0600) == SECCOMP_RET_ALLOW);
    CHECK(verdict_of("personality", 0x0040000) == refusal(EPERM));
}

TEST_CASE("32-bit arm and every other architecture are killed") {
    for (const auto arch :
         {std::uint32_t{AUDIT_ARCH_ARM},
          std::uint32_t{AUDIT_ARCH_X86_64},
          std::uint32_t{AUDIT_ARCH_I386}}) {
        seccomp_data data{};
        data.arch = arch;
        data.nr = 64;
        CHECK(interpret(program(), data) == SECCOMP_RET_KILL_PROCESS);
    }
}

TEST_CASE("numbers that the arm64 table has not are ENOSYS") {
    const auto has = [](std::uint32_t number) {
        for (const entry& e : arm64().entries) {
            if (e.number == number) return true;
        }
        return false;
    };
    for (std::uint32_t number = 0; number < 2000; ++number) {
        if (has(number)) continue;
        seccomp_data data{};
        data.arch = AUDIT_ARCH_AARCH64;
        data.nr = static_cast<int>(number);
        CHECK(interpret(program(), data) == refusal(ENOSYS));
    }
}
