// Which interpreters may wait in a slot's next sandbox, made from the language files once at start.
#pragma once

#include "config.hpp"

#include "sluice/domain/language.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::execution {

class warm_runtimes {
public:
    using spec = std::shared_ptr<const sandbox::warm_spec>;

    warm_runtimes() = default;
    // Of the available languages that offer one and that `c` leaves on.
    static result<warm_runtimes>
    make(const std::vector<domain::language>& available, const warm_config& c);

    // By language id; nullptr: its programs start cold.
    spec find(std::string_view language) const;
    // Whether a run with these arguments is what the runtime waits for.
    static bool serves(const sandbox::warm_spec& runtime, const std::vector<std::string>& argv);
    std::size_t size() const { return specs_.size(); }

private:
    std::map<std::string, spec, std::less<>> specs_;
};

}  // namespace sluice::execution
