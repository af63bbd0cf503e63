// One entry of the language catalogue (deployments/languages/<id>.yaml), as data.
#pragma once

#include "sluice/domain/limits.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace sluice::domain {

// argv templates. Each element may contain {source} (the main file), {output} (where the artefact
// goes), {main_class} (main file's name without its ending); the elements "{sources}", "{args}" and
// "{compile_args}" stand for none, one or many arguments.
using argv_template = std::vector<std::string>;

struct language {
    std::string id;                       // "python3"
    std::string name;                     // "Python 3"
    std::vector<std::string> aliases;     // accepted in `language` too: "python", "py"
    std::string source_file;              // "main.py": the name of a lone source
    std::vector<std::string> extensions;  // {".py"}
    argv_template compile;                // empty: interpreted
    argv_template run;
    std::string
        artefact_folder;        // relative to /box: what compile leaves behind; "" for interpreted
    bool keeps_sources = true;  // sources are present at run time too
    std::vector<std::pair<std::string, std::string>> env;  // set for compile and run
    requested_limits run_limits;  // defaults of this language where they differ
    limits compile_limits;        // fixed for the compiler
    std::vector<std::string>
        compile_arg_patterns;  // ECMAScript regular expressions; an argument must match one in full
    std::vector<std::string> read_only_paths;  // host paths that the toolchain needs
    std::vector<std::string> version_command;
    std::string version_pattern;        // first capture group is the version
    std::vector<std::string> packages;  // Debian packages that bring it
    std::vector<std::int64_t> judge0_ids;
    std::vector<std::string> piston_aliases;
    std::string example;              // a program that prints "Hello, Sluice!" and a newline
    bool install_by_default = false;  // ./dev run installs it
};

// What a worker found on its machine.
struct language_availability {
    std::string id;
    bool is_available = false;
    std::string version;  // "3.11.2"
    std::string reason;   // why not, with the package that would bring it
};

}  // namespace sluice::domain
