#include "event_listener.hpp"

#include "http_client.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>

namespace sluice::bench {

namespace {

// The value of a top-level string member in one of our own frames; good enough for a generator that
// only reads what our own server wrote.
std::string member(std::string_view json, std::string_view name) {
    const std::string needle = "\"" + std::string(name) + "\":\"";
    const std::size_t at = json.find(needle);
    if (at == std::string_view::npos) return {};
    const std::size_t from = at + needle.size();
    return std::string(json.substr(from, json.find('"', from) - from));
}

}  // namespace

event_listener::event_listener(const std::string& host, int port, const std::string& token) {
    fd_ = connect_loopback(host, port);
    if (fd_ < 0) throw std::runtime_error("websocket: cannot connect");
    // A fixed key is allowed: RFC 6455 asks for randomness only against confused intermediaries.
    const std::string hello =
        "GET /ws HTTP/1.1\r\nHost: " + host +
        "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nAuthorization: Bearer " + token +
        "\r\nSec-WebSocket-Key: c2x1aWNlLWxvYWQtYmVuY2g=\r\nSec-WebSocket-Version: 13\r\n\r\n";
    send_all(fd_, hello);
    while (buffer_.find("\r\n\r\n") == std::string::npos) {
        char chunk[4096];
        const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
        if (n <= 0) throw std::runtime_error("websocket: connection lost during the handshake");
        buffer_.append(chunk, static_cast<std::size_t>(n));
    }
    if (buffer_.compare(0, 12, "HTTP/1.1 101") != 0)
        throw std::runtime_error("websocket: " + buffer_);
    buffer_.erase(0, buffer_.find("\r\n\r\n") + 4);
    reader_ = std::thread([this] { read_frames(); });
}

event_listener::~event_listener() {
    ::shutdown(fd_, SHUT_RDWR);
    if (reader_.joinable()) reader_.join();
    ::close(fd_);
}

void event_listener::read_frames() {
    for (;;) {
        // Server frames are unmasked: two bytes, then an extended length of two or eight bytes.
        std::size_t header = 2;
        std::size_t length = 0;
        bool complete = false;
        if (buffer_.size() >= 2) {
            length = static_cast<unsigned char>(buffer_[1]) & 0x7f;
            const std::size_t extra = length == 126 ? 2 : length == 127 ? 8 : 0;
            header += extra;
            if (buffer_.size() >= header) {
                if (extra != 0) {
                    length = 0;
                    for (std::size_t i = 2; i < header; ++i) {
                        length = length << 8 | static_cast<unsigned char>(buffer_[i]);
                    }
                }
                complete = buffer_.size() >= header + length;
            }
        }
        if (!complete) {
            char chunk[65536];
            const ssize_t n = ::recv(fd_, chunk, sizeof chunk, 0);
            if (n <= 0) return;
            buffer_.append(chunk, static_cast<std::size_t>(n));
            continue;
        }
        const auto now = clock::now();
        const int opcode = static_cast<unsigned char>(buffer_[0]) & 0x0f;
        const std::string_view payload(buffer_.data() + header, length);
        if (opcode == 1 && payload.find("\"submission.finished\"") != std::string_view::npos) {
            const std::lock_guard lock(mutex_);
            finished_.emplace(member(payload, "submission_id"), now);
            arrived_.notify_all();
        } else if (opcode == 9) {
            // A pong with an empty mask key keeps the session alive.
            std::string pong{"\x8a\x80\0\0\0\0", 6};
            send_all(fd_, pong);
        } else if (opcode == 8) {
            return;
        }
        buffer_.erase(0, header + length);
    }
}

std::map<std::string, event_listener::clock::time_point>
event_listener::wait_for(std::size_t count, std::chrono::seconds limit) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, limit, [&] { return finished_.size() >= count; });
    return finished_;
}

}  // namespace sluice::bench
