// Typed reading of one YAML mapping: each wrong, missing or unknown key is a sentence with file and
// line. Private to this library.
#pragma once

#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::languages {

class yaml_reader {
public:
    // `where` names the mapping in messages: "" at the top, "run_limits" below.
    yaml_reader(
        YAML::Node node,
        std::string file_name,
        std::string where,
        std::vector<std::string>& problems
    );

    std::string required_text(const char* key);
    std::string text(const char* key, std::string fallback = {});
    bool boolean(const char* key, bool fallback);
    std::vector<std::string> text_list(const char* key);
    std::vector<std::string> required_text_list(const char* key);
    std::vector<std::int64_t> integer_list(const char* key);
    std::vector<std::pair<std::string, std::string>> text_map(const char* key);
    // Bare integers in the unit that the key's name says.
    std::optional<std::int64_t> integer(const char* key);
    YAML::Node mapping(const char* key);

    // Problems for every key that was not asked for.
    void refuse_unknown_keys();
    // A problem at `key`'s line (or the mapping's own when it is absent).
    void problem(const char* key, std::string_view message);

private:
    YAML::Node find(const char* key);
    std::string place(const YAML::Node& at) const;

    YAML::Node node_;
    std::string file_name_;
    std::string where_;
    std::vector<std::string>& problems_;
    std::set<std::string> asked_;
};

}  // namespace sluice::languages
