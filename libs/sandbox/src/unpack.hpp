// Writes the files of one pack into /box, before the program exists.
#pragma once

#include "step.hpp"

namespace sluice::sandbox {

step_error unpack_pack(int pack_fd);
// A folder below /box, with those on the way; one that an earlier pack made will do.
step_error make_box_folder(const char* path);

}  // namespace sluice::sandbox
