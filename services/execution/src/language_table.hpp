// The catalogue together with what this machine has of it. Read-only once made.
#pragma once

#include "decisions.hpp"

#include "sluice/domain/language.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace sluice::execution {

class language_table {
public:
    language_table() = default;
    // One availability for each language, in any order; a language without one is unavailable.
    language_table(
        std::vector<domain::language> catalogue,
        std::vector<domain::language_availability> availability
    );

    // By id or alias.
    installed_language find(std::string_view name) const;
    const std::vector<domain::language_availability>& availability() const { return availability_; }
    std::size_t available_count() const;
    std::vector<installed_language> available() const;  // pointers into this
    std::string to_text() const;                        // for --doctor

private:
    std::vector<domain::language> catalogue_;
    std::vector<domain::language_availability> availability_;  // in the catalogue's order
};

// The host paths that the languages need and this machine has, sorted, none twice, none below
// another.
std::vector<std::string> needed_paths(const std::vector<domain::language>& catalogue);
// The pure half of it.
std::vector<std::string> without_nested(std::vector<std::string> paths);

}  // namespace sluice::execution
