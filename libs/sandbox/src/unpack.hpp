// Writes the files of one pack into /box, before the program exists.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

step_error unpack_pack(int pack_fd);

}  // namespace sluice::sandbox
