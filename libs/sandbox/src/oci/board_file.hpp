// The run board of a manager that does not clone its inits: a memfd that is passed to the
// container, which the program never has (init closes it before it starts one).
#pragma once

#include "../run_board.hpp"
#include "../small_io.hpp"

namespace sluice::sandbox::oci {

// nullptr when the kernel refuses. Its size is sealed: nobody who has the file could take a page
// away under a process that looks at it.
run_board* make_board_file(owned_fd& file);
run_board* map_board_file(int file);

}  // namespace sluice::sandbox::oci
