// One table of connections with fixed buffers and poll(): a slot serves one run at a time, and a
// run has at most max_connections. When they are used up, no more are accepted until one ends.
#include "egress_relay.hpp"

#include "egress_policy.hpp"
#include "fd_message.hpp"
#include "small_io.hpp"
#include "walls.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <memory>

namespace sluice::sandbox {

namespace {

constexpr std::size_t max_connections = 64;
constexpr std::size_t max_runs = 4;  // the current one, the next, and such as are just ending
constexpr std::size_t max_listeners = 2 * protocol::max_egress_ports;

using socket_address = sockaddr_storage;

egress_target target_of(const socket_address& address) {
    egress_target target;
    if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        target.is_v6 = true;
        std::memcpy(target.address.data(), &v6.sin6_addr, 16);
        target.port = ntohs(v6.sin6_port);
    } else {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        std::memcpy(target.address.data(), &v4.sin_addr, 4);
        target.port = ntohs(v4.sin_port);
    }
    return target;
}

socklen_t size_of(const socket_address& address) {
    return address.ss_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

const sockaddr* generic(const socket_address& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

// Only an address of this machine can be bound. Where the host binds others too
// (ip_nonlocal_bind), every target counts as one's own, which is the strict side.
bool is_own_address(socket_address address) {
    const owned_fd probe(::socket(address.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    // The port has one place in both kinds of address.
    reinterpret_cast<sockaddr_in*>(&address)->sin_port = 0;
    return !probe || ::bind(probe.get(), generic(address), size_of(address)) == 0;
}

// One direction of a connection.
struct flow {
    std::array<std::byte, 16 << 10> buffer;
    std::size_t first = 0, last = 0;
    bool is_read_out = false;  // the source has ended
    bool is_shut = false;      // and the sink was told

    bool wants_to_read() const { return !is_read_out && first == last; }
    bool wants_to_write() const { return first < last; }

    // False when the connection is broken.
    bool read_from(int source) {
        const ssize_t n = ::recv(source, buffer.data(), buffer.size(), MSG_DONTWAIT);
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        is_read_out = n == 0;
        first = 0;
        last = static_cast<std::size_t>(n);
        return true;
    }
    bool write_to(int sink) {
        const ssize_t n =
            ::send(sink, buffer.data() + first, last - first, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0) return errno == EAGAIN || errno == EINTR;
        first += static_cast<std::size_t>(n);
        return true;
    }
    void pass_on_end(int sink) {
        if (!is_read_out || is_shut || first < last) return;
        ::shutdown(sink, SHUT_WR);
        is_shut = true;
    }
};

struct connection {
    owned_fd inner, outer;
    std::size_t run = 0;
    bool is_connected = false;
    flow out, in;

    // With a reset, so that nobody takes a cut stream for a whole one.
    void abort() {
        const linger hard{1, 0};
        for (owned_fd* side : {&inner, &outer}) {
            if (*side) ::setsockopt(side->get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
            side->reset();
        }
    }
};

struct served_run {
    owned_fd init;
    std::array<owned_fd, max_listeners> listeners;

    void close() {
        init.reset();
        for (owned_fd& listener : listeners)
            listener.reset();
    }
};

class relay {
public:
    relay(int socket, std::span<const protocol::egress_rule> rules)
        : socket_(socket), rules_(rules) {}

    void work() {
        for (;;) {
            list_what_to_wait_for();
            if (::poll(waits_.data(), count_, -1) < 0 && errno != EINTR) return;
            if (!handle()) return;
        }
    }

private:
    enum class kind : std::uint8_t { orders, init, listener, inner, outer };
    struct source {
        kind what;
        std::size_t index, part;
    };

    void wait_for(int fd, int events, source s) {
        waits_[count_] = {fd, static_cast<short>(events), 0};
        sources_[count_++] = s;
    }

    connection* free_connection() {
        for (connection& c : connections_) {
            if (!c.inner) return &c;
        }
        return nullptr;
    }

    void list_what_to_wait_for() {
        count_ = 0;
        wait_for(socket_, POLLIN, {kind::orders, 0, 0});
        const bool has_room = free_connection() != nullptr;
        for (std::size_t r = 0; r < runs_.size(); ++r) {
            if (!runs_[r].init) continue;
            wait_for(runs_[r].init.get(), POLLIN, {kind::init, r, 0});
            for (std::size_t i = 0; has_room && i < max_listeners; ++i) {
                const owned_fd& listener = runs_[r].listeners[i];
                if (listener) wait_for(listener.get(), POLLIN, {kind::listener, r, i});
            }
        }
        for (std::size_t i = 0; i < connections_.size(); ++i) {
            const connection& c = connections_[i];
            if (!c.inner) continue;
            if (!c.is_connected) {
                wait_for(c.outer.get(), POLLOUT, {kind::outer, i, 0});
                continue;
            }
            const int inner =
                (c.out.wants_to_read() ? POLLIN : 0) | (c.in.wants_to_write() ? POLLOUT : 0);
            const int outer =
                (c.in.wants_to_read() ? POLLIN : 0) | (c.out.wants_to_write() ? POLLOUT : 0);
            if (inner != 0) wait_for(c.inner.get(), inner, {kind::inner, i, 0});
            if (outer != 0) wait_for(c.outer.get(), outer, {kind::outer, i, 0});
        }
    }

    bool handle() {
        for (std::size_t i = 0; i < count_; ++i) {
            const short events = waits_[i].revents;
            const source& s = sources_[i];
            if (events == 0) continue;
            switch (s.what) {
                case kind::orders:
                    if (!take_order()) return false;
                    break;
                case kind::init:
                    end_run(s.index);
                    break;
                case kind::listener:
                    accept_from(s.index, s.part);
                    break;
                default:
                    carry(connections_[s.index], s.what, waits_[i].fd, events);
            }
        }
        return true;
    }

    // False when nobody can send one any more. One that makes no sense is dropped: its descriptors
    // close, and the run finds nobody listening.
    bool take_order() {
        relay_order order;
        received_message message;
        const long size =
            message.receive(socket_, std::as_writable_bytes(std::span(&order, 1)), MSG_DONTWAIT);
        if (size == 0) return false;
        if (size != static_cast<long>(sizeof order) || order.message_magic != protocol::magic ||
            order.listeners > max_listeners || message.fd_count() != order.listeners + 1) {
            return true;
        }
        for (served_run& run : runs_) {
            if (run.init) continue;
            for (std::size_t i = 0; i < order.listeners; ++i)
                run.listeners[i].reset(message.take_fd(i));
            run.init.reset(message.take_fd(order.listeners));
            break;
        }
        return true;
    }

    void end_run(std::size_t index) {
        for (connection& c : connections_) {
            if (c.inner && c.run == index) c.abort();
        }
        runs_[index].close();
    }

    void accept_from(std::size_t run, std::size_t listener) {
        connection* c = free_connection();
        const owned_fd& from = runs_[run].listeners[listener];
        if (c == nullptr || !from) return;
        c->inner.reset(::accept4(from.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!c->inner) return;
        c->run = run;
        c->is_connected = false;
        for (flow* f : {&c->out, &c->in}) {
            f->first = f->last = 0;
            f->is_read_out = f->is_shut = false;
        }
        if (!connect_outside(*c)) c->abort();
    }

    bool connect_outside(connection& c) {
        socket_address address{};
        socklen_t size = sizeof address;
        if (::getsockname(c.inner.get(), reinterpret_cast<sockaddr*>(&address), &size) < 0 ||
            (stands(wall::egress_rules) &&
             !is_permitted(rules_, target_of(address), is_own_address(address)))) {
            return false;
        }
        c.outer.reset(
            ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP)
        );
        const int at_once = 1;
        for (const owned_fd* side : {&c.inner, &c.outer}) {
            (void)::setsockopt(side->get(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
        }
        return c.outer && (::connect(c.outer.get(), generic(address), size_of(address)) == 0 ||
                           errno == EINPROGRESS);
    }

    // The table may have changed since poll(): what is meant is checked by its descriptor.
    static void carry(connection& c, kind side, int fd, short events) {
        const bool is_inner = side == kind::inner;
        if (!c.inner || (is_inner ? c.inner : c.outer).get() != fd) return;
        bool is_good = true;
        if (!c.is_connected) {
            int failed = 0;
            socklen_t size = sizeof failed;
            is_good = ::getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size) == 0 && failed == 0;
            c.is_connected = true;
        } else {
            flow& from_here = is_inner ? c.out : c.in;
            flow& to_here = is_inner ? c.in : c.out;
            const int other = (is_inner ? c.outer : c.inner).get();
            if ((events & POLLOUT) != 0 && to_here.wants_to_write()) {
                is_good = to_here.write_to(fd);
                to_here.pass_on_end(fd);
            }
            if (is_good && (events & (POLLIN | POLLHUP | POLLERR)) != 0 &&
                from_here.wants_to_read()) {
                is_good = from_here.read_from(fd);
                from_here.pass_on_end(other);
            } else if ((events & POLLERR) != 0) {
                is_good = false;
            }
        }
        if (!is_good) {
            c.abort();
        } else if (c.out.is_shut && c.in.is_shut) {
            c.inner.reset();
            c.outer.reset();
        }
    }

    int socket_;
    std::span<const protocol::egress_rule> rules_;
    std::array<served_run, max_runs> runs_;
    std::array<connection, max_connections> connections_;
    static constexpr std::size_t max_waits =
        1 + max_runs * (1 + max_listeners) + 2 * max_connections;
    std::array<pollfd, max_waits> waits_{};
    std::array<source, max_waits> sources_{};
    std::size_t count_ = 0;
};

}  // namespace

void relay_connections(int socket, std::span<const protocol::egress_rule> rules) {
    // Two megabytes, touched as far as they are used.
    std::make_unique<relay>(socket, rules)->work();
}

}  // namespace sluice::sandbox
