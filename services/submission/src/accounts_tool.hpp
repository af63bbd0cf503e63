// sluice-submission --create-admin: the first administrator, made at installation.
#pragma once

#include "config.hpp"

namespace sluice::submission {

// Does nothing when there is an administrator. Otherwise makes auth.first_admin; a password that
// was made up is printed, once. 0: there is one now.
int create_first_admin(const config& settings);

}  // namespace sluice::submission
