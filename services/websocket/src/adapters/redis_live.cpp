// See redis_live.hpp.
#include "redis_live.hpp"

#include "../output_hub.hpp"

#include "sluice/domain/status.hpp"
#include "sluice/messages/live.hpp"
#include "sluice/messages/topology.hpp"

#include <utility>

namespace sluice::websocket {
namespace {

const redis::script append_script(messages::control_append_script);

submission_id id_of(const std::string& text) {
    return submission_id::parse(text).value_or(submission_id{});
}

}  // namespace

awaitable<result<std::optional<submission_facts>>> redis_live::facts(std::string id) {
    std::vector<std::string> command{
        "HMGET",
        messages::keys::submission_state(id_of(id)),
        "user",
        "status"};
    const auto answer = co_await client_.command(std::move(command));
    if (!answer) co_return answer.error();
    std::optional<submission_facts> out;
    if (answer->items.size() == 2 && !answer->items[0].is_nil()) {
        const auto status = domain::parse_status(answer->items[1].text);
        out = submission_facts{answer->items[0].text, status && domain::is_terminal(*status)};
    }
    co_return out;
}

awaitable<result<bool>> redis_live::steer(std::string id, domain::control_message m) {
    const submission_id which = id_of(id);
    const bool is_input =
        m.kind == domain::control_kind::stdin_data || m.kind == domain::control_kind::stdin_eof ||
        m.kind == domain::control_kind::resize || m.kind == domain::control_kind::signal;
    std::vector<std::string> keys{messages::keys::control_stream(which)};
    std::vector<std::string> arguments{
        messages::encode(m),
        std::to_string(m.data.size()),
        is_input ? "input" : "order",
        std::to_string(settings_.max_input.value),
        std::to_string(settings_.max_frames),
        std::to_string(settings_.ttl.count()),
        std::string(messages::keys::control_channel),
        std::move(id)};
    const auto answer = co_await client_.eval(append_script, std::move(keys), std::move(arguments));
    if (!answer) co_return answer.error();
    co_return answer->text == "ok";
}

awaitable<result<std::vector<live_piece>>> redis_live::read_output(
    std::string id,
    std::int64_t attempt,
    std::int64_t seq,
    std::int64_t count
) {
    std::vector<std::string> command{
        "XRANGE",
        messages::keys::output_stream(id_of(id)),
        "(" + std::to_string(attempt) + "-" + std::to_string(seq),
        "+",
        "COUNT",
        std::to_string(count)};
    const auto answer = co_await client_.command(std::move(command));
    if (!answer) co_return answer.error();
    std::vector<live_piece> out;
    for (const redis::reply& entry : answer->items) {
        if (entry.items.size() != 2 || entry.items[1].items.size() < 2) {
            co_return fail(errc::io, "XRANGE: an entry of another shape");
        }
        auto piece = read_piece(entry.items[1].items[1].text);
        if (!piece) co_return fail(errc::io, "XRANGE: an entry that is no output");
        out.push_back(std::move(*piece));
    }
    co_return out;
}

awaitable<result<void>> redis_live::attach(watches all) {
    const std::string expiry = std::to_string(unix_ms(time_.now()) + session_ttl_.count());
    const std::string keep = std::to_string(2 * session_ttl_.count());
    std::vector<std::vector<std::string>> commands;
    for (const auto& [id, session] : all) {
        const std::string key = messages::keys::attached(id_of(id));
        commands.push_back({"ZADD", key, expiry, node_ + "/" + session});
        commands.push_back({"PEXPIRE", key, keep});
    }
    if (commands.empty()) co_return result<void>();
    const auto answers = co_await client_.pipeline(std::move(commands));
    for (const auto& answer : answers) {
        if (!answer) co_return answer.error();
    }
    co_return result<void>();
}

awaitable<result<bool>> redis_live::detach(std::string id, std::string session) {
    const std::string key = messages::keys::attached(id_of(id));
    const std::string now = std::to_string(unix_ms(time_.now()));
    std::vector<std::vector<std::string>> commands{
        {"ZREM", key, node_ + "/" + session},
        {"ZREMRANGEBYSCORE", key, "-inf", "(" + now},
        {"ZCARD", key}};
    const auto answers = co_await client_.pipeline(std::move(commands));
    for (const auto& answer : answers) {
        if (!answer) co_return answer.error();
    }
    co_return answers[0]->integer > 0 && answers[2]->integer == 0;
}

awaitable<result<void>> redis_output_channels::subscribe(std::string id) {
    return subscriber_.subscribe(messages::keys::output_stream(id_of(id)));
}

void redis_output_channels::unsubscribe(std::string id) {
    subscriber_.unsubscribe(messages::keys::output_stream(id_of(id)));
}

}  // namespace sluice::websocket
