// The values come from CMake (libs/runtime/CMakeLists.txt).
#include "sluice/runtime/build_info.hpp"

namespace sluice::runtime {

const build_info& this_build() {
    static constexpr build_info info{
        SLUICE_VERSION,
        SLUICE_REVISION,
        SLUICE_COMPILER,
        SLUICE_BUILD_TYPE};
    return info;
}

}  // namespace sluice::runtime
