// See step_egress.hpp.
#include "step_egress.hpp"

#include "egress_relay.hpp"
#include "fd_message.hpp"
#include "small_io.hpp"
#include "step_network.hpp"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace sluice::sandbox {

namespace {

using rule_list = std::span<const protocol::egress_rule>;

step_error failed() {
    return {setup_step::open_egress, errno};
}

struct route_request {
    nlmsghdr head{};
    rtmsg route{};
    std::array<std::byte, 64> attributes{};

    void add(std::uint16_t type, const void* value, std::size_t size) {
        const rtattr attribute{static_cast<std::uint16_t>(RTA_LENGTH(size)), type};
        std::byte* at = attributes.data() + (head.nlmsg_len - NLMSG_LENGTH(sizeof route));
        std::memcpy(at, &attribute, sizeof attribute);
        std::memcpy(at + RTA_LENGTH(0), value, size);
        head.nlmsg_len += static_cast<std::uint32_t>(RTA_ALIGN(RTA_LENGTH(size)));
    }
};
static_assert(offsetof(route_request, attributes) == NLMSG_LENGTH(sizeof(rtmsg)));

// "All of this range is here": the kernel accepts it on lo, under its own address.
int add_local_route(int netlink, const protocol::egress_rule& rule) {
    route_request request;
    request.head.nlmsg_len = NLMSG_LENGTH(sizeof request.route);
    request.head.nlmsg_type = RTM_NEWROUTE;
    request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE;
    request.route.rtm_family = rule.is_v6 != 0 ? AF_INET6 : AF_INET;
    request.route.rtm_dst_len = rule.bits;
    request.route.rtm_table = RT_TABLE_LOCAL;
    request.route.rtm_protocol = RTPROT_BOOT;
    request.route.rtm_scope = RT_SCOPE_HOST;
    request.route.rtm_type = RTN_LOCAL;
    constexpr unsigned lo = 1;  // in every network namespace
    if (rule.bits != 0) request.add(RTA_DST, rule.address, rule.is_v6 != 0 ? 16 : 4);
    request.add(RTA_OIF, &lo, sizeof lo);
    if (::send(netlink, &request, request.head.nlmsg_len, 0) < 0) return -1;
    struct {
        nlmsghdr head;
        nlmsgerr error;
        std::array<std::byte, 256> rest;
    } answer{};
    const ssize_t size = ::recv(netlink, &answer, sizeof answer, 0);
    if (size < static_cast<ssize_t>(NLMSG_LENGTH(sizeof answer.error)) ||
        answer.head.nlmsg_type != NLMSG_ERROR) {
        errno = EBADMSG;
        return -1;
    }
    errno = -answer.error.error;
    return errno == 0 ? 0 : -1;
}

// A kernel without IPv6 reaches nothing over it.
bool has_family(const protocol::egress_rule& rule) {
    return rule.is_v6 == 0 || ::access("/proc/self/net/if_inet6", F_OK) == 0 || errno != ENOENT;
}

int listen_at(bool is_v6, std::uint16_t port) {
    owned_fd listener(::socket(
        is_v6 ? AF_INET6 : AF_INET,
        SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
        IPPROTO_TCP
    ));
    if (!listener) return -1;
    int bound = 0;
    if (is_v6) {
        const int only = 1;
        sockaddr_in6 any{};
        any.sin6_family = AF_INET6;
        any.sin6_port = htons(port);
        if (::setsockopt(listener.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) < 0) {
            return -1;
        }
        bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
    } else {
        sockaddr_in any{};
        any.sin_family = AF_INET;
        any.sin_port = htons(port);
        bound = ::bind(listener.get(), reinterpret_cast<const sockaddr*>(&any), sizeof any);
    }
    if (bound < 0 || ::listen(listener.get(), 64) < 0) return -1;
    return listener.release();
}

struct listener_list {
    std::array<int, 2 * protocol::max_egress_ports + 1> fds{};
    std::size_t count = 0;
    ~listener_list() {
        for (std::size_t i = 0; i < count; ++i)
            ::close(fds[i]);
    }
    bool add(int fd) {
        if (fd < 0) return false;
        if (count == fds.size()) {
            ::close(fd);
            errno = EMFILE;
            return false;
        }
        fds[count++] = fd;
        return true;
    }
};

bool is_first_with_port(rule_list rules, std::size_t index) {
    return std::none_of(
        rules.begin(),
        rules.begin() + static_cast<long>(index),
        [&](const auto& r) { return r.port == rules[index].port && r.is_v6 == rules[index].is_v6; }
    );
}

}  // namespace

step_error open_egress() {
    std::array<protocol::egress_rule, protocol::max_egress_rules> all;
    const ssize_t bytes = ::pread(protocol::egress_rules_fd, all.data(), sizeof all, 0);
    if (bytes <= 0) return failed();
    const rule_list rules(all.data(), static_cast<std::size_t>(bytes) / sizeof all[0]);
    if (const step_error e = raise_loopback()) return e;
    const owned_fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    if (!netlink) return failed();
    listener_list listeners;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        if (!has_family(rules[i])) continue;
        if (add_local_route(netlink.get(), rules[i]) < 0) return failed();
        if (is_first_with_port(rules, i) &&
            !listeners.add(listen_at(rules[i].is_v6 != 0, rules[i].port))) {
            return failed();
        }
    }
    relay_order order;
    order.listeners = static_cast<std::uint32_t>(listeners.count);
    if (!listeners.add(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0U))) ||
        send_struct(protocol::relay_fd, order, std::span(listeners.fds).first(listeners.count)) <
            0) {
        return failed();
    }
    return {};
}

step_error write_name_servers(rule_list rules) {
    std::string text;
    for (const protocol::egress_rule& rule : rules) {
        const bool is_v6 = rule.is_v6 != 0;
        if (rule.port != 53 || rule.bits != (is_v6 ? 128 : 32)) continue;
        std::array<char, INET6_ADDRSTRLEN> address{};
        ::inet_ntop(is_v6 ? AF_INET6 : AF_INET, rule.address, address.data(), address.size());
        text += "nameserver " + std::string(address.data()) + "\n";
    }
    if (text.empty()) return {};
    text += "options use-vc\n";
    const owned_fd resolver(::open("/etc/resolv.conf", O_WRONLY | O_CREAT | O_CLOEXEC, 0644));
    const owned_fd order(::open("/etc/nsswitch.conf", O_WRONLY | O_TRUNC | O_CLOEXEC));
    constexpr std::string_view sources = "passwd: files\ngroup: files\nhosts: files dns\n";
    if (!resolver || !order || write_text(resolver.get(), text) < 0 ||
        write_text(order.get(), sources) < 0) {
        return {setup_step::write_etc, errno};
    }
    return {};
}

}  // namespace sluice::sandbox
