// sendmsg and recvmsg with SCM_RIGHTS and SCM_CREDENTIALS; the only place that touches control
// messages.
#include "fd_message.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace sluice::sandbox {

namespace {
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(int) * protocol::max_fds);
constexpr std::size_t received_bytes = control_bytes + CMSG_SPACE(sizeof(ucred));
constexpr std::size_t max_parts = 4;
}  // namespace

int send_message(int socket, std::span<const message_part> parts, std::span<const int> fds) {
    std::array<iovec, max_parts> vectors{};
    if (parts.size() > vectors.size() || fds.size() > protocol::max_fds) {
        errno = EINVAL;
        return -1;
    }
    for (std::size_t i = 0; i < parts.size(); ++i) {
        vectors[i] = {const_cast<void*>(parts[i].data), parts[i].size};
    }
    alignas(cmsghdr) std::array<std::byte, control_bytes> control{};
    msghdr message{};
    message.msg_iov = vectors.data();
    message.msg_iovlen = parts.size();
    if (!fds.empty()) {
        message.msg_control = control.data();
        message.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
        std::memcpy(CMSG_DATA(header), fds.data(), sizeof(int) * fds.size());
    }
    for (;;) {
        if (::sendmsg(socket, &message, MSG_NOSIGNAL) >= 0) return 0;
        if (errno != EINTR) return -1;
    }
}

long received_message::receive(int socket, std::span<std::byte> buffer, int flags) {
    close_fds();
    sender_ = -1;
    // Not zeroed: the kernel says how far it filled it.
    alignas(cmsghdr) std::array<std::byte, received_bytes> control;
    iovec vector{buffer.data(), buffer.size()};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    ssize_t size = 0;
    do {
        size = ::recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
    } while (size < 0 && errno == EINTR);
    if (size < 0) return -1;
    for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
         header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET) continue;
        if (header->cmsg_type == SCM_CREDENTIALS) {
            ucred who{};
            std::memcpy(&who, CMSG_DATA(header), sizeof who);
            sender_ = who.pid;
        }
        if (header->cmsg_type != SCM_RIGHTS) continue;
        const std::size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof(int), sizeof fd);
            if (fd_count_ < fds_.size()) {
                fds_[fd_count_++] = fd;
            } else {
                ::close(fd);
            }
        }
    }
    if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        close_fds();
        errno = EMSGSIZE;
        return -1;
    }
    return size;
}

int received_message::take_fd(std::size_t index) {
    if (index >= fd_count_) return -1;
    const int fd = fds_[index];
    fds_[index] = -1;
    return fd;
}

void received_message::close_fds() {
    for (std::size_t i = 0; i < fd_count_; ++i) {
        if (fds_[i] >= 0) ::close(fds_[i]);
    }
    fd_count_ = 0;
}

}  // namespace sluice::sandbox
