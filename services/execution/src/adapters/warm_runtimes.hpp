// Which interpreters and compilers may wait in a slot's next sandbox, made from the language files
// once at start.
#pragma once

#include "config.hpp"
#include "language_table.hpp"

#include "sluice/domain/language.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::execution {

struct warm_runtime {
    std::shared_ptr<const sandbox::warm_spec> spec;
    // What a command that it can serve begins with; nothing may follow when it is complete.
    std::vector<std::string> argv;
    bool is_complete = false;
    std::vector<std::string> env;  // that it must have, unless the agent looks after that; or none

    bool serves(const sandbox::command& what) const;
};

class warm_runtimes {
public:
    warm_runtimes() = default;
    // Of the available languages that offer one and that `c` leaves on. One that waits by the
    // sandbox's library is left out when that is not there.
    static result<warm_runtimes> make(
        const std::vector<installed_language>& available,
        const warm_config& c,
        const sandbox::sandbox_config& sandbox
    );

    // By language id; nullptr: its programs start cold.
    const warm_runtime* find(std::string_view language) const;
    std::size_t size() const { return all_.size(); }

private:
    std::map<std::string, warm_runtime, std::less<>> all_;
};

}  // namespace sluice::execution
