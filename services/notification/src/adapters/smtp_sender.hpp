// Sends mail to one SMTP server with libcurl, each on a thread of a bounded pool: TLS from the
// first byte (smtps://) or by STARTTLS, and AUTH.
#pragma once

#include "../mail_channel.hpp"

#include "sluice/runtime/blocking_pool.hpp"

namespace sluice::notification {

struct smtp_settings {
    std::string url;                 // smtp://host:587, smtps://host:465
    std::string username, password;  // empty: no AUTH
    bool is_tls_required = true;     // false: only where the server stands on the same machine
    std::string ca_file;             // empty: the system's
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{30000};
    std::size_t threads = 2;
};

class smtp_sender final : public mail_sender {
public:
    explicit smtp_sender(smtp_settings settings);
    awaitable<webhook_answer> send(outgoing_mail mail) override;

private:
    smtp_settings settings_;
    runtime::blocking_pool pool_;
};

}  // namespace sluice::notification
