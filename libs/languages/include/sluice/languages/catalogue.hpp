// Reads the language files. A wrong file is an error with file, line and key: a service with a
// half-read catalogue does not start. Probing runs a language's own version command and says what
// is missing.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/domain/language.hpp"

#include <string>
#include <vector>

namespace sluice::languages {

// Every *.yaml of the folder, sorted by id. Ids and aliases are unique.
result<std::vector<domain::language>> load_catalogue(const std::string& folder);
result<domain::language> parse_language(const std::string& yaml, const std::string& file_name);

// Blocking (posix_spawn, 10 s at most each): start-up only, before threads.
std::vector<domain::language_availability> probe(const std::vector<domain::language>& catalogue);

}  // namespace sluice::languages
