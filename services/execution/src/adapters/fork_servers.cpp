// The interpreter is started with the command and environment of a program without arguments and
// variables of its own.
#include "adapters/fork_servers.hpp"

#include "sluice/domain/execution_plan.hpp"
#include "sluice/observe/log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::execution {
namespace {

constexpr std::size_t longest_user_id = 64;

bool is_user_id(std::string_view text) {
    constexpr std::string_view allowed =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
    return !text.empty() && text.size() <= longest_user_id &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

// Most runs have the language's own; another one starts by itself.
std::int64_t usual_stack(const domain::language& l) {
    std::vector<domain::limit_problem> ignored;
    return domain::effective_limits({}, l.run_limits, domain::limit_policy::from_table(), ignored)
        .stack_bytes;
}

}  // namespace

std::string problem_in(const fork_config& c) {
    for (const std::string& user : c.users) {
        if (!is_user_id(user)) {
            return "fork_server.users: \"" + user +
                   "\" is not the id of a user: 1 to 64 characters of A-Z, a-z, 0-9 and ._@-";
        }
        if (std::ranges::count(c.users, user) > 1) {
            return "fork_server.users names \"" + user + "\" twice";
        }
    }
    return "";
}

result<fork_servers> fork_servers::make(
    const std::vector<installed_language>& available,
    const fork_config& c,
    const sandbox::sandbox_config& sandbox
) {
    fork_servers all;
    if (c.users.empty()) return all;
    all.users_.insert(c.users.begin(), c.users.end());
    for (const installed_language& i : available) {
        const domain::language& l = *i.language;
        if (!l.warm.has_forks || std::ranges::count(c.without, l.id) > 0) continue;
        domain::task task;
        task.files.push_back({l.source_file, ""});
        const domain::execution_plan plan =
            domain::make_plan(task, l, i.availability.version, i.availability.prepared_folder);
        sandbox::fork_spec spec;
        spec.key = all.specs_.size() + 1;
        spec.runs = static_cast<std::uint32_t>(c.runs);
        spec.what.argv = plan.run.argv;
        spec.what.env = plan.run.env;
        spec.stack_bytes = usual_stack(l);
        auto library = sandbox::python_fork_library(sandbox);
        if (!library) return std::move(library).error();
        spec.library = std::move(*library);
        all.specs_.emplace(l.id, std::make_shared<const sandbox::fork_spec>(std::move(spec)));
    }
    return all;
}

std::shared_ptr<const sandbox::fork_spec>
fork_servers::find(const user_id& user, std::string_view language) const {
    if (!users_.contains(user)) return nullptr;
    const auto found = specs_.find(language);
    return found == specs_.end() ? nullptr : found->second;
}

bool serves(const sandbox::fork_spec& spec, const sandbox::run_request& request) {
    const std::vector<std::string>& own = spec.what.argv;
    return request.how == sandbox::interaction::none &&
           request.network == sandbox::network_reach::none &&
           request.what.argv.size() >= own.size() &&
           std::equal(own.begin(), own.end(), request.what.argv.begin());
}

}  // namespace sluice::execution
