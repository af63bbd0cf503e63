// Theory of operation: a name may resolve to anything, and to something else a moment later. So the
// address is checked where it is used: libcurl resolves and hands each address to open_checked
// before a socket for it exists; a refused one gets none. Before the request is sent the peer of
// the connection is checked once more. No proxy, no redirect, no other protocol, no connection that
// an earlier request left open leads around the two checks.
#include "curl_sender.hpp"

#include "attempt.hpp"

#include "sluice/curl/easy.hpp"
#include "sluice/domain/callback.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cstring>

namespace sluice::notification {
namespace {

constexpr std::size_t kept_response_bytes = 512;
// Beyond this a body is not read on; the status has come before it.
constexpr std::size_t max_response_bytes = std::size_t{64} << 10;

struct attempt {
    bool allow_loopback = false;
    webhook_answer answer;
    std::string refusal;  // "10.0.0.1 is a private address"
    std::size_t read_bytes = 0;
    bool is_cut = false;  // the body was longer than we read
};

std::string text_of_address(int family, const void* bytes) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return "?";
    return text.data();
}

// "": may be connected to.
std::string refusal_of(int family, std::span<const std::uint8_t> bytes, bool allow_loopback) {
    const auto why = domain::refusal_of_address(bytes, allow_loopback);
    if (!why) return "";
    return text_of_address(family, bytes.data()) + " is " + std::string(*why);
}

curl_socket_t open_checked(void* self, curlsocktype purpose, curl_sockaddr* to) {
    auto& a = *static_cast<attempt*>(self);
    if (purpose != CURLSOCKTYPE_IPCXN) return CURL_SOCKET_BAD;
    std::array<std::uint8_t, 16> bytes{};
    std::size_t size = 0;
    if (to->family == AF_INET && to->addrlen >= sizeof(sockaddr_in)) {
        sockaddr_in in{};
        std::memcpy(&in, &to->addr, sizeof in);
        std::memcpy(bytes.data(), &in.sin_addr, size = 4);
    } else if (to->family == AF_INET6) {
        // curl_sockaddr ends in a plain sockaddr that has room for more behind it.
        sockaddr_in6 in{};
        std::memcpy(&in, static_cast<const void*>(&to->addr), sizeof in);
        std::memcpy(bytes.data(), &in.sin6_addr, size = 16);
    }
    const std::string why = refusal_of(to->family, std::span(bytes).first(size), a.allow_loopback);
    if (!why.empty()) {
        a.refusal = why;
        return CURL_SOCKET_BAD;
    }
    return ::socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

int check_peer(void* self, char* peer, char*, int, int) {
    auto& a = *static_cast<attempt*>(self);
    std::array<std::uint8_t, 16> bytes{};
    a.answer.address = peer;
    if (inet_pton(AF_INET, peer, bytes.data()) == 1) {
        a.refusal = refusal_of(AF_INET, std::span(bytes).first(4), a.allow_loopback);
    } else if (inet_pton(AF_INET6, peer, bytes.data()) == 1) {
        a.refusal = refusal_of(AF_INET6, bytes, a.allow_loopback);
    } else {
        a.refusal = "the peer has no address";
    }
    return a.refusal.empty() ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

std::size_t take_body(char* data, std::size_t one, std::size_t count, void* self) {
    auto& a = *static_cast<attempt*>(self);
    const std::size_t size = one * count;
    auto& kept = a.answer.response;
    kept.append(
        data,
        std::min(size, kept_response_bytes - std::min(kept.size(), kept_response_bytes))
    );
    a.read_bytes += size;
    if (a.read_bytes <= max_response_bytes) return size;
    a.is_cut = true;
    return 0;
}

void set_walls(curl::easy& h, attempt& a) {
    h.set(CURLOPT_OPENSOCKETFUNCTION, &open_checked);
    h.set(CURLOPT_OPENSOCKETDATA, &a);
    h.set(CURLOPT_PREREQFUNCTION, &check_peer);
    h.set(CURLOPT_PREREQDATA, &a);
    h.set(CURLOPT_FRESH_CONNECT, 1L);
    h.set(CURLOPT_FORBID_REUSE, 1L);
}

webhook_answer perform(const sender_settings& settings, const webhook_request& request) {
    attempt a;
    a.allow_loopback = settings.allow_loopback;
    curl::easy h;
    // No redirect and no proxy: part of the walls.
    h.set_bounds({settings.connect_timeout, settings.timeout, settings.ca_file});
    set_walls(h, a);
    for (const auto& [name, value] : request.headers)
        h.add_header(value.empty() ? name + ";" : name + ": " + value);
    h.add_header("Expect:");
    h.set(CURLOPT_URL, request.url.c_str());
    h.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    h.set(CURLOPT_POST, 1L);
    h.set(CURLOPT_POSTFIELDS, request.body.data());
    h.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    h.set(CURLOPT_USERAGENT, "Sluice-Webhook/1");
    h.set(CURLOPT_WRITEFUNCTION, &take_body);
    h.set(CURLOPT_WRITEDATA, &a);

    const CURLcode code = h.perform();
    if (const long status = h.status(); status > 0) a.answer.http_status = status;
    // A body that never ends does not undo the status before it.
    if (code != CURLE_OK && !a.is_cut) {
        a.answer.error = a.refusal.empty() ? h.failure(code) : "not sent: " + a.refusal;
    }
    return std::move(a.answer);
}

}  // namespace

curl_sender::curl_sender(sender_settings settings)
    : settings_(std::move(settings)), pool_(settings_.threads) {}

awaitable<webhook_answer> curl_sender::send(webhook_request request) {
    std::function<webhook_answer()> once = [this, &request] { return perform(settings_, request); };
    co_return co_await attempt_on(pool_, std::move(once));
}

}  // namespace sluice::notification
