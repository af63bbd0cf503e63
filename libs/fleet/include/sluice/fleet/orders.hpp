// What administrators say to instances and what these answer, as JSON in Redis: orders in a bounded
// stream for each service, which only the submission service may write, answers over pub/sub.
#pragma once

#include "sluice/runtime/live_settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::fleet {

enum class action {
    pause,           // take no new work; what is in hand goes on
    resume,          // take work again
    drain,           // finish what is in hand and exit, as after SIGTERM
    report,          // say what you do
    list_settings,   // say what may change and what it is
    check_settings,  // say whether these values could take the place of the present ones
    apply_settings,  // read sluice:settings:<service> now
};
std::string_view to_string(action a);
std::optional<action> parse_action(std::string_view text);

inline constexpr std::string_view every_instance = "*";
// Older orders fall out of a service's stream.
inline constexpr int kept_orders = 256;

struct order {
    std::string id;
    action what = action::report;
    std::string instance;  // or every_instance
    runtime::setting_overrides values;
    std::string by;  // the administrator, for the instance's log
    std::string correlation_id;
};
std::string encode(const order& o);
std::optional<order> decode_order(std::string_view text);

struct answer {
    std::string order;
    std::string service;
    std::string instance;
    bool is_applied = false;
    std::string reason;  // why not
    std::vector<runtime::setting_problem> problems;
    std::vector<setting_change> changes;
    std::string body = "null";  // JSON: the report, or the settings
};
std::string encode(const answer& a);
std::optional<answer> decode_answer(std::string_view text);

// sluice:settings:<service>
std::string encode_values(const runtime::setting_overrides& values);
std::optional<runtime::setting_overrides> decode_values(std::string_view text);

}  // namespace sluice::fleet
