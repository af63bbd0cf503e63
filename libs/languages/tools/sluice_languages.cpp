// sluice-languages: what ./dev languages prints. Lists the catalogue with what this machine has and
// the apt-get line that brings the rest; or only names of packages, for scripts.
#include "sluice/domain/validation.hpp"
#include "sluice/languages/catalogue.hpp"
#include "sluice/languages/prepare.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <set>

namespace {

using catalogue = std::vector<sluice::domain::language>;

std::string joined(const std::vector<std::string>& words) {
    std::string line;
    for (const auto& word : words)
        line += (line.empty() ? "" : " ") + word;
    return line;
}

void print_table(const catalogue& languages) {
    const auto found = sluice::languages::probe(languages);
    fmt::print("{:<12} {:<24} {:<12} {}\n", "id", "name", "installed", "to install");
    for (std::size_t i = 0; i < languages.size(); ++i) {
        const auto& l = languages[i];
        const bool is_there = found[i].is_available;
        const auto install = is_there ? "" : "apt-get install " + joined(l.packages);
        fmt::print(
            "{:<12} {:<24} {:<12} {}\n",
            l.id,
            l.name,
            is_there ? found[i].version : "-",
            install
        );
    }
}

void print_json(const catalogue& languages) {
    const auto found = sluice::languages::probe(languages);
    auto list = nlohmann::json::array();
    for (std::size_t i = 0; i < languages.size(); ++i) {
        list.push_back(sluice::messages::to_json(languages[i], found[i]));
    }
    fmt::print("{}\n", list.dump(2));
}

// One a line, each once.
int print_packages(const catalogue& languages, const std::vector<std::string>& ids, bool defaults) {
    std::set<std::string> packages;
    for (const auto& l : languages) {
        if (defaults && l.install_by_default) packages.insert(l.packages.begin(), l.packages.end());
    }
    for (const auto& id : ids) {
        const auto* l = sluice::domain::find_language(languages, id);
        if (l == nullptr) {
            fmt::print(stderr, "sluice-languages: there is no language '{}'\n", id);
            return 1;
        }
        packages.insert(l->packages.begin(), l->packages.end());
    }
    for (const auto& package : packages)
        fmt::print("{}\n", package);
    return 0;
}

// For every language that is installed here; one that fails is told and compiles as ever.
int prepare_all(const catalogue& languages, const std::string& root) {
    int code = 0;
    const auto found = sluice::languages::probe(languages);
    for (std::size_t i = 0; i < languages.size(); ++i) {
        const auto& l = languages[i];
        if (!found[i].is_available || l.prepare.script.empty()) continue;
        const auto folder = sluice::languages::prepare(l, root);
        if (folder) {
            fmt::print("{:<12} {}\n", l.id, *folder);
        } else {
            fmt::print(stderr, "sluice-languages: {}: {}\n", l.id, folder.error().detail);
            code = 1;
        }
    }
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Lists the languages of the catalogue and what this machine has of them.");
    std::string folder = "deployments/languages";
    std::string prepared;
    std::vector<std::string> ids;
    bool is_json = false;
    bool defaults = false;
    app.add_option("--folder", folder, "where the language files are");
    app.add_flag("--json", is_json, "as JSON, with everything that the API tells");
    app.add_flag("--packages-default", defaults, "packages of what ./dev run installs");
    app.add_option("--packages", ids, "packages of these languages");
    app.add_option(
        "--prepare",
        prepared,
        "make precompiled headers and the like in this folder, once (/var/cache/sluice)"
    );
    CLI11_PARSE(app, argc, argv);

    const auto languages = sluice::languages::load_catalogue(folder);
    if (!languages) {
        fmt::print(stderr, "sluice-languages: {}\n", languages.error().detail);
        return 2;
    }
    if (defaults || !ids.empty()) return print_packages(*languages, ids, defaults);
    if (!prepared.empty()) return prepare_all(*languages, prepared);
    if (is_json) {
        print_json(*languages);
    } else {
        print_table(*languages);
    }
    return 0;
}
