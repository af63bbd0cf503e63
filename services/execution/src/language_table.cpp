// See language_table.hpp.
#include "language_table.hpp"

#include "sluice/domain/validation.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

namespace sluice::execution {

language_table::language_table(
    std::vector<domain::language> catalogue,
    std::vector<domain::language_availability> availability
)
    : catalogue_(std::move(catalogue)) {
    for (const domain::language& l : catalogue_) {
        const auto found =
            std::ranges::find(availability, l.id, &domain::language_availability::id);
        if (found != availability.end()) {
            availability_.push_back(*found);
        } else {
            availability_.push_back({l.id, false, "", "it was not looked for"});
        }
    }
}

installed_language language_table::find(std::string_view name) const {
    const domain::language* language = domain::find_language(catalogue_, name);
    if (language == nullptr) return {};
    const auto index = static_cast<std::size_t>(language - catalogue_.data());
    return {language, availability_[index]};
}

std::size_t language_table::available_count() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(availability_, &domain::language_availability::is_available)
    );
}

std::vector<installed_language> language_table::available() const {
    std::vector<installed_language> found;
    for (std::size_t i = 0; i < catalogue_.size(); ++i) {
        if (availability_[i].is_available) found.push_back({&catalogue_[i], availability_[i]});
    }
    return found;
}

std::string language_table::to_text() const {
    std::size_t widest = 0;
    for (const domain::language& l : catalogue_)
        widest = std::max(widest, l.id.size());
    std::string text;
    for (std::size_t i = 0; i < catalogue_.size(); ++i) {
        const domain::language_availability& a = availability_[i];
        text += a.is_available ? "  [ok]      " : "  [missing] ";
        text += catalogue_[i].id + std::string(widest - catalogue_[i].id.size() + 2, ' ');
        text += a.is_available ? catalogue_[i].name + " " + a.version : a.reason;
        if (!a.prepared_folder.empty()) text += " (prepared: " + a.prepared_folder + ")";
        text += '\n';
    }
    return text;
}

std::vector<std::string> without_nested(std::vector<std::string> paths) {
    for (std::string& path : paths) {
        while (path.size() > 1 && path.back() == '/')
            path.pop_back();
    }
    std::ranges::sort(paths);
    std::vector<std::string> kept;
    for (std::string& path : paths) {
        // Not only the last kept: "/usr", "/usr-x", "/usr/lib" is the sorted order.
        const bool is_covered = std::ranges::any_of(kept, [&](const std::string& above) {
            return path == above || path.starts_with(above + "/");
        });
        if (!is_covered) kept.push_back(std::move(path));
    }
    return kept;
}

std::vector<std::string> needed_paths(const std::vector<domain::language>& catalogue) {
    std::vector<std::string> paths;
    for (const domain::language& l : catalogue) {
        for (const std::string& path : l.read_only_paths) {
            std::error_code ignored;
            if (std::filesystem::exists(path, ignored)) paths.push_back(path);
        }
    }
    return without_nested(std::move(paths));
}

}  // namespace sluice::execution
