// SLUICE_ASSERT: a broken invariant ends the process in every build type; the supervisor restarts
// it and the broker redelivers its work. Use it for bugs only, never for input.
#pragma once

namespace sluice {
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;
}

#define SLUICE_ASSERT(condition)            \
    (static_cast<bool>(condition) ? void(0) \
                                  : ::sluice::assertion_failed(#condition, __FILE__, __LINE__))
