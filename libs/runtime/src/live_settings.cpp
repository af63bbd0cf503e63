// See live_settings.hpp.
#include "sluice/runtime/live_settings.hpp"

#include "sluice/observe/log.hpp"
#include "sluice/observe/metrics.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace sluice::runtime {
namespace {

void count_outcome(const char* outcome) {
    observe::metrics::instance()
        .get_counter(
            "sluice_config_changes_total",
            "new configurations by what became of them",
            {{"outcome", outcome}}
        )
        .increment();
}

// 1 while the newest configuration is not the one in force.
void show_refused(bool is_refused) {
    observe::metrics::instance()
        .get_gauge("sluice_config_refused", "1: the newest configuration was refused")
        .set(is_refused ? 1 : 0);
}

// The reader names a wrong override by the variable that stands for it; other checks begin with
// the setting's name.
setting_problem problem_of(const std::string& text, const setting_overrides& wanted) {
    for (const auto& [name, value] : wanted) {
        const std::string variable = environment_variable(name) + ": ";
        if (text.starts_with(variable)) return {name, text.substr(variable.size())};
        if (text.starts_with(name)) return {name, text};
    }
    return {{}, text};
}

void check_names(
    const setting_overrides& wanted,
    const std::vector<setting>& known,
    std::vector<setting_problem>& problems
) {
    for (const auto& [name, value] : wanted) {
        const auto found = std::ranges::find(known, name, &setting::name);
        if (found == known.end()) {
            problems.push_back({name, "there is no such setting"});
        } else if (!found->is_live) {
            problems.push_back({name, "cannot change while the service runs"});
        } else if (!may_be_overridden(*found)) {
            problems.push_back({name, "is set in the file or the environment only"});
        }
    }
}

}  // namespace

bool may_be_overridden(const setting& s) {
    return s.is_live && !s.is_secret && !s.name.starts_with("auth.");
}

live_settings::live_settings(source s) : source_(std::move(s)) {}

settings_verdict live_settings::judge(const setting_overrides& wanted, candidate_config& fresh)
    const {
    settings_verdict v;
    check_names(wanted, list(), v.problems);
    if (!v.is_good()) return v;
    auto environment = source_.environment;
    for (const auto& [name, value] : wanted) {
        environment[environment_variable(name)] = value;
        environment.erase(environment_variable(name) + "_FILE");
    }
    std::vector<std::string> texts;
    try {
        fresh = source_.make_candidate();
        load_config(fresh.describe, source_.file, environment);
        texts = fresh.unfit_settings();
    } catch (const config_error& e) {
        texts = e.problems();
    }
    for (const std::string& text : texts)
        v.problems.push_back(problem_of(text, wanted));
    if (!v.is_good()) return v;
    for (setting_change& change : differences(source_.current, fresh.describe)) {
        (change.is_live ? v.applied : v.needs_restart).push_back(std::move(change));
    }
    return v;
}

void live_settings::apply(
    settings_verdict& v,
    const candidate_config& fresh,
    std::string_view why
) {
    if (!v.is_good()) {
        for (const setting_problem& problem : v.problems) {
            observe::error(
                {},
                "config_refused",
                {{"why", why}, {"setting", problem.setting}, {"problem", problem.message}}
            );
        }
        count_outcome("refused");
        show_refused(true);
        return;
    }
    copy_live(fresh.describe, source_.current);
    for (const setting_change& c : v.applied) {
        observe::info(
            {},
            "setting_changed",
            {{"why", why}, {"setting", c.name}, {"from", c.from}, {"to", c.to}}
        );
    }
    for (const setting_change& c : v.needs_restart) {
        observe::warn(
            {},
            "setting_needs_restart",
            {{"why", why}, {"setting", c.name}, {"from", c.from}, {"to", c.to}}
        );
    }
    count_outcome(v.applied.empty() ? "unchanged" : "applied");
    show_refused(false);
    if (!v.applied.empty() && source_.on_applied) source_.on_applied(v.applied);
}

settings_verdict live_settings::reload(std::string_view why) {
    candidate_config fresh;
    settings_verdict v = judge(overrides_, fresh);
    observe::info({}, "config_read", {{"why", why}, {"good", v.is_good()}});
    apply(v, fresh, why);
    return v;
}

settings_verdict live_settings::check(const setting_overrides& wanted) const {
    candidate_config fresh;
    return judge(wanted, fresh);
}

settings_verdict
live_settings::set_overrides(const setting_overrides& wanted, std::string_view why) {
    candidate_config fresh;
    settings_verdict v = judge(wanted, fresh);
    if (v.is_good()) overrides_ = wanted;
    apply(v, fresh, why);
    return v;
}

std::string live_settings::digest() const {
    // FNV-1a: tells differences apart, proves nothing.
    std::uint64_t hash = 14695981039346656037ULL;
    const auto mix = [&hash](const std::string& text) {
        for (const char c : text)
            hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
    };
    for (const setting& each : list()) {
        mix(each.name);
        mix(each.shown);
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (int shift = 60; shift >= 0; shift -= 4)
        out += digits[(hash >> shift) & 15U];
    return out;
}

}  // namespace sluice::runtime
