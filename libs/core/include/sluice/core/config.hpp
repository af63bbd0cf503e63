// Typed configuration: defaults in code < YAML file < environment. A struct names its fields once,
// in a `describe` function; reading, checking, printing, and the reference page all come from that.
//
//     struct pool_config { std::int64_t size = 8; std::chrono::milliseconds timeout{2000}; };
//     void describe(config_visitor& v, pool_config& c) {
//         v.field("size", c.size, "connections kept open", {.minimum = 1, .maximum = 256});
//         v.field("timeout", c.timeout, "longest wait for a free connection");
//     }
//
// Environment names are SLUICE__POOL__SIZE (two underscores between levels, upper case). A secret
// may also be given as <NAME>_FILE: the path of a file that holds it; one trailing newline is
// dropped.
#pragma once

#include "sluice/core/units.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice {

// Text that must not be printed or logged.
struct secret {
    std::string value;
    bool is_set() const { return !value.empty(); }
};

struct int_range {
    std::int64_t minimum = std::numeric_limits<std::int64_t>::min();
    std::int64_t maximum = std::numeric_limits<std::int64_t>::max();
};

// One implementation reads, one prints, one documents.
class config_visitor {
public:
    virtual ~config_visitor() = default;
    virtual void field(std::string_view name, bool& value, std::string_view comment) = 0;
    virtual void field(
        std::string_view name,
        std::int64_t& value,
        std::string_view comment,
        int_range allowed = {}
    ) = 0;
    virtual void field(std::string_view name, double& value, std::string_view comment) = 0;
    virtual void field(std::string_view name, std::string& value, std::string_view comment) = 0;
    virtual void field(std::string_view name, secret& value, std::string_view comment) = 0;
    virtual void field(std::string_view name, byte_size& value, std::string_view comment) = 0;
    virtual void
    field(std::string_view name, std::chrono::milliseconds& value, std::string_view comment) = 0;
    virtual void
    field(std::string_view name, std::vector<std::string>& value, std::string_view comment) = 0;
    // Free-form keys with text values; from the environment as JSON.
    virtual void field(
        std::string_view name,
        std::map<std::string, std::string>& value,
        std::string_view comment
    ) = 0;
    // As above, but the keys are secret (bearer token → user id).
    virtual void secret_keys(
        std::string_view name,
        std::map<std::string, std::string>& value,
        std::string_view comment
    ) = 0;
    virtual void choice(
        std::string_view name,
        std::string& value,
        std::vector<std::string> allowed,
        std::string_view comment
    ) = 0;

    // Marks the next field: it may change while the service runs (sluice/core/settings.hpp); all
    // others need a restart. v.live().field("level", …)
    config_visitor& live() {
        is_next_live_ = true;
        return *this;
    }

    template <class T>
    void section(std::string_view name, T& value, std::string_view comment = {}) {
        enter(name, comment);
        describe(*this, value);
        leave();
    }

protected:
    virtual void enter(std::string_view name, std::string_view comment) = 0;
    virtual void leave() = 0;
    // Whether the field at hand was marked; asked once by each field that wants to know.
    bool take_live() { return std::exchange(is_next_live_, false); }

private:
    bool is_next_live_ = false;
};

using describe_fn = std::function<void(config_visitor&)>;

// What the operator has to mend, one sentence each: "services/x.yaml:12: unknown key 'prefech'; did
// you mean 'prefetch'?". Thrown as one exception at start-up, which is where it is caught.
class config_error : public std::exception {
public:
    explicit config_error(std::vector<std::string> problems);
    const char* what() const noexcept override { return text_.c_str(); }
    const std::vector<std::string>& problems() const { return problems_; }

private:
    std::vector<std::string> problems_;
    std::string text_;
};

// Fills the struct behind `describe`. `yaml_path` may be empty (defaults and environment only).
// Unknown keys in the file, and unknown SLUICE__ variables whose first level names a key of this
// service, are errors. Throws config_error.
void load_config(
    const describe_fn& describe,
    const std::string& yaml_path,
    const std::map<std::string, std::string>& environment
);

// The effective values as YAML, secrets as "***".
std::string print_config(const describe_fn& describe);

// A Markdown table: setting, environment variable, type, default, meaning.
std::string config_reference(const describe_fn& describe);

// The process's own environment as a map; the only place that reads `environ`.
std::map<std::string, std::string> process_environment();

}  // namespace sluice
