#include "http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace sluice::bench {

int connect_loopback(const std::string& host, int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    if (::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return -1;
    // The load generator must never reach past this machine.
    if ((ntohl(address.sin_addr.s_addr) >> 24) != 127) return -1;
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval limit{60, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

http_client::~http_client() {
    close();
}

void http_client::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    buffer_.clear();
}

bool http_client::connect() {
    if (fd_ < 0) fd_ = connect_loopback(host_, port_);
    return fd_ >= 0;
}

bool http_client::read_more() {
    char chunk[65536];
    const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return false;
    buffer_.append(chunk, static_cast<std::size_t>(n));
    return true;
}

http_answer
http_client::post(std::string_view target, std::string_view token, std::string_view json) {
    http_answer answer;
    if (!connect()) return answer;
    std::string head =
        "POST " + std::string(target) + " HTTP/1.1\r\nHost: " + host_ +
        "\r\nAuthorization: Bearer " + std::string(token) +
        "\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(json.size()) +
        "\r\n\r\n";
    head.append(json);
    if (!send_all(fd_, head)) {
        close();
        return answer;
    }
    std::size_t end = std::string::npos;
    while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
        if (!read_more()) {
            close();
            return answer;
        }
    }
    std::size_t length = 0;
    for (std::size_t at = buffer_.find("\r\n"); at < end; at = buffer_.find("\r\n", at + 2)) {
        static constexpr std::string_view name = "content-length:";
        if (::strncasecmp(buffer_.c_str() + at + 2, name.data(), name.size()) == 0) {
            length = std::strtoull(buffer_.c_str() + at + 2 + name.size(), nullptr, 10);
        }
    }
    const std::size_t total = end + 4 + length;
    while (buffer_.size() < total) {
        if (!read_more()) {
            close();
            return answer;
        }
    }
    answer.status = std::atoi(buffer_.c_str() + sizeof "HTTP/1.1");
    answer.body = buffer_.substr(end + 4, length);
    buffer_.erase(0, total);
    return answer;
}

}  // namespace sluice::bench
