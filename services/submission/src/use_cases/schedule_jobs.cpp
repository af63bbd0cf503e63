// See schedule_jobs.hpp.
#include "schedule_jobs.hpp"

namespace sluice::submission {
namespace {

constexpr const char* shell = "sh";
constexpr std::size_t max_problems = 200;

// An empty program is none of our business; an empty command is a mistake of the client's.
std::optional<rejection> empty_ones(const std::vector<std::string>& commands) {
    rejection no = reject("invalid_field", "the commands are not acceptable as they are");
    for (std::size_t i = 0; i < commands.size() && no.problems.size() < max_problems; ++i) {
        if (!commands[i].empty()) continue;
        no.problems.push_back({"commands[" + std::to_string(i) + "]", "required", "is empty", ""});
    }
    if (no.problems.empty()) return std::nullopt;
    return no;
}

}  // namespace

awaitable<outcome<accepted_batch>> schedule_jobs(
    observe::context ctx,
    ports& p,
    quota_subject who,
    sluice::correlation_id id,
    std::vector<std::string> commands
) {
    if (auto no = empty_ones(commands)) co_return std::move(*no);
    batch_command batch;
    batch.owner = std::move(who.user);
    batch.key_id = who.key;
    batch.correlation_id = id;
    batch.request.is_commands = true;
    for (auto& command : commands) {
        domain::submit_request item;
        item.language = shell;
        item.files.push_back({"", std::move(command)});
        batch.request.items.push_back(std::move(item));
    }
    co_return co_await accept_batch(std::move(ctx), p, std::move(batch));
}

}  // namespace sluice::submission
