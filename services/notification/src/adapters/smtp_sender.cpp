// The answer's http_status is the server's last SMTP reply code: 250 is "taken", and so counts as
// delivered like any 2xx. A 5xx to the addresses or to the mail is final; one to the login is not,
// because it is the operator's to mend.
#include "smtp_sender.hpp"

#include "curl_handle.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::notification {
namespace {

constexpr std::size_t kept_error_bytes = 512;
constexpr long taken = 250;

struct upload {
    std::string_view rest;
};

std::size_t give_bytes(char* to, std::size_t one, std::size_t count, void* self) {
    auto& u = *static_cast<upload*>(self);
    const std::size_t size = std::min(one * count, u.rest.size());
    std::memcpy(to, u.rest.data(), size);
    u.rest.remove_prefix(size);
    return size;
}

bool is_about_login(CURLcode code, long reply) {
    constexpr std::array<long, 5> codes{530, 534, 535, 538, 454};
    return code == CURLE_LOGIN_DENIED || std::ranges::find(codes, reply) != codes.end();
}

void set_server(CURL* h, const smtp_settings& s) {
    curl::set(h, CURLOPT_URL, s.url.c_str());
    curl::set(h, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl::set(h, CURLOPT_PROXY, "");
    curl::set(h, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl::set(
        h,
        CURLOPT_USE_SSL,
        static_cast<long>(s.is_tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY)
    );
    curl::set(h, CURLOPT_SSL_VERIFYPEER, 1L);
    curl::set(h, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!s.ca_file.empty()) curl::set(h, CURLOPT_CAINFO, s.ca_file.c_str());
    if (!s.username.empty()) {
        curl::set(h, CURLOPT_USERNAME, s.username.c_str());
        curl::set(h, CURLOPT_PASSWORD, s.password.c_str());
    }
    curl::set(h, CURLOPT_NOSIGNAL, 1L);
    curl::set(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(s.connect_timeout.count()));
    curl::set(h, CURLOPT_TIMEOUT_MS, static_cast<long>(s.timeout.count()));
    curl::set(h, CURLOPT_QUICK_EXIT, 1L);
}

webhook_answer deliver_mail(const smtp_settings& settings, const outgoing_mail& mail) {
    webhook_answer answer;
    const curl::handle h = curl::make_handle();
    std::array<char, CURL_ERROR_SIZE> detail{};
    const std::string from = "<" + mail.from + ">";
    curl::list to;
    curl::add(to, "<" + mail.to + ">");
    upload body{mail.bytes};
    set_server(h.get(), settings);
    curl::set(h.get(), CURLOPT_ERRORBUFFER, detail.data());
    curl::set(h.get(), CURLOPT_MAIL_FROM, from.c_str());
    curl::set(h.get(), CURLOPT_MAIL_RCPT, to.get());
    curl::set(h.get(), CURLOPT_UPLOAD, 1L);
    curl::set(h.get(), CURLOPT_READFUNCTION, &give_bytes);
    curl::set(h.get(), CURLOPT_READDATA, &body);
    curl::set(h.get(), CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.bytes.size()));
    const CURLcode code = curl_easy_perform(h.get());
    long reply = 0;
    curl_easy_getinfo(h.get(), CURLINFO_RESPONSE_CODE, &reply);
    const char* peer = nullptr;
    curl_easy_getinfo(h.get(), CURLINFO_PRIMARY_IP, &peer);
    if (peer != nullptr) answer.address = peer;
    if (code == CURLE_OK) {
        answer.http_status = taken;
        return answer;
    }
    if (reply > 0) answer.http_status = reply;
    const std::string text = detail[0] != '\0' ? detail.data() : curl_easy_strerror(code);
    answer.error = text.substr(0, kept_error_bytes);
    answer.is_final = reply >= 500 && reply < 600 && !is_about_login(code, reply);
    return answer;
}

}  // namespace

smtp_sender::smtp_sender(smtp_settings settings)
    : settings_(std::move(settings)), pool_(settings_.threads) {}

awaitable<webhook_answer> smtp_sender::send(outgoing_mail mail) {
    webhook_answer answer;
    const wall_time at = system_clock().now();
    const steady_time begin = system_clock().steady();
    std::function<void()> work = [this, &answer, &mail] { answer = deliver_mail(settings_, mail); };
    co_await pool_.run(std::move(work));
    answer.at = at;
    answer.took =
        std::chrono::duration_cast<std::chrono::milliseconds>(system_clock().steady() - begin);
    co_return answer;
}

}  // namespace sluice::notification
