// What the executable does besides serving.
#pragma once

#include "config.hpp"

namespace sluice::submission {

// Blocking. Prints what was applied; 0, or 1 with the reason on stderr.
int apply_migrations(const config& settings);
int print_openapi();

}  // namespace sluice::submission
