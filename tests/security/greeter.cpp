// One poll() over everybody who is connected.
#include "greeter.hpp"

#include <catch2/catch.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <map>
#include <vector>

namespace sluice::sandbox::test {

namespace {

// A DNS answer over TCP: the question comes back with one address record.
std::string resolved(const std::string& question) {
    if (question.size() < 2 + 12) return {};
    std::string answer = question.substr(2);
    answer[2] = static_cast<char>(0x81);
    answer[3] = static_cast<char>(0x80);
    answer.replace(6, 6, std::string("\0\1\0\0\0\0", 6));
    // Only the question is kept of what follows the head.
    const std::size_t end = answer.find('\0', 12);
    answer.resize(end + 5);
    answer += std::string("\xc0\x0c\0\1\0\1\0\0\0\0\0\4\x7f\0\0\1", 16);
    const auto size = static_cast<unsigned>(answer.size());
    return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)} + answer;
}

void say(int fd, const std::string& text) {
    std::size_t sent = 0;
    while (sent < text.size()) {
        const ssize_t n = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
        if (n <= 0) return;
        sent += static_cast<std::size_t>(n);
    }
}

}  // namespace

greeter::greeter(const std::string& address, unsigned port, behaviour how)
    : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::inet_pton(AF_INET, address.c_str(), &where.sin_addr) == 1);
    socklen_t size = sizeof where;
    auto* generic = reinterpret_cast<sockaddr*>(&where);
    const int again = 1;
    ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
    REQUIRE(::bind(listener_, generic, size) == 0);
    REQUIRE(::listen(listener_, 128) == 0);
    REQUIRE(::getsockname(listener_, generic, &size) == 0);
    REQUIRE(::pipe2(stop_, O_CLOEXEC) == 0);
    port_ = ntohs(where.sin_port);
    thread_ = std::thread([this, how] { serve(how); });
}

greeter::~greeter() {
    ::close(stop_[1]);
    thread_.join();
    ::close(stop_[0]);
    ::close(listener_);
}

bool greeter::wait_until_all_closed() const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (open_ != 0 && std::chrono::steady_clock::now() < until)
        std::this_thread::yield();
    return open_ == 0 && connections_ > 0;
}

void greeter::serve(behaviour how) {
    std::map<int, std::string> heard;
    for (;;) {
        std::vector<pollfd> all{{stop_[0], POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const auto& [fd, text] : heard)
            all.push_back({fd, POLLIN, 0});
        if (::poll(all.data(), all.size(), -1) < 0) continue;
        if (all[0].revents != 0) break;
        if (all[1].revents != 0) {
            const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd >= 0) {
                heard[fd];
                ++connections_;
                ++open_;
            }
        }
        for (std::size_t i = 2; i < all.size(); ++i) {
            if (all[i].revents == 0) continue;
            const int fd = all[i].fd;
            std::string piece(65536, '\0');
            const ssize_t n = ::recv(fd, piece.data(), piece.size(), 0);
            if (n > 0) {
                piece.resize(static_cast<std::size_t>(n));
                heard[fd] += piece;
                if (how == behaviour::echo) say(fd, piece);
                if (how == behaviour::resolve_to_loopback) {
                    say(fd, resolved(heard[fd]));
                    heard[fd].clear();
                }
                continue;
            }
            if (how == behaviour::greet) say(fd, "hello " + heard[fd]);
            ::close(fd);
            heard.erase(fd);
            --open_;
        }
    }
    for (const auto& [fd, text] : heard)
        ::close(fd);
}

}  // namespace sluice::sandbox::test
