// The answer's http_status is the server's last SMTP reply code: 250 is "taken", and so counts as
// delivered like any 2xx. A 5xx to the addresses or to the mail is final; one to the login is not,
// because it is the operator's to mend.
#include "smtp_sender.hpp"

#include "attempt.hpp"

#include "sluice/curl/easy.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace sluice::notification {
namespace {

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

void set_server(curl::easy& h, const smtp_settings& s) {
    h.set_bounds({s.connect_timeout, s.timeout, s.ca_file});
    h.set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    h.set(CURLOPT_URL, s.url.c_str());
    h.set(CURLOPT_USE_SSL, static_cast<long>(s.is_tls_required ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (!s.username.empty()) {
        h.set(CURLOPT_USERNAME, s.username.c_str());
        h.set(CURLOPT_PASSWORD, s.password.c_str());
    }
}

webhook_answer deliver_mail(const smtp_settings& settings, const outgoing_mail& mail) {
    webhook_answer answer;
    curl::easy h;
    const std::string from = "<" + mail.from + ">";
    upload body{mail.bytes};
    set_server(h, settings);
    h.set(CURLOPT_MAIL_FROM, from.c_str());
    h.add_recipient("<" + mail.to + ">");
    h.set(CURLOPT_UPLOAD, 1L);
    h.set(CURLOPT_READFUNCTION, &give_bytes);
    h.set(CURLOPT_READDATA, &body);
    h.set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail.bytes.size()));
    const CURLcode code = h.perform();
    answer.address = h.peer();
    if (code == CURLE_OK) {
        answer.http_status = taken;
        return answer;
    }
    const long reply = h.status();
    if (reply > 0) answer.http_status = reply;
    answer.error = h.failure(code);
    answer.is_final = reply >= 500 && reply < 600 && !is_about_login(code, reply);
    return answer;
}

}  // namespace

smtp_sender::smtp_sender(smtp_settings settings)
    : settings_(std::move(settings)), pool_(settings_.threads) {}

awaitable<webhook_answer> smtp_sender::send(outgoing_mail mail) {
    std::function<webhook_answer()> once = [this, &mail] { return deliver_mail(settings_, mail); };
    co_return co_await attempt_on(pool_, std::move(once));
}

}  // namespace sluice::notification
