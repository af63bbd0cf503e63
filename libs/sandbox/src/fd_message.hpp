// One seqpacket message with descriptors, sent or received whole. Received descriptors are
// close-on-exec and owned by the result; whatever is not taken is closed.
#pragma once

#include "protocol.hpp"

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <span>

namespace sluice::sandbox {

struct message_part {
    const void* data;
    std::size_t size;
};

// 0, or -1 with errno set. Never raises SIGPIPE.
int send_message(int socket, std::span<const message_part> parts, std::span<const int> fds = {});
template <class T>
int send_struct(int socket, const T& value, std::span<const int> fds = {}) {
    const message_part part{&value, sizeof value};
    return send_message(socket, std::span(&part, 1), fds);
}

class received_message {
public:
    received_message() = default;
    ~received_message() { close_fds(); }
    received_message(const received_message&) = delete;
    received_message& operator=(const received_message&) = delete;

    // Bytes in `buffer`; 0 at the end of the peer; -1 with errno (EMSGSIZE when it was cut short).
    long receive(int socket, std::span<std::byte> buffer, int flags = 0);
    std::size_t fd_count() const { return fd_count_; }
    std::span<const int> fds() const { return std::span(fds_).first(fd_count_); }
    int take_fd(std::size_t index);  // the caller closes it
    void close_fds();
    // Who sent it, as this pid namespace numbers processes, where the socket asks for that
    // (SO_PASSCRED); -1 where it does not.
    pid_t sender() const { return sender_; }

private:
    std::array<int, protocol::max_fds> fds_{};
    std::size_t fd_count_ = 0;
    pid_t sender_ = -1;
};

}  // namespace sluice::sandbox
