// Task + language → the commands to run, pure: templates filled in, environment put together, cache
// key material.
#pragma once

#include "sluice/domain/language.hpp"
#include "sluice/domain/submission.hpp"

#include <optional>
#include <string>
#include <vector>

namespace sluice::domain {

struct planned_command {
    std::vector<std::string> argv;
    std::vector<std::string> env;  // "NAME=value"; PATH, HOME=/box, LANG=C.UTF-8, TMPDIR come
                                   // first, then the language's, then the user's (run only)
    domain::limits limits;
    bool has_loopback = false;
    bool has_egress = false;
};

struct execution_plan {
    std::optional<planned_command> compile;
    // The same without what was prepared, when `compile` uses that and might say something else
    // for it: then only a silent success of `compile` counts, and anything else is compiled again
    // with this. So neither other messages nor a broken preparation reach the user.
    std::optional<planned_command> compile_plainly;
    planned_command run;
    std::string artefact_folder;  // below /box; the sandbox makes it before the compiler runs
                                  // ("" when nothing is compiled)
    bool keeps_sources = true;
    // Everything that decides the artefact, unambiguously encoded (length-prefixed): language, its
    // version, compile argv and env, and all files. SHA-256 of it is the key of the compile cache.
    std::string cache_material;
    std::string prepared_folder;  // that the run uses; "" for none
};

// `prepared_folder`: what language::prepare made on this machine; "" when there is nothing. Its
// name tells its content, so that it is part of the key.
execution_plan make_plan(
    const task& t,
    const language& l,
    const std::string& installed_version,
    const std::string& prepared_folder = {}
);

// The run's argv with other arguments than the task's: a test's, or a generator's seed.
std::vector<std::string> run_argv(
    const task& t,
    const language& l,
    const std::vector<std::string>& args,
    const std::string& prepared_folder
);

}  // namespace sluice::domain
