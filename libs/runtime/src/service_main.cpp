// The command line and the configuration of a service; the life that follows is in
// service_life.cpp.
#include "sluice/runtime/service_main.hpp"

#include "service_life.hpp"

#include "sluice/runtime/build_info.hpp"

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <deque>

namespace sluice::runtime {
namespace {

constexpr int exit_bad_setting = 2;

struct options {
    std::string config_file;
    bool check_config = false;
    bool print_config = false;
    bool config_reference = false;
    std::deque<bool> commands;  // a deque: CLI11 keeps references to the elements
};

std::string version_text(const std::string& name) {
    const build_info& build = this_build();
    std::string text = "sluice-" + name + " " + std::string(build.version);
    if (!build.revision.empty()) text += " (" + std::string(build.revision) + ")";
    return text + ", " + std::string(build.compiler) + ", " + std::string(build.build_type);
}

void declare(CLI::App& app, options& o, const service_definition& definition) {
    app.add_option("--config", o.config_file, "YAML file with the settings");
    app.add_flag(
        "--check-config",
        o.check_config,
        "read the settings, report what is wrong, and exit"
    );
    app.add_flag(
        "--print-config",
        o.print_config,
        "print the effective settings, secrets masked, and exit"
    );
    app.add_flag(
        "--config-reference",
        o.config_reference,
        "print a table of all settings and exit"
    );
    app.set_version_flag("--version", version_text(definition.name));
    for (const service_definition::command& command : definition.commands) {
        o.commands.push_back(false);
        app.add_flag(command.flag, o.commands.back(), command.help);
    }
}

void print(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void start_log(const service_definition& definition) {
    observe::init_log(definition.name, definition.log ? definition.log() : observe::log_config{});
}

int run_command(const service_definition& definition, const service_definition::command& command) {
    start_log(definition);
    const int code = command.run();
    observe::shutdown_log();
    return code;
}

void refuse_unfit_settings(const service_definition& definition) {
    if (!definition.unfit_settings) return;
    auto problems = definition.unfit_settings();
    if (!problems.empty()) throw config_error(std::move(problems));
}

int configure_and_run(const options& o, const service_definition& definition) {
    if (o.config_reference) {
        print(config_reference(definition.describe));
        return 0;
    }
    load_config(definition.describe, o.config_file, process_environment());
    if (o.print_config) print(print_config(definition.describe));
    if (o.print_config && !o.check_config) return 0;
    if (o.check_config) {
        refuse_unfit_settings(definition);
        print("the configuration is good\n");
        return 0;
    }
    for (std::size_t i = 0; i < o.commands.size(); ++i) {
        if (o.commands[i]) return run_command(definition, definition.commands[i]);
    }
    refuse_unfit_settings(definition);
    // The log has a thread; what must be forked without threads comes before it.
    if (definition.before_threads) definition.before_threads();
    start_log(definition);
    const int code = run_until_signal(definition, o.config_file);
    observe::shutdown_log();
    return code;
}

}  // namespace

int run_service(int argc, const char* const* argv, const service_definition& definition) {
    // A peer that went away is an error of the write, never a reason to die.
    std::signal(SIGPIPE, SIG_IGN);
    options o;
    CLI::App app(definition.description, "sluice-" + definition.name);
    declare(app, o, definition);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : exit_bad_setting;
    }
    try {
        return configure_and_run(o, definition);
    } catch (const std::exception& e) {
        observe::shutdown_log();
        std::fprintf(stderr, "sluice-%s cannot start:\n%s\n", definition.name.c_str(), e.what());
        return exit_bad_setting;
    }
}

}  // namespace sluice::runtime
