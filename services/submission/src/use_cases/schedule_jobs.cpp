// See schedule_jobs.hpp.
#include "schedule_jobs.hpp"

namespace sluice::submission {
namespace {

constexpr const char* shell = "sh";

}  // namespace

awaitable<outcome<accepted_batch>> schedule_jobs(
    observe::context ctx,
    ports& p,
    user_id owner,
    sluice::correlation_id id,
    std::vector<std::string> commands
) {
    batch_command batch;
    batch.owner = std::move(owner);
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
