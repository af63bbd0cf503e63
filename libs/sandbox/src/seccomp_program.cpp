// From table to BPF. The shape is: refuse a foreign architecture, load the number, refuse a foreign
// ABI, then a binary tree of "number >= start of the right half" jumps whose leaves return a
// verdict.
#include "seccomp_program.hpp"

#include "seccomp_arm64.hpp"
#include "seccomp_checks.hpp"
#include "seccomp_x86_64.hpp"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>

namespace sluice::sandbox::seccomp {

namespace {

using code = std::vector<sock_filter>;

constexpr std::uint32_t deny(int error_number) {
    return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error_number);
}

sock_filter ret(std::uint32_t value) {
    return {BPF_RET | BPF_K, 0, 0, value};
}
sock_filter load(std::size_t offset) {
    return {BPF_LD | BPF_W | BPF_ABS, 0, 0, static_cast<std::uint32_t>(offset)};
}
// Arguments are 64 bits; the kernel looks only at the low half of those that are checked here.
sock_filter load_argument(std::size_t index) {
    return load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t));
}
sock_filter jump(int kind, std::uint32_t value, std::size_t if_true, std::size_t if_false) {
    return {
        static_cast<std::uint16_t>(BPF_JMP | kind | BPF_K),
        static_cast<std::uint8_t>(if_true),
        static_cast<std::uint8_t>(if_false),
        value};
}

constexpr std::uint32_t answer(int error_number) {
    return error_number == 0 ? SECCOMP_RET_ALLOW : deny(error_number);
}

code checked(const argument_check& check) {
    code out;
    out.push_back(load_argument(check.argument));
    if (check.mask != 0xffffffff) out.push_back({BPF_ALU | BPF_AND | BPF_K, 0, 0, check.mask});
    std::size_t left = check.values.size();
    for (const std::uint32_t value : check.values) {
        out.push_back(jump(BPF_JEQ, value, left, 0));
        --left;
    }
    out.push_back(ret(answer(check.otherwise)));
    out.push_back(ret(answer(check.listed)));
    return out;
}

// UNIX sockets, and TCP and UDP over inet: no raw sockets and none of the rarer protocols.
code inet_only() {
    code out;
    out.push_back(load_argument(0));
    out.push_back(jump(BPF_JEQ, AF_UNIX, 11, 0));
    out.push_back(jump(BPF_JEQ, AF_INET, 1, 0));
    out.push_back(jump(BPF_JEQ, AF_INET6, 0, 8));
    out.push_back(load_argument(1));
    out.push_back({BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xf});  // the rest are flags
    out.push_back(jump(BPF_JEQ, SOCK_STREAM, 1, 0));
    out.push_back(jump(BPF_JEQ, SOCK_DGRAM, 0, 4));
    out.push_back(load_argument(2));
    out.push_back(jump(BPF_JEQ, 0, 3, 0));
    out.push_back(jump(BPF_JEQ, IPPROTO_TCP, 2, 0));
    out.push_back(jump(BPF_JEQ, IPPROTO_UDP, 1, 0));
    out.push_back(ret(deny(EAFNOSUPPORT)));
    out.push_back(ret(SECCOMP_RET_ALLOW));
    return out;
}

code leaf(verdict action, protocol::network reach) {
    if (action == verdict::check_socket && reach != protocol::network::none) return inet_only();
    if (const argument_check* check = check_of(action, reach)) return checked(*check);
    switch (action) {
        case verdict::allow:
        case verdict::capable:
            return {ret(SECCOMP_RET_ALLOW)};
        case verdict::enosys:
            return {ret(deny(ENOSYS))};
        case verdict::nothing:
            return {ret(deny(0))};
        default:
            return {ret(deny(EPERM))};
    }
}

struct range {
    std::uint32_t first;
    verdict action;
};

std::vector<range> to_ranges(const table& rules) {
    std::vector<range> ranges;
    std::uint32_t next = 0;
    const auto add = [&](std::uint32_t first, verdict action) {
        if (ranges.empty() || ranges.back().action != action) ranges.push_back({first, action});
    };
    for (const entry& e : rules.entries) {
        if (e.number > next || ranges.empty()) add(next, verdict::enosys);
        if (e.number == 0) ranges.clear();
        add(e.number, e.action);
        next = e.number + 1;
    }
    add(next, verdict::enosys);
    return ranges;
}

code tree(
    const std::vector<range>& ranges,
    std::size_t low,
    std::size_t high,
    protocol::network reach
) {
    if (low == high) return leaf(ranges[low].action, reach);
    const std::size_t middle = (low + high + 1) / 2;
    const code left = tree(ranges, low, middle - 1, reach);
    const code right = tree(ranges, middle, high, reach);
    code out;
    if (left.size() <= 255) {
        out.push_back(jump(BPF_JGE, ranges[middle].first, left.size(), 0));
    } else {
        // A conditional jump reaches 255 instructions; a plain one reaches everything.
        out.push_back(jump(BPF_JGE, ranges[middle].first, 0, 1));
        out.push_back({BPF_JMP | BPF_JA, 0, 0, static_cast<std::uint32_t>(left.size())});
    }
    out.insert(out.end(), left.begin(), left.end());
    out.insert(out.end(), right.begin(), right.end());
    return out;
}

}  // namespace

const table& x86_64() {
    static constexpr table rules{AUDIT_ARCH_X86_64, 0x40000000, x86_64_entries};
    return rules;
}

// 32-bit programs on arm64 come with another audit architecture, so no bit has to be looked at.
const table& arm64() {
    static constexpr table rules{AUDIT_ARCH_AARCH64, 0, arm64_entries};
    return rules;
}

const table& native() {
#if defined(__x86_64__)
    return x86_64();
#elif defined(__aarch64__)
    return arm64();
#else
#error "no system-call table for this architecture yet (seccomp_policy.hpp)"
#endif
}

code compile(const table& rules, protocol::network reach) {
    code out;
    out.push_back(load(offsetof(seccomp_data, arch)));
    out.push_back(jump(BPF_JEQ, rules.audit_arch, 1, 0));
    out.push_back(ret(SECCOMP_RET_KILL_PROCESS));
    out.push_back(load(offsetof(seccomp_data, nr)));
    if (rules.foreign_abi_bit != 0) {
        // syscall(-1) has every bit set and is an ordinary mistake.
        out.push_back(jump(BPF_JEQ, 0xffffffff, 2, 0));
        out.push_back(jump(BPF_JSET, rules.foreign_abi_bit, 0, 1));
        out.push_back(ret(SECCOMP_RET_KILL_PROCESS));
    }
    const std::vector<range> ranges = to_ranges(rules);
    const code body = tree(ranges, 0, ranges.size() - 1, reach);
    out.insert(out.end(), body.begin(), body.end());
    return out;
}

int install(const code& program) {
    const sock_fprog filter{
        static_cast<unsigned short>(program.size()),
        const_cast<sock_filter*>(program.data())};
    return static_cast<int>(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0UL, &filter));
}

}  // namespace sluice::sandbox::seccomp
