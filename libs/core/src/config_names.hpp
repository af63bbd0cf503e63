// Names of settings as the file, the environment and the messages to the operator write them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::config_names {

// {"pool"}, "size" → "SLUICE__POOL__SIZE".
std::string environment_name(const std::vector<std::string>& path, std::string_view name);
// {"pool"}, "size" → "pool.size".
std::string dotted_name(const std::vector<std::string>& path, std::string_view name);

std::size_t edit_distance(std::string_view a, std::string_view b);
// "; did you mean 'prefetch'?", or nothing when no known name is near.
std::string suggestion(std::string_view unknown, const std::vector<std::string>& known);

std::string joined(const std::vector<std::string>& items);

}  // namespace sluice::config_names
