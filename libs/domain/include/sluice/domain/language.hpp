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
// "{compile_args}" and "{prepared_args}" stand for none, one or many arguments.
using argv_template = std::vector<std::string>;

// What is made once on a machine so that the compiler, or what runs, has less to do for each job:
// precompiled headers, a class archive, a warm cache. Read-only in every sandbox; {prepared} stands
// for its folder. Whatever is not plainly right for it is compiled without it.
struct preparation {
    std::string script;          // for /bin/sh, in the new folder; lists in the file `depends`
                                 // what it was made from; empty: nothing is prepared
    argv_template compile_args;  // take the place of "{prepared_args}"
    argv_template run_args;      // the same in `run`, whatever the compile arguments are
    std::vector<std::pair<std::string, std::string>> compile_env;
    std::vector<std::string> compatible_args;  // patterns: with any other compile argument it is
                                               // left out
    // The compiler says the same with it as without. When false, only a silent success counts, and
    // anything else is compiled again without.
    bool keeps_messages = false;
};

// An interpreter or compiler that waits for its program (libs/sandbox/src/warm.hpp). It is started,
// comes upon the agent's file, removes it, and waits there.
struct warm_start {
    bool is_offered = false;
    bool is_for_compiler = false;  // waits for the compile step, not for the program
    argv_template command;         // empty: the step's own, as it is without arguments; "{compile}"
                                   // stands for how each compiler's command begins
    std::string agent_path;        // where it lies, relative to /box
    std::string agent_code;        // what is in it
    // Where the library waits that is loaded into it (sluice/sandbox/take.hpp); empty: the agent
    // needs none.
    std::string waits_at;
    // With less memory than this a program starts cold: what waits must fit in.
    std::int64_t memory_bytes = 32 << 20;
    // How long a sandbox must have been idle before it is started, when that is longer than the
    // service's setting.
    std::int64_t quiet_ms = 0;
    // Where an operator names users for it, their programs are forked from one interpreter
    // (sluice/sandbox/fork.hpp). Python only.
    bool has_forks = false;
};

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
    preparation prepare;
    warm_start warm;
    bool has_loopback =
        false;  // its programs get 127.0.0.1 and ::1 of their own (`network: loopback`)
    bool has_egress = false;                   // and what the operator lists (`network: egress`)
    std::vector<std::string> read_only_paths;  // host paths that the toolchain needs
    // Files and folders that compiling and running reads most; read once when a worker starts.
    std::vector<std::string> toolchain_files;
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
    std::string version;               // "3.11.2"
    std::string reason;                // why not, with the package that would bring it
    std::string prepared_folder = {};  // what language::prepare made here; "" when there is nothing
};

}  // namespace sluice::domain
