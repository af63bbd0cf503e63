// See fork_server.hpp.
#include "fork_server.hpp"

#include "fork_keeper.hpp"
#include "init_clocks.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstring>

namespace sluice::sandbox {

namespace {

constexpr int longest_start_ms = 10'000;
// A server that cannot be had so often in a row is not tried again until the service tells another
// one.
constexpr unsigned most_failures = 3;
constexpr std::int64_t page_bytes = 4096;
// Beside its pages: page tables and what the kernel keeps for two processes.
constexpr std::int64_t kernel_bytes = 2 << 20;
constexpr std::int64_t largest_start_bytes = 64 << 20;

// What is charged to its cgroup for a server's own pages.
std::int64_t own_bytes(pid_t server) {
    std::array<char, 32> path{};
    std::snprintf(path.data(), path.size(), "/proc/%d/statm", server);
    long long size = 0, resident = 0, shared = 0;
    const std::string text = read_whole_file(path.data());
    if (std::sscanf(text.c_str(), "%lld %lld %lld", &size, &resident, &shared) != 3) {
        return largest_start_bytes;
    }
    return (resident - shared) * page_bytes + kernel_bytes;
}

}  // namespace

step_error fork_server::start_keeper(protocol::network reach) {
    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) {
        return {setup_step::start_fork_keeper, errno};
    }
    keeper_.reset(sockets[0]);
    const owned_fd theirs(sockets[1]);
    const pid_t keeper = ::fork();
    if (keeper == 0) keep_fork_servers(theirs.get(), reach);
    if (keeper < 0) return {setup_step::start_fork_keeper, errno};
    helpers_.pids[0] = keeper;
    helpers_.count = 1;
    return {};
}

void fork_server::set(std::span<const std::byte> message, received_message& fds) {
    if (!keeper_) return;
    message_.assign(message.begin(), message.end());
    std::memcpy(&order_, message_.data(), sizeof order_);
    library_.reset(fds.take_fd(0));
    failures_ = 0;
    start();
}

void fork_server::clear() {
    if (message_.empty()) return;
    end();
    message_.clear();
    protocol::slot_request order;
    order.verb = protocol::slot_verb::forget;
    keeper_answer answer;
    if (send_struct(keeper_.get(), order) < 0 ||
        ::recv(keeper_.get(), &answer, sizeof answer, 0) != sizeof answer) {
        keeper_.reset();
    }
}

bool fork_server::serves(const protocol::slot_request& request) const {
    return !message_.empty() && request.fork_key == order_.fork_key && orders_ &&
           request.stack_bytes == order_.stack_bytes && request.processes >= 2;
}

void fork_server::start() {
    end();
    int sockets[2] = {-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) < 0) return;
    orders_.reset(sockets[0]);
    const owned_fd theirs(sockets[1]);
    const message_part order{message_.data(), message_.size()};
    const std::array fds{theirs.get(), library_.get()};
    keeper_answer answer;
    if (send_message(keeper_.get(), std::span(&order, 1), fds) < 0 ||
        ::recv(keeper_.get(), &answer, sizeof answer, 0) != sizeof answer) {
        keeper_.reset();
        message_.clear();
        end();
        return;
    }
    if (answer.server < 0) return end();
    helpers_.pids[1] = answer.server;
    helpers_.count = 2;
    helpers_.bytes = largest_start_bytes;
}

void fork_server::end() {
    orders_.reset();
    is_ready_ = false;
    runs_ = 0;
    helpers_.pids[1] = -1;
    helpers_.count = 1;
    helpers_.bytes = 0;
}

int fork_server::orders() {
    pollfd waiting{orders_.get(), POLLIN, 0};
    // It says one byte; whatever comes then is its end.
    const bool has_news = ::poll(&waiting, 1, is_ready_ ? 0 : longest_start_ms) == 1;
    char said = 0;
    if (!is_ready_ && has_news && ::recv(orders_.get(), &said, 1, MSG_DONTWAIT) == 1 &&
        said == 'r') {
        is_ready_ = true;
        helpers_.bytes = own_bytes(helpers_.pids[1]);
        return orders_.get();
    }
    if (is_ready_ && !has_news) return orders_.get();
    ++failures_;
    end();
    return -1;
}

bool fork_server::is_missing() const {
    return !message_.empty() && !orders_ && failures_ < most_failures;
}

bool fork_server::note_run(bool has_failed) {
    if (has_failed) {
        ++failures_;
        end();
        return is_missing();
    }
    failures_ = 0;
    return ++runs_ >= order_.fork_runs;
}

}  // namespace sluice::sandbox
