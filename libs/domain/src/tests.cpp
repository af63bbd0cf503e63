// See tests.hpp.
#include "sluice/domain/tests.hpp"

#include <algorithm>

namespace sluice::domain {

tests_total total_of(std::span<const test_result> tests) {
    tests_total total;
    total.count = static_cast<std::int64_t>(tests.size());
    for (const auto& t : tests) {
        total.weight += t.weight;
        if (!t.was_run) {
            ++total.not_run;
            continue;
        }
        const bool is_passed = t.run.status == status::accepted;
        ++(is_passed ? total.passed : total.failed);
        if (is_passed) total.weight_passed += t.weight;
        total.worst_cpu_us = std::max(total.worst_cpu_us, t.run.cpu_us);
        total.worst_wall_us = std::max(total.worst_wall_us, t.run.wall_us);
        total.worst_memory_peak_bytes =
            std::max(total.worst_memory_peak_bytes, t.run.memory_peak_bytes);
    }
    return total;
}

const test_result* first_failure(std::span<const test_result> tests) {
    const auto found = std::ranges::find_if(tests, [](const test_result& t) {
        return t.was_run && t.run.status != status::accepted;
    });
    return found == tests.end() ? nullptr : &*found;
}

}  // namespace sluice::domain
