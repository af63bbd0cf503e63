// The vocabulary of the system-call table: verdicts, entries, and one table per architecture. The
// table is data; seccomp_program.cpp compiles it, and a test interprets the result against the
// table.
#pragma once

#include <cstdint>
#include <span>

namespace sluice::sandbox::seccomp {

enum class verdict : std::uint8_t {
    allow,
    eperm,
    enosys,
    nothing,  // says that it succeeded and does nothing
    capable,  // allowed: the kernel's own capability check stops the program, and init needs the
              // call
    check_clone,
    check_socket,
    check_ioctl,
    check_personality,
    check_prctl,
    check_fcntl,
    check_mknod,    // mode is argument 1
    check_mknodat,  // mode is argument 2
    check_prlimit,  // of the caller itself only
};

struct entry {
    std::uint32_t number;
    const char* name;
    verdict action;
};

struct table {
    std::uint32_t audit_arch;
    // Numbers with this bit belong to another ABI of the same architecture (x32) and are killed; 0:
    // none.
    std::uint32_t foreign_abi_bit;
    std::span<const entry> entries;  // ascending numbers
};

const table& x86_64();
const table& arm64();
// The table of the machine that this was compiled for.
const table& native();

}  // namespace sluice::sandbox::seccomp
