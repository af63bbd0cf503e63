// What a mail says of an end, sent to the address of its delivery ("mailto:…").
#pragma once

#include "delivery_channel.hpp"
#include "mail_message.hpp"

namespace sluice::notification {

struct outgoing_mail {
    std::string from;  // addresses alone
    std::string to;
    std::string bytes;
};

class mail_sender {
public:
    virtual ~mail_sender() = default;
    virtual awaitable<webhook_answer> send(outgoing_mail mail) = 0;
};

struct mail_texts {
    std::string from;        // "Name <address>"
    std::string public_url;  // where users reach the submission service; empty: no link
    std::size_t max_output = 4096;
};

// Pure.
mail_content mail_of(const stored_result& r, const mail_texts& t);
mail_content mail_of(const domain::batch_view& b, const mail_texts& t);

class mail_channel final : public delivery_channel {
public:
    mail_channel(
        webhook_queue& queue,
        result_store& results,
        mail_sender& sender,
        const clock& time,
        mail_texts texts
    )
        : queue_(queue)
        , results_(results)
        , sender_(sender)
        , time_(time)
        , texts_(std::move(texts)) {}

    const char* name() const override { return "mail"; }
    awaitable<result<std::optional<webhook_answer>>> attempt(webhook_delivery d) override;

private:
    awaitable<result<std::optional<mail_content>>> content_of(webhook_delivery d);

    webhook_queue& queue_;
    result_store& results_;
    mail_sender& sender_;
    const clock& time_;
    mail_texts texts_;
};

}  // namespace sluice::notification
