// What may change while a service runs, and the one way in which it does: a whole new configuration
// is read and checked whole; when anything in it is wrong nothing changes, otherwise its live
// fields take effect and what needs a restart is named. It comes from the file (SIGHUP, or the file
// itself changed) or from administrators, whose values go over file and environment.
#pragma once

#include "sluice/core/settings.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sluice::runtime {

// A fresh configuration of a service with its defaults, to be read into.
struct candidate_config {
    std::shared_ptr<void> holder;
    describe_fn describe;
    std::function<std::vector<std::string>()> unfit_settings;
};

// For a service whose configuration is a Config with describe() and unfit_settings().
template <class Config>
candidate_config make_candidate() {
    auto fresh = std::make_shared<Config>();
    return {
        fresh,
        [fresh](config_visitor& v) { describe(v, *fresh); },
        [fresh] { return unfit_settings(*fresh); }};
}

struct setting_problem {
    std::string setting;  // empty: of the file, or of several together
    std::string message;
};

struct settings_verdict {
    std::vector<setting_problem> problems;  // none: it is good
    std::vector<setting_change> applied;    // live, and different from what was in force
    std::vector<setting_change> needs_restart;
    bool is_good() const { return problems.empty(); }
};

// Values of administrators by the settings' names, as the environment would give them.
using setting_overrides = std::map<std::string, std::string>;

// Administrators set what is live, but no secrets and not who may call or administer: those are the
// operator's, in the file.
bool may_be_overridden(const setting& s);

class live_settings {
public:
    struct source {
        std::string file;  // empty: none
        std::map<std::string, std::string> environment;
        describe_fn current;  // what is in force
        std::function<candidate_config()> make_candidate;
        // After the fields of `current` have their new values.
        std::function<void(const std::vector<setting_change>&)> on_applied;
    };
    explicit live_settings(source s);

    // Reads the file again. Logged and counted here, with every problem or every change.
    settings_verdict reload(std::string_view why);
    // What would become of these overrides in the place of the present ones; nothing changes.
    settings_verdict check(const setting_overrides& wanted) const;
    settings_verdict set_overrides(const setting_overrides& wanted, std::string_view why);

    const setting_overrides& overrides() const { return overrides_; }
    std::vector<setting> list() const { return list_settings(source_.current); }
    // Of all values as they are shown: two instances with the same one are set alike.
    std::string digest() const;
    const std::string& file() const { return source_.file; }

private:
    settings_verdict judge(const setting_overrides& wanted, candidate_config& fresh) const;
    void apply(settings_verdict& v, const candidate_config& fresh, std::string_view why);

    source source_;
    setting_overrides overrides_;
};

}  // namespace sluice::runtime
