// The kernel gives lo its two addresses by itself when it is set up.
#include "step_network.hpp"

#include "small_io.hpp"

#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cstring>

namespace sluice::sandbox {

step_error raise_loopback() {
    const owned_fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP;
    if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) < 0) {
        return {setup_step::raise_loopback, errno};
    }
    return {};
}

}  // namespace sluice::sandbox
