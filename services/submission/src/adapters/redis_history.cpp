// See redis_history.hpp. A submission's state knows the ids of its events in the user's stream.
#include "redis_history.hpp"

#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

namespace keys = messages::keys;

// HGETALL's answer: name, value, name, value, …
std::vector<std::string> event_ids(const redis::reply& state) {
    std::vector<std::string> ids;
    for (std::size_t i = 0; i + 1 < state.items.size(); i += 2) {
        if (state.items[i].text.starts_with("event:")) ids.push_back(state.items[i + 1].text);
    }
    return ids;
}

}  // namespace

awaitable<result<std::optional<std::string>>> redis_cached_results::find(std::string key) {
    std::vector<std::string> words{"GET", keys::cached_result(key)};
    auto found = co_await client_.command(std::move(words));
    if (!found) co_return found.error();
    std::optional<std::string> out;
    if (!found->is_nil()) out = std::move(found->text);
    co_return out;
}

awaitable<result<void>>
redis_live_copies::forget(user_id owner, std::vector<ended_submission> submissions) {
    std::vector<std::vector<std::string>> reads;
    for (const auto& s : submissions)
        reads.push_back({"HGETALL", keys::submission_state(s.id)});
    if (reads.empty()) co_return result<void>();
    const auto states = co_await client_.pipeline(std::move(reads));
    std::vector<std::vector<std::string>> commands;
    for (std::size_t i = 0; i < submissions.size(); ++i) {
        if (!states[i]) co_return states[i].error();
        auto events = event_ids(*states[i]);
        if (!events.empty()) {
            std::vector<std::string> removal{"XDEL", keys::user_events(owner)};
            removal.insert(removal.end(), events.begin(), events.end());
            commands.push_back(std::move(removal));
        }
        const auto& s = submissions[i];
        std::vector<std::string> all{
            "DEL",
            keys::submission_state(s.id),
            keys::output_stream(s.id)};
        commands.push_back(std::move(all));
        if (s.cache_key.empty()) continue;
        std::vector<std::string> copy{"DEL", keys::cached_result(s.cache_key)};
        commands.push_back(std::move(copy));
    }
    const auto done = co_await client_.pipeline(std::move(commands));
    for (const auto& answer : done) {
        if (!answer) co_return answer.error();
    }
    co_return result<void>();
}

}  // namespace sluice::submission
