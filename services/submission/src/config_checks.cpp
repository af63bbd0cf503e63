// The checks of the settings that look at several at once, and the limits that they come to.
#include "accounts/names.hpp"
#include "config.hpp"

#include <charconv>
#include <optional>

namespace sluice::submission {
namespace {

constexpr std::int64_t least_hash_memory = std::int64_t{19} << 20;
constexpr std::int64_t least_hash_iterations = 2;

void check_accounts(const auth_section& c, bool is_production, std::vector<std::string>& problems) {
    if (c.passwords.hash_memory.value < (1 << 20) ||
        c.passwords.hash_memory.value > (std::int64_t{2} << 30)) {
        problems.push_back("auth.passwords.hash_memory must be between 1MiB and 2GiB");
    }
    if (c.sessions.idle.count() <= 0 || c.sessions.lifetime.count() <= 0) {
        problems.push_back("auth.sessions: lifetime and idle must be above zero");
    }
    if (c.attempts.window.count() <= 0) {
        problems.push_back("auth.attempts.window must be above zero");
    }
    if (!is_production) return;
    if (!c.passwords.strict) {
        problems.push_back("auth.passwords.strict is off: set SLUICE__AUTH__PASSWORDS__STRICT=true"
        );
    }
    if (c.passwords.hash_memory.value < least_hash_memory ||
        c.passwords.hash_iterations < least_hash_iterations) {
        problems.push_back(
            "auth.passwords: hashes cost too little; hash_memory 19MiB and hash_iterations 2 are "
            "the least"
        );
    }
    if (!c.sessions.secure_cookies) {
        problems.push_back(
            "auth.sessions.secure_cookies is off: set SLUICE__AUTH__SESSIONS__SECURE_COOKIES=true"
        );
    }
    const std::string& password = c.first_admin.password.value;
    if (password.empty()) return;
    if (const auto wrong = password_problem(password, c.first_admin.name, "", true)) {
        problems.push_back("auth.first_admin.password " + *wrong);
    }
}

}  // namespace

std::vector<std::string> unfit_settings(const config& c) {
    std::vector<std::string> problems;
    try {
        static_cast<void>(make_limit_policy(c.limits));
    } catch (const config_error& e) {
        problems = e.problems();
    }
    const bool is_production = c.environment == "production";
    check_accounts(c.auth, is_production, problems);
    if (c.history.sweep_interval.count() <= 0) {
        problems.push_back("history.sweep_interval must be above zero");
    }
    for (std::string& problem : unfit_grpc_settings(c.grpc, is_production))
        problems.push_back(std::move(problem));
    for (auto& p : unfit_settings(c.uploads, is_production))
        problems.push_back(std::move(p));
    for (auto& p : domain::unfit_settings(c.webhooks, is_production))
        problems.push_back(std::move(p));
    if (!is_production) return problems;
    if (c.auth.tokens.contains(demo_token)) {
        problems.push_back(
            "auth.tokens holds the demo token: set SLUICE__AUTH__TOKENS to tokens of your own"
        );
    }
    if (c.rabbitmq.connection.url.value.find("//guest:guest@") != std::string::npos) {
        problems.push_back(
            "rabbitmq.url uses the password 'guest': set SLUICE__RABBITMQ__URL to a user of its own"
        );
    }
    for (const std::string& origin : c.http.cors_origins) {
        if (origin != "*") continue;
        problems.push_back("http.cors_origins is '*': name the origins that may call");
    }
    return problems;
}

namespace {

// Twice this, for both streams, is a message of half of what RabbitMQ takes, and a row that is
// written within its deadline.
constexpr std::int64_t largest_output_bytes = 32 << 20;

std::optional<std::size_t> find_row(std::string_view name) {
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        if (domain::limit_table[i].name == name) return i;
    }
    return std::nullopt;
}

void apply(
    const std::string& section,
    const std::map<std::string, std::string>& changes,
    std::array<std::int64_t, domain::limit_table.size()>& values,
    std::vector<std::string>& problems
) {
    for (const auto& [name, text] : changes) {
        const auto row = find_row(name);
        std::int64_t value = 0;
        const char* end = text.data() + text.size();
        const auto parsed = std::from_chars(text.data(), end, value);
        if (!row) {
            problems.push_back(section + ": no limit is called '" + name + "'");
        } else if (parsed.ec != std::errc() || parsed.ptr != end) {
            problems.push_back(section + "." + name + ": '" + text + "' is not a whole number");
        } else if (value < domain::limit_table[*row].minimum) {
            problems.push_back(section + "." + name + ": below the smallest value that works");
        } else {
            values[*row] = value;
        }
    }
}

}  // namespace

domain::limit_policy make_limit_policy(const limits_section& c) {
    auto policy = domain::limit_policy::from_table();
    std::vector<std::string> problems;
    apply("limits.maxima", c.maxima, policy.maxima, problems);
    apply("limits.defaults", c.defaults, policy.defaults, problems);
    const auto output = *find_row("output_bytes");
    if (policy.maxima[output] > largest_output_bytes) {
        problems.push_back(
            "limits.maxima.output_bytes: above " + std::to_string(largest_output_bytes) +
            ", which is the most that a result brings through the queue and into the database"
        );
    }
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        if (policy.defaults[i] <= policy.maxima[i]) continue;
        const std::string name(domain::limit_table[i].name);
        // A lowered maximum pulls the table's default down; one that was set by hand is a mistake.
        if (c.defaults.contains(name)) {
            problems.push_back("limits.defaults." + name + " is above its maximum");
        }
        policy.defaults[i] = policy.maxima[i];
    }
    if (!problems.empty()) throw config_error(problems);
    return policy;
}

}  // namespace sluice::submission
