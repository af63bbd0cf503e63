// The parts that reading, printing and documenting share: the error, and the names of settings.
#include "sluice/core/config.hpp"

#include "config_names.hpp"

#include "sluice/core/settings.hpp"

#include <unistd.h>

#include <algorithm>
#include <numeric>

namespace sluice {

config_error::config_error(std::vector<std::string> problems) : problems_(std::move(problems)) {
    for (const std::string& problem : problems_) {
        if (!text_.empty()) text_ += '\n';
        text_ += problem;
    }
}

std::map<std::string, std::string> process_environment() {
    std::map<std::string, std::string> result;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
        const std::string_view text = *entry;
        const std::size_t equals = text.find('=');
        if (equals == std::string_view::npos) continue;
        result.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
    return result;
}

namespace config_names {

std::string environment_name(const std::vector<std::string>& path, std::string_view name) {
    return environment_variable(dotted_name(path, name));
}

std::string dotted_name(const std::vector<std::string>& path, std::string_view name) {
    std::string out;
    for (const std::string& level : path)
        out += level + ".";
    out += name;
    return out;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({substitute, row[j] + 1, row[j - 1] + 1});
        }
    }
    return row.back();
}

std::string suggestion(std::string_view unknown, const std::vector<std::string>& known) {
    const std::string* best = nullptr;
    std::size_t best_distance = std::max<std::size_t>(2, unknown.size() / 3) + 1;
    for (const std::string& candidate : known) {
        const std::size_t distance = edit_distance(unknown, candidate);
        if (distance < best_distance) {
            best_distance = distance;
            best = &candidate;
        }
    }
    return best == nullptr ? std::string() : "; did you mean '" + *best + "'?";
}

std::string joined(const std::vector<std::string>& items) {
    std::string out;
    for (const std::string& item : items) {
        if (!out.empty()) out += ", ";
        out += item;
    }
    return out;
}

}  // namespace config_names
}  // namespace sluice
