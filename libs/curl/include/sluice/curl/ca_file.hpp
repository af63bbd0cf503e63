// Whether a bundle of authorities can be used, asked before the first transfer needs it.
#pragma once

#include <string>

namespace sluice::curl {

// What is wrong with it in words, empty: nothing. Reads the file (a start or --check-config may
// block). An empty path is the system's bundle, which is taken as it is.
std::string ca_file_problem(const std::string& path);

}  // namespace sluice::curl
