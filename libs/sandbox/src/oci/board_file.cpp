// memfd_create, seals, mmap.
#include "board_file.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <new>

namespace sluice::sandbox::oci {

run_board* map_board_file(int file) {
    constexpr int rights = PROT_READ | PROT_WRITE;
    void* page = ::mmap(nullptr, sizeof(run_board), rights, MAP_SHARED | MAP_POPULATE, file, 0);
    return page == MAP_FAILED ? nullptr : static_cast<run_board*>(page);
}

run_board* make_board_file(owned_fd& file) {
    file.reset(::memfd_create("sluice-board", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!file || ::ftruncate(file.get(), sizeof(run_board)) < 0 ||
        ::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0) {
        return nullptr;
    }
    run_board* page = map_board_file(file.get());
    return page == nullptr ? nullptr : new (page) run_board{};
}

}  // namespace sluice::sandbox::oci
