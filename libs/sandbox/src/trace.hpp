// Timestamps along a run, for the benchmark's breakdown. Only a build with SLUICE_SANDBOX_TRACE has
// them (sluice-slot-manager-traced); in the product at() is empty.
#pragma once

#include "walls.hpp"

#ifdef SLUICE_SANDBOX_TRACE
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#endif

namespace sluice::sandbox {

#ifdef SLUICE_SANDBOX_TRACE

// Names are literals of a binary that all roles share and that is not relocated.
struct trace_record {
    static constexpr unsigned room = 64;
    struct point {
        const char* name;
        std::int64_t ns;
        long faults;  // of this process so far
    };
    unsigned count;
    point points[room];

    // One line for each run on the standard error, which the benchmark reads.
    void print() {
        char line[room * 64];
        int used = std::snprintf(line, sizeof line, "TRACE");
        for (unsigned i = 0; i < count && i < room; ++i) {
            used += std::snprintf(
                line + used,
                sizeof line - static_cast<unsigned>(used),
                " %s=%lld/%ld",
                points[i].name,
                static_cast<long long>(points[i].ns),
                points[i].faults
            );
        }
        line[used++] = '\n';
        (void)!::write(2, line, static_cast<unsigned>(used));
        count = 0;
    }
};
inline trace_record* current_trace = nullptr;
inline void trace_into(trace_record& record) {
    current_trace = &record;
}

inline void at(const char* name) {
    if (current_trace == nullptr) return;
    timespec t{};
    ::clock_gettime(CLOCK_MONOTONIC, &t);
    rusage use{};
    ::getrusage(RUSAGE_SELF, &use);
    // Manager and init write in turn, but for the moments when both run: a lost point, no harm.
    const unsigned index = __atomic_fetch_add(&current_trace->count, 1U, __ATOMIC_RELAXED);
    if (index < trace_record::room) {
        current_trace->points[index] = {
            name,
            t.tv_sec * 1'000'000'000LL + t.tv_nsec,
            use.ru_minflt};
    }
}

#else

struct trace_record {
    void print() {}
};
inline void trace_into(trace_record&) {}

#endif

}  // namespace sluice::sandbox
