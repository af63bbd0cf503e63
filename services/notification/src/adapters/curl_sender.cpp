// Theory of operation: a name may resolve to anything, and to something else a moment later. So the
// address is checked where it is used: libcurl resolves and hands each address to open_checked
// before a socket for it exists; a refused one gets none. Before the request is sent the peer of
// the connection is checked once more. No proxy, no redirect, no other protocol, no connection that
// an earlier request left open leads around the two checks.
#include "curl_sender.hpp"

#include "curl_handle.hpp"

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

using curl::add;
using curl::set;

void set_walls(CURL* h, attempt& a) {
    set(h, CURLOPT_PROTOCOLS_STR, "http,https");
    set(h, CURLOPT_FOLLOWLOCATION, 0L);
    set(h, CURLOPT_PROXY, "");  // nor one that the environment names
    set(h, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    set(h, CURLOPT_OPENSOCKETFUNCTION, &open_checked);
    set(h, CURLOPT_OPENSOCKETDATA, &a);
    set(h, CURLOPT_PREREQFUNCTION, &check_peer);
    set(h, CURLOPT_PREREQDATA, &a);
    set(h, CURLOPT_FRESH_CONNECT, 1L);
    set(h, CURLOPT_FORBID_REUSE, 1L);
    set(h, CURLOPT_SSL_VERIFYPEER, 1L);
    set(h, CURLOPT_SSL_VERIFYHOST, 2L);
}

void set_bounds(CURL* h, const sender_settings& settings) {
    set(h, CURLOPT_NOSIGNAL, 1L);
    set(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings.connect_timeout.count()));
    set(h, CURLOPT_TIMEOUT_MS, static_cast<long>(settings.timeout.count()));
    set(h, CURLOPT_QUICK_EXIT, 1L);  // a resolver that hangs does not hold the thread
    set(h, CURLOPT_BUFFERSIZE, 16384L);
    if (!settings.ca_file.empty()) set(h, CURLOPT_CAINFO, settings.ca_file.c_str());
}

std::string describe_failure(CURLcode code, const char* detail, const attempt& a) {
    if (!a.refusal.empty()) return "not sent: " + a.refusal;
    if (code == CURLE_OPERATION_TIMEDOUT) return "timeout: " + std::string(detail);
    const std::string text = detail[0] != '\0' ? detail : curl_easy_strerror(code);
    return text.substr(0, kept_response_bytes);
}

webhook_answer perform(const sender_settings& settings, const webhook_request& request) {
    attempt a;
    a.allow_loopback = settings.allow_loopback;
    const curl::handle h = curl::make_handle();
    std::array<char, CURL_ERROR_SIZE> detail{};
    curl::list headers;
    for (const auto& [name, value] : request.headers)
        add(headers, value.empty() ? name + ";" : name + ": " + value);
    add(headers, "Expect:");
    set_walls(h.get(), a);
    set_bounds(h.get(), settings);
    set(h.get(), CURLOPT_ERRORBUFFER, detail.data());
    set(h.get(), CURLOPT_URL, request.url.c_str());
    set(h.get(), CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    set(h.get(), CURLOPT_POST, 1L);
    set(h.get(), CURLOPT_POSTFIELDS, request.body.data());
    set(h.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(h.get(), CURLOPT_HTTPHEADER, headers.get());
    set(h.get(), CURLOPT_USERAGENT, "Sluice-Webhook/1");
    set(h.get(), CURLOPT_WRITEFUNCTION, &take_body);
    set(h.get(), CURLOPT_WRITEDATA, &a);

    const CURLcode code = curl_easy_perform(h.get());
    long status = 0;
    curl_easy_getinfo(h.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status > 0) a.answer.http_status = status;
    // A body that never ends does not undo the status before it.
    if (code != CURLE_OK && !a.is_cut) a.answer.error = describe_failure(code, detail.data(), a);
    return std::move(a.answer);
}

}  // namespace

curl_sender::curl_sender(sender_settings settings)
    : settings_(std::move(settings)), pool_(settings_.threads) {}

awaitable<webhook_answer> curl_sender::send(webhook_request request) {
    webhook_answer answer;
    const wall_time at = system_clock().now();
    const steady_time begin = system_clock().steady();
    std::function<void()> work = [this, &answer, &request] {
        answer = perform(settings_, request);
    };
    co_await pool_.run(std::move(work));
    answer.at = at;
    answer.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().steady() - begin);
    co_return answer;
}

}  // namespace sluice::notification
