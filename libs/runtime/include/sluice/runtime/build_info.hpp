// What this binary is: for --version and /buildinfo.
#pragma once

#include <string_view>

namespace sluice::runtime {

struct build_info {
    std::string_view version;     // of the release, "0.1.0"
    std::string_view revision;    // of the source, empty when the build was not told
    std::string_view compiler;    // "Clang 16.0.6"
    std::string_view build_type;  // "Release"
};

const build_info& this_build();

}  // namespace sluice::runtime
