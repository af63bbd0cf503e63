// See mail_channel.hpp.
#include "mail_channel.hpp"

#include <cstdio>

namespace sluice::notification {
namespace {

constexpr std::string_view scheme = "mailto:";

std::string milliseconds_text(std::int64_t us) {
    return std::to_string((us + 500) / 1000) + " ms";
}

std::string link_to(const mail_texts& t, const std::string& path) {
    if (t.public_url.empty()) return "";
    const bool has_slash = t.public_url.back() == '/';
    return (has_slash ? t.public_url.substr(0, t.public_url.size() - 1) : t.public_url) + path;
}

void add_output(
    mail_content& c,
    const char* name,
    const std::string& bytes,
    const mail_texts& texts
) {
    if (!bytes.empty()) c.outputs.emplace_back(name, shortened_text(bytes, texts.max_output));
}

}  // namespace

mail_content mail_of(const stored_result& stored, const mail_texts& t) {
    const domain::run_result& r = stored.value;
    const std::string status(domain::to_string(r.status));
    mail_content c;
    c.subject = "Your " + r.language + " submission: " + status;
    c.facts.emplace_back("Status", status);
    if (!r.message.empty()) c.facts.emplace_back("Why", r.message);
    const std::string limit(to_string(r.limit_hit));
    if (!limit.empty()) c.facts.emplace_back("Limit", limit);
    c.facts.emplace_back("Language", r.language);
    c.facts.emplace_back("Submission", r.id.to_string());
    if (r.times.created_at) c.facts.emplace_back("Submitted", to_rfc3339(*r.times.created_at));
    if (r.times.persisted_at) c.facts.emplace_back("Finished", to_rfc3339(*r.times.persisted_at));
    c.facts.emplace_back("Processor time", milliseconds_text(r.cpu_us));
    c.facts.emplace_back("Time", milliseconds_text(r.wall_us));
    if (r.compile) add_output(c, "Compiler", r.compile->output, t);
    add_output(c, "Output", r.stdout_bytes, t);
    add_output(c, "Errors", r.stderr_bytes, t);
    if (!r.tests.empty()) c.facts.emplace_back("Tests", std::to_string(r.tests.size()));
    c.link = link_to(t, "/api/v1/submissions/" + r.id.to_string());
    return c;
}

mail_content mail_of(const domain::batch_view& b, const mail_texts& t) {
    mail_content c;
    const std::string size = std::to_string(b.size);
    c.subject =
        "Your batch of " + size + (b.size == 1 ? " submission" : " submissions") + " is done";
    c.facts.emplace_back("Batch", b.correlation_id.to_string());
    for (const auto& [status, count] : b.counts) {
        if (count == 0) continue;
        c.facts.emplace_back(std::string(domain::to_string(status)), std::to_string(count));
    }
    c.facts.emplace_back("Submitted", to_rfc3339(b.created_at));
    if (b.finished_at) c.facts.emplace_back("Finished", to_rfc3339(*b.finished_at));
    c.link = link_to(t, "/api/v1/batches/" + b.correlation_id.to_string());
    return c;
}

awaitable<result<std::optional<webhook_answer>>> mail_channel::attempt(webhook_delivery d) {
    std::optional<webhook_answer> answer;
    auto content = co_await content_of(d);
    if (!content) co_return content.error();
    if (!*content) co_return answer;
    const std::string_view url = d.url;
    const auto to = mail_address(url.substr(url.starts_with(scheme) ? scheme.size() : 0));
    const auto from = mail_address(texts_.from);
    if (!to || !from) {
        answer.emplace();
        answer->at = time_.now();
        answer->error = to ? "mail.from is no address" : "this is no address that mail can go to";
        answer->is_final = !to.has_value();
        co_return answer;
    }
    mail_envelope envelope;
    envelope.from = texts_.from;
    envelope.to = *to;
    envelope.message_id = d.id.to_string() + "@" + from->substr(from->find('@') + 1);
    envelope.at = time_.now();
    outgoing_mail mail;
    mail.from = *from;
    mail.to = *to;
    mail.bytes = mail_bytes(envelope, **content);
    answer = co_await sender_.send(std::move(mail));
    co_return answer;
}

awaitable<result<std::optional<mail_content>>> mail_channel::content_of(webhook_delivery d) {
    std::optional<mail_content> out;
    if (d.event == webhook_event::batch_finished) {
        std::vector<uuid> ids(1, d.subject);
        auto found = co_await results_.finished_batches(std::move(ids));
        if (!found) co_return found.error();
        if (!found->empty()) out = mail_of(found->front(), texts_);
        co_return out;
    }
    auto found = co_await queue_.read_result(submission_id(d.subject));
    if (!found) co_return found.error();
    if (*found) out = mail_of(**found, texts_);
    co_return out;
}

}  // namespace sluice::notification
