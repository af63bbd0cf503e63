// The section `warm` of a language file.
#pragma once

#include "yaml_reader.hpp"

#include "sluice/domain/language.hpp"

#include <string>
#include <vector>

namespace sluice::languages {

domain::warm_start
read_warm(yaml_reader& outer, const std::string& file, std::vector<std::string>& problems);

// That it suits the rest of the file.
void check_warm(yaml_reader& from, const domain::language& l);

}  // namespace sluice::languages
