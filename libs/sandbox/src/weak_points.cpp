// See weak_points.hpp.
#include "weak_points.hpp"

#include <unistd.h>

#include <array>

namespace sluice::sandbox {

std::span<const weak_point> fallen_points(const id_plan& plan) {
    const std::span<const weak_point> all(single_uid_weak_points);
    if (plan.mode != id_mode::single) return {};
    std::array<gid_t, 2> groups{};
    const int count = ::getgroups(0, nullptr);
    const bool has_only_own = count == 0 || (count == 1 && ::getgroups(1, groups.data()) == 1 &&
                                             groups[0] == ::getegid());
    // The one that depends stands last.
    return has_only_own ? all.first(all.size() - 1) : all;
}

}  // namespace sluice::sandbox
