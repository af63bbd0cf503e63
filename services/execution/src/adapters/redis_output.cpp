// The id of an entry is "<attempt>-<seq>": Redis itself refuses what an attempt that was given up
// still writes after a later one has begun.
#include "adapters/redis_output.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/messages/topology.hpp"

#include <utility>

namespace sluice::execution {

std::vector<std::vector<std::string>>
output_commands(const output_batch& batch, std::chrono::milliseconds ttl) {
    std::vector<std::vector<std::string>> commands;
    if (batch.pieces.empty()) return commands;
    const std::string key = messages::keys::output_stream(batch.pieces.front().id);
    const std::string attempt = std::to_string(batch.pieces.front().attempt) + "-";
    for (const domain::output_piece& p : batch.pieces) {
        std::string bytes = messages::encode(p);
        commands.push_back(
            {"XADD",
             key,
             "MINID",
             attempt + std::to_string(batch.keep_from),
             attempt + std::to_string(p.seq),
             std::string(messages::live_field),
             bytes}
        );
        commands.push_back({"PUBLISH", key, std::move(bytes)});
    }
    commands.push_back({"PEXPIRE", key, std::to_string(ttl.count())});
    return commands;
}

awaitable<result<void>> redis_output::publish(output_batch batch) {
    auto commands = output_commands(batch, ttl_);
    batch = {};
    const auto answers = co_await redis_.pipeline(std::move(commands));
    for (const auto& answer : answers) {
        if (!answer) co_return answer.error();
    }
    co_return result<void>();
}

}  // namespace sluice::execution
