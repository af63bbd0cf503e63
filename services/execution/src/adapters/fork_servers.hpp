// Whose programs are forked from an interpreter that was started before they came, made from the
// configuration and the language files once at start.
#pragma once

#include "config.hpp"
#include "language_table.hpp"

#include "sluice/core/ids.hpp"
#include "sluice/sandbox/fork.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::execution {

class fork_servers {
public:
    fork_servers() = default;
    // Of the available languages that offer it and that `c` leaves on. Without users there is none.
    static result<fork_servers> make(
        const std::vector<installed_language>& available,
        const fork_config& c,
        const sandbox::sandbox_config& sandbox
    );

    // nullptr: such programs of this user start by themselves.
    std::shared_ptr<const sandbox::fork_spec> find(const user_id& user, std::string_view language)
        const;
    std::size_t size() const { return specs_.size(); }

private:
    std::set<user_id, std::less<>> users_;
    std::map<std::string, std::shared_ptr<const sandbox::fork_spec>, std::less<>> specs_;
};

// Whether a run's command is one that a server of `spec` has an interpreter for.
bool serves(const sandbox::fork_spec& spec, const sandbox::run_request& request);

// What `c` says wrongly; empty when nothing.
std::string problem_in(const fork_config& c);

}  // namespace sluice::execution
