// Interprets a compiled filter, instruction by instruction, as the kernel would.
#pragma once

#include <catch2/catch.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstring>
#include <vector>

namespace sluice::sandbox::seccomp::test {

// What the kernel would return for this call.
inline std::uint32_t interpret(const std::vector<sock_filter>& program, const seccomp_data& data) {
    std::uint32_t a = 0;
    for (std::size_t pc = 0; pc < program.size(); ++pc) {
        const sock_filter& i = program[pc];
        switch (i.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                REQUIRE(i.k + sizeof a <= sizeof data);
                std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, sizeof a);
                break;
            case BPF_ALU | BPF_AND | BPF_K:
                a &= i.k;
                break;
            case BPF_JMP | BPF_JA:
                pc += i.k;
                break;
            case BPF_JMP | BPF_JEQ | BPF_K:
                pc += a == i.k ? i.jt : i.jf;
                break;
            case BPF_JMP | BPF_JGE | BPF_K:
                pc += a >= i.k ? i.jt : i.jf;
                break;
            case BPF_JMP | BPF_JSET | BPF_K:
                pc += (a & i.k) != 0 ? i.jt : i.jf;
                break;
            case BPF_RET | BPF_K:
                return i.k;
            default:
                FAIL("unknown instruction " << i.code);
        }
    }
    FAIL("ran off the end");
    return 0;
}

}  // namespace sluice::sandbox::seccomp::test
