// See webhook_channel.hpp.
#include "webhook_channel.hpp"

#include "use_cases/route_event.hpp"
#include "webhook_rules.hpp"

namespace sluice::notification {
namespace {

webhook_request request_of(const webhook_delivery& d, std::string body, std::int64_t unix_seconds) {
    webhook_request q;
    q.url = d.url;
    q.headers = d.headers;
    q.headers.emplace_back("Content-Type", "application/json");
    q.headers.emplace_back("Sluice-Event", std::string(name_of(d.event)));
    q.headers.emplace_back("Sluice-Delivery", d.id.to_string());
    q.headers.emplace_back("Sluice-Attempt", std::to_string(d.attempt));
    q.headers.emplace_back("Sluice-Signature", signature_of(d.secrets, unix_seconds, body));
    q.body = std::move(body);
    return q;
}

}  // namespace

awaitable<result<std::optional<webhook_answer>>> webhook_channel::attempt(webhook_delivery d) {
    std::optional<webhook_answer> answer;
    auto body = co_await body_of(d);
    if (!body) co_return body.error();
    if (!*body) co_return answer;
    auto request = request_of(d, std::move(**body), unix_ms(time_.now()) / 1000);
    answer = co_await sender_.send(std::move(request));
    co_return answer;
}

// nullopt: it is gone.
awaitable<result<std::optional<std::string>>> webhook_channel::body_of(webhook_delivery d) {
    std::optional<std::string> out;
    if (d.event == webhook_event::batch_finished) {
        std::vector<uuid> ids(1, d.subject);
        auto found = co_await results_.finished_batches(std::move(ids));
        if (!found) co_return found.error();
        if (!found->empty()) out = route_batch(found->front()).frame;
        co_return out;
    }
    auto found = co_await queue_.read_result(submission_id(d.subject));
    if (!found) co_return found.error();
    if (*found) out = route_result(**found, max_body_).frame;
    co_return out;
}

}  // namespace sluice::notification
