// See startup.hpp.
#include "startup.hpp"

#include "sluice/fleet/member.hpp"
#include "sluice/languages/catalogue.hpp"
#include "sluice/languages/prepare.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <type_traits>

namespace sluice::execution {
namespace {

template <class T>
T or_throw(result<T> r, const std::string& what) {
    if (!r) throw std::runtime_error(what + ": " + describe(r.error()));
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
}

}  // namespace

std::string make_worker_id(const worker_config& c) {
    if (!c.id.empty()) return c.id;
    return fleet::make_instance_id();
}

std::vector<std::string>
prepared_folders(const config& c, const std::vector<domain::language>& catalogue) {
    std::vector<std::string> folders;
    for (const domain::language& l : catalogue)
        folders.push_back(languages::find_prepared(l, c.worker.prepared_folder));
    return folders;
}

std::vector<domain::language_availability> with_prepared(
    std::vector<domain::language_availability> found,
    const std::vector<std::string>& prepared
) {
    for (std::size_t i = 0; i < found.size(); ++i)
        found[i].prepared_folder = prepared[i];
    return found;
}

sandbox::sandbox_config sandbox_settings(
    const config& c,
    const std::vector<domain::language>& catalogue,
    const std::vector<std::string>& prepared
) {
    sandbox::sandbox_config settings = c.sandbox;
    std::vector<std::string> paths = needed_paths(catalogue);
    std::ranges::copy_if(prepared, std::back_inserter(paths), [](const std::string& folder) {
        return !folder.empty();
    });
    paths.insert(paths.end(), settings.read_only_paths.begin(), settings.read_only_paths.end());
    settings.read_only_paths = without_nested(std::move(paths));
    settings.has_fork_servers = !c.fork_server.users.empty();
    return settings;
}

result<void> check_networks(const config& c, const std::vector<domain::language>& catalogue) {
    if (c.sandbox.backend == "native") return {};
    for (const domain::language& l : catalogue) {
        if (!l.has_loopback) continue;
        return fail(
            errc::invalid,
            "language " + l.id +
                " asks for network: loopback, which only sandbox.backend native has; choose that, "
                "or take the language out of worker.languages_folder"
        );
    }
    return {};
}

std::vector<domain::language_availability> without_closed_networks(
    const config& c,
    const std::vector<domain::language>& catalogue,
    std::vector<domain::language_availability> found
) {
    const bool is_native = c.sandbox.backend == "native";
    if (is_native && !c.sandbox.network.egress.empty()) return found;
    for (std::size_t i = 0; i < found.size(); ++i) {
        if (!catalogue[i].has_egress) continue;
        found[i].is_available = false;
        found[i].reason =
            is_native ? "its programs need a way out, and sandbox.network.egress permits none"
                      : "its programs need network: egress, which only sandbox.backend native has";
    }
    return found;
}

started_process start_process(const config& c) {
    auto catalogue = or_throw(
        languages::load_catalogue(c.worker.languages_folder),
        "the language catalogue cannot be read"
    );
    or_throw(check_networks(c, catalogue), "the languages do not fit the sandbox");
    // Looked for once, and before the rights go: what the sandboxes show is what the plans name.
    const std::vector<std::string> prepared = prepared_folders(c, catalogue);
    started_process p;
    p.launcher = or_throw(
        sandbox::launcher::spawn(sandbox_settings(c, catalogue, prepared)),
        "the sandbox cannot be started"
    );
    // Beyond this point nothing needs a right, and nothing has one.
    p.privileges = c.worker.run_as.empty()
                       ? current_privileges()
                       : or_throw(drop_privileges(c.worker.run_as), "giving up root failed");
    auto found =
        without_closed_networks(c, catalogue, with_prepared(languages::probe(catalogue), prepared));
    p.toolchain_paths = toolchain_paths(catalogue, found);
    p.languages = language_table(std::move(catalogue), std::move(found));
    // In a container of an OCI runtime programs start cold.
    if (c.sandbox.backend == "native") {
        p.warm = or_throw(
            warm_runtimes::make(p.languages.available(), c.warm_runtimes, c.sandbox),
            "a warm runtime cannot be made"
        );
        p.forks = or_throw(
            fork_servers::make(p.languages.available(), c.fork_server, c.sandbox),
            "a fork server cannot be made"
        );
    }
    p.worker_id = make_worker_id(c.worker);
    return p;
}

int doctor(const config& c) {
    auto catalogue = languages::load_catalogue(c.worker.languages_folder);
    const sandbox::self_check_report report =
        sandbox::self_check(catalogue ? sandbox_settings(c, *catalogue, {}) : c.sandbox);
    print("Sandbox\n" + report.to_text() + "\nLanguages\n");
    if (!catalogue) {
        print("  " + describe(catalogue.error()) + "\n");
        return 1;
    }
    if (const auto fits = check_networks(c, *catalogue); !fits) {
        print("  " + describe(fits.error()) + "\n");
        return 1;
    }
    const auto prepared = prepared_folders(c, *catalogue);
    auto found = without_closed_networks(
        c,
        *catalogue,
        with_prepared(languages::probe(*catalogue), prepared)
    );
    const language_table table(std::move(*catalogue), std::move(found));
    print(table.to_text());
    const bool can_run = report.is_safe && table.available_count() > 0;
    print(
        can_run ? "\nThis machine can run programs.\n"
                : "\nThis machine cannot run programs yet; see above.\n"
    );
    return can_run ? 0 : 1;
}

}  // namespace sluice::execution
