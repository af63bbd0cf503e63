// One JSON object per line on stderr. Fixed fields: ts, level, service, event, correlation_id,
// submission_id, trace_id, user_id, attempt, error, then the event's own. `event` is a stable
// snake_case name; prose goes in "message". Never logged: source code, program output, tokens.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/observe/context.hpp"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace sluice {
class config_visitor;
}

namespace sluice::observe {

enum class level { debug, info, warn, error };

using field_value = std::variant<std::string, std::int64_t, double, bool>;
struct field {
    field(std::string_view n, std::string v) : name(n), value(std::move(v)) {}
    field(std::string_view n, std::string_view v) : name(n), value(std::string(v)) {}
    field(std::string_view n, const char* v) : name(n), value(std::string(v)) {}
    field(std::string_view n, bool v) : name(n), value(v) {}
    field(std::string_view n, double v) : name(n), value(v) {}
    template <class Int>
        requires(std::is_integral_v<Int> && !std::is_same_v<Int, bool>)
    field(std::string_view n, Int v) : name(n), value(static_cast<std::int64_t>(v)) {}
    field(std::string_view n, const sluice::error& e) : name(n), value(describe(e)) {}
    std::string_view name;
    field_value value;
};
using fields = std::initializer_list<field>;

// Set-up, once, in service_main. The sink is asynchronous and bounded: overflow drops lines and
// counts them.
struct log_config {
    std::string level = "info";  // debug, info, warn, error
};
void describe(config_visitor& v, log_config& c);
void init_log(std::string service, const log_config& config);
void shutdown_log();  // writes what is queued
void set_level(level l);
level current_level();
bool parse_level(std::string_view text, level& out);

void log(level l, const context& ctx, std::string_view event, fields f = {});
inline void debug(const context& c, std::string_view event, fields f = {}) {
    log(level::debug, c, event, f);
}
inline void info(const context& c, std::string_view event, fields f = {}) {
    log(level::info, c, event, f);
}
inline void warn(const context& c, std::string_view event, fields f = {}) {
    log(level::warn, c, event, f);
}
inline void error(const context& c, std::string_view event, fields f = {}) {
    log(level::error, c, event, f);
}

// Tests: replaces the sink with a function that gets each finished line; returns by destruction.
class log_redirect {
public:
    explicit log_redirect(std::function<void(std::string line)> sink);
    ~log_redirect();
    log_redirect(const log_redirect&) = delete;
    log_redirect& operator=(const log_redirect&) = delete;
};

}  // namespace sluice::observe
