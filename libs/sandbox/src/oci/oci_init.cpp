// PID 1 of a container. The runtime has made the namespaces, the root, the limits and the filter;
// from here on it is the native backend's init, which the runtime cannot replace: another uid for
// the program, files in and out, every process dead before the answer.
#include "../init_main.hpp"
#include "../step_rlimits.hpp"
#include "board_file.hpp"
#include "oci_roles.hpp"

#include <sys/prctl.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace sluice::sandbox::oci {

namespace {

// As container.cpp passes them.
constexpr int control_fd = 3, output_fd = 4, errors_fd = 5, board_fd = 6;

bool parse(const char* text, std::int64_t& out) {
    const char* end = text + std::strlen(text);
    return std::from_chars(text, end, out).ptr == end && out > 0;
}

bool empty_bounding_set() {
    for (int capability = 0; capability < 64; ++capability) {
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL;
    }
    return true;
}

}  // namespace

int oci_init_main(int argc, char** argv) {
    box_size box;
    if (argc != 5 || !parse(argv[3], box.bytes) || !parse(argv[4], box.inodes)) return 2;
    const auto runtime = runtime_named(argv[2]);
    if (!runtime) return 2;
    // A runtime that ignored the bundle must not go unnoticed: nothing runs without these.
    if (set_fixed_rlimits() || !empty_bounding_set() || ::prctl(PR_SET_DUMPABLE, 0) != 0 ||
        ::prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return 3;
    }
    const bool installs_filter = *runtime == runtime_kind::runsc;
    if (!installs_filter && ::prctl(PR_GET_SECCOMP) != 2) return 3;
    run_board* board = map_board_file(board_fd);
    if (board == nullptr) return 3;
    init_main(
        {control_fd,
         output_fd,
         errors_fd,
         box,
         protocol::network::none,
         installs_filter,
         false,
         *board}
    );
}

}  // namespace sluice::sandbox::oci
