// One HGET for each id, in one write.
#include "redis_states.hpp"

#include "sluice/messages/topology.hpp"

namespace sluice::submission {

awaitable<std::vector<bool>> redis_states::running(std::vector<submission_id> ids) {
    std::vector<bool> out(ids.size(), false);
    if (!client_.is_connected()) co_return out;
    std::vector<std::vector<std::string>> commands;
    commands.reserve(ids.size());
    for (const auto& id : ids) {
        std::vector<std::string> get;
        get.emplace_back("HGET");
        get.push_back(messages::keys::submission_state(id));
        get.emplace_back("status");
        commands.push_back(std::move(get));
    }
    const auto answers = co_await client_.pipeline(std::move(commands));
    for (std::size_t i = 0; i < answers.size() && i < out.size(); ++i) {
        if (!answers[i]) continue;
        const auto status = domain::parse_status(answers[i]->text);
        // A terminal state in Redis is newer than the row that was just read; "running" is true
        // until the row says otherwise.
        out[i] = status.has_value() && *status != domain::status::queued;
    }
    co_return out;
}

}  // namespace sluice::submission
