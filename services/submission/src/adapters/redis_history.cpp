// See redis_history.hpp. A submission's state knows the ids of its events in the user's stream.
#include "redis_history.hpp"

#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

namespace keys = messages::keys;

constexpr std::size_t max_kept_text = 512 * 1024;
constexpr std::int64_t text_lives_ms = 60'000;
// Far longer than any text that was kept with it.
constexpr std::int64_t count_lives_ms = 3'600'000;

// XINFO STREAM's answer: name, value, name, value, …
std::string last_event(const redis::reply& info) {
    for (std::size_t i = 0; i + 1 < info.items.size(); i += 2) {
        if (info.items[i].text == "last-generated-id") return info.items[i + 1].text;
    }
    return "";
}

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

awaitable<std::optional<kept_history>> redis_history_texts::find(user_id owner) {
    std::vector<std::vector<std::string>> commands{
        {"GET", keys::history_changes(owner)},
        {"XINFO", "STREAM", keys::user_events(owner)},
        {"GET", keys::history_text(owner)}};
    const auto answers = co_await client_.pipeline(std::move(commands));
    std::optional<kept_history> none;
    if (!answers[0] || !answers[2]) co_return none;
    // A stream that is not there has no information: nothing was told yet, or long ago.
    const bool has_stream = answers[1].has_value();
    if (!has_stream && !(answers[1].error() == errc::refused)) co_return none;
    kept_history out;
    out.version = answers[0]->text + '/' + (has_stream ? last_event(*answers[1]) : std::string());
    const std::string& kept = answers[2]->text;
    const auto space = kept.find(' ');
    if (space != std::string::npos && kept.substr(0, space) == out.version) {
        out.text = kept.substr(space + 1);
    }
    co_return out;
}

awaitable<void> redis_history_texts::keep(user_id owner, std::string version, std::string text) {
    if (text.size() > max_kept_text) co_return;
    std::vector<std::string> words{
        "SET",
        keys::history_text(owner),
        std::move(version) + ' ' + std::move(text),
        "PX",
        std::to_string(text_lives_ms)};
    static_cast<void>(co_await client_.command(std::move(words)));
}

awaitable<void> redis_history_texts::changed(user_id owner) {
    std::vector<std::vector<std::string>> commands{
        {"INCR", keys::history_changes(owner)},
        {"PEXPIRE", keys::history_changes(owner), std::to_string(count_lives_ms)}};
    static_cast<void>(co_await client_.pipeline(std::move(commands)));
}

}  // namespace sluice::submission
