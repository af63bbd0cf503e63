// The end of the process on a broken invariant. Writes with write(2) only: the heap and the logger
// may be part of what is broken.
#include "sluice/core/assert.hpp"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace sluice {

void assertion_failed(const char* condition, const char* file, int line) noexcept {
    char text[512];
    const int length =
        std::snprintf(text, sizeof text, "assertion failed: %s (%s:%d)\n", condition, file, line);
    if (length > 0) {
        const auto size = static_cast<std::size_t>(length) < sizeof text
                              ? static_cast<std::size_t>(length)
                              : sizeof text - 1;
        // Nothing is left to do when even this fails.
        [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text, size);
    }
    std::abort();
}

}  // namespace sluice
