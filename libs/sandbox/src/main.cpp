// Chooses the role. See README.md beside this file for how the processes play together.
#include "manager_roles.hpp"
#include "oci/oci_roles.hpp"
#include "walls.hpp"

#include <cstdio>
#include <span>
#include <string_view>

int main(int argc, char** argv) {
    using namespace sluice::sandbox;
    find_walls(argv[0]);
    const std::string_view role = argc > 1 ? argv[1] : "";
    if (role == "--launcher" && argc == 2) return launcher_main();
    if (role == "--slot" && (argc == 4 || argc == 5)) {
        return slot_main(
            std::string_view(argv[2]) == "v2"   ? cgroup_version::v2
            : std::string_view(argv[2]) == "v0" ? cgroup_version::none
                                                : cgroup_version::v1,
            static_cast<protocol::network>(argv[3][0] - '0'),
            argc == 5
        );
    }
    if (role == "--oci-launcher" && argc == 2) return oci::oci_launcher_main();
    if (role == "--oci-init") return oci::oci_init_main(argc, argv);
    if (role == "--self-check") {
        return self_check_main(std::span(argv + 2, static_cast<std::size_t>(argc - 2)));
    }
    std::fputs(
        "sluice-slot-manager builds sandboxes for the execution service, which starts it by "
        "itself.\n"
        "  --self-check [--slots N] [--cgroup-parent NAME]\n"
        "                 print what this host can enforce; exit 0 when it is safe to run\n",
        stderr
    );
    return 2;
}
