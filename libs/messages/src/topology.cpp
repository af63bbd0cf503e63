// The queues and keys of design.md, as data.
#include "sluice/messages/topology.hpp"

#include "sluice/core/digest.hpp"
#include "sluice/messages/tokens.hpp"

#include <algorithm>
#include <array>

namespace sluice::messages {
namespace {

using arguments = std::map<std::string, std::variant<std::string, std::int64_t>>;

// Full means "no" to the publisher, who keeps what he has; nothing is dropped silently.
arguments quorum(std::int64_t max_length) {
    return {
        {"x-queue-type", "quorum"},
        {"x-max-length", max_length},
        {"x-max-length-bytes", queue_max_bytes},
        {"x-overflow", "reject-publish"},
    };
}

arguments quorum_with_dead_letters(
    std::int64_t max_length,
    std::int64_t redeliveries,
    const std::string& dead_letter_queue
) {
    auto result = quorum(max_length);
    result.emplace("x-delivery-limit", redeliveries);
    result.emplace("x-dead-letter-exchange", "");
    result.emplace("x-dead-letter-routing-key", dead_letter_queue);
    result.emplace("x-dead-letter-strategy", "at-least-once");
    return result;
}

std::string key(std::string_view prefix, std::string_view name) {
    return std::string(prefix).append(name);
}

}  // namespace

void describe(config_visitor& v, queue_names& q) {
    v.field("submission_queue", q.submission_queue, "queue of tasks for execution");
    v.field("execution_queue", q.execution_queue, "queue of results for notification");
    v.field("progress_queue", q.progress_queue, "queue of progress events, bounded and transient");
    v.field("submission_dead", q.submission_dead, "where tasks go that no worker could finish");
    v.field("execution_dead", q.execution_dead, "where results go that cannot be read");
}

std::vector<queue_spec> all_queues(const queue_names& names) {
    return {
        {names.submission_queue,
         true,
         quorum_with_dead_letters(queue_max_length, delivery_limit, names.submission_dead)},
        {names.execution_queue,
         true,
         quorum_with_dead_letters(queue_max_length, result_delivery_limit, names.execution_dead)},
        {names.submission_dead, true, quorum(queue_max_length)},
        {names.execution_dead, true, quorum(queue_max_length)},
        {names.progress_queue,
         false,
         {{"x-queue-type", "classic"},
          {"x-max-length", progress_max_length},
          {"x-max-length-bytes", progress_max_bytes},
          {"x-overflow", "drop-head"}}},
    };
}

std::vector<queue_spec>
queues_of(const queue_names& names, const std::vector<std::string>& wanted) {
    auto queues = all_queues(names);
    std::erase_if(queues, [&](const queue_spec& queue) {
        return std::ranges::find(wanted, queue.name) == wanted.end();
    });
    return queues;
}

std::vector<broker_user> broker_users(const queue_names& n) {
    const std::string publish = "^amq\\.default$";
    const auto exactly = [](const std::vector<std::string>& names) {
        std::string pattern;
        for (const auto& name : names) {
            pattern += pattern.empty() ? "^(" : "|";
            for (const char c : name) {
                if (c == '.') pattern += '\\';
                pattern += c;
            }
        }
        return pattern.empty() ? std::string("^$") : pattern + ")$";
    };
    const std::vector<std::string> of_submission{
        n.submission_queue,
        n.submission_dead,
        n.progress_queue};
    const std::vector<std::string> of_execution{
        n.submission_queue,
        n.submission_dead,
        n.execution_queue,
        n.execution_dead,
        n.progress_queue};
    const std::vector<std::string> of_notification{
        n.execution_queue,
        n.execution_dead,
        n.submission_dead,
        n.progress_queue};
    return {
        {"submission", of_submission, exactly(of_submission), publish, exactly({})},
        {"execution", of_execution, exactly(of_execution), publish, exactly({n.submission_queue})},
        {"notification",
         of_notification,
         exactly(of_notification),
         publish,
         exactly({n.execution_queue, n.progress_queue, n.submission_dead})},
    };
}

namespace keys {

std::string flight_all(const user_id& u) {
    return key("sluice:flight:all:", u);
}
std::string flight_standing(const user_id& u) {
    return key("sluice:flight:standing:", u);
}
std::string flight_facts(const user_id& u) {
    return key("sluice:flight:facts:", u);
}
std::string request_rate(std::string_view whose) {
    return key("sluice:rate:", whose);
}
std::string user_sessions(const user_id& u) {
    return key("sluice:sessions:", u);
}
std::string user_events(const user_id& u) {
    return key("sluice:events:", u);
}
std::string submission_state(const submission_id& s) {
    return key("sluice:state:", s.to_string());
}
std::string finished_channel(const submission_id& s) {
    return key("sluice:finished:", s.to_string());
}
std::string node_channel(std::string_view node) {
    return key("sluice:node:", node);
}
std::string ticket(std::string_view ticket) {
    // The key holds only a digest, so that who may list keys has no ticket.
    return key("sluice:ticket:", to_hex(token_digest(ticket)));
}
std::string token(std::string_view sha256) {
    return key("sluice:token:", to_hex(sha256));
}
std::string account_attempts(std::string_view login_sha256) {
    return key("sluice:attempts:account:", to_hex(login_sha256));
}
std::string address_attempts(std::string_view address) {
    return key("sluice:attempts:address:", address);
}
std::string instance_index(std::string_view service) {
    return key("sluice:instances:", service);
}
std::string instance(std::string_view service, std::string_view id) {
    return key("sluice:instance:", std::string(service) + ":" + std::string(id));
}
std::string admin_commands(std::string_view service) {
    return key("sluice:commands:", service);
}
std::string admin_answers(std::string_view service) {
    return key("sluice:answers:", service);
}
std::string admin_settings(std::string_view service) {
    return key("sluice:settings:", service);
}
std::string cached_result(std::string_view digest) {
    return key("sluice:cache:", to_hex(digest));
}
std::string history_text(const user_id& u) {
    return key("sluice:history:text:", u);
}
std::string history_changes(const user_id& u) {
    return key("sluice:history:changes:", u);
}
std::string control_stream(const submission_id& s) {
    return key("sluice:control:", s.to_string());
}
std::string output_stream(const submission_id& s) {
    return key("sluice:output:", s.to_string());
}
std::string attached(const submission_id& s) {
    return key("sluice:attached:", s.to_string());
}

}  // namespace keys
}  // namespace sluice::messages
