// See decisions.hpp. Each rule has its case in tests/unit/execution/decisions_test.cpp.
#include "decisions.hpp"

namespace sluice::execution {

fate fate_of(failure f, std::int64_t delivery_count) {
    switch (f) {
        case failure::undecodable:
            return fate::dead_letter;
        case failure::interrupted:
            return fate::give_back;
        case failure::refused:
            return fate::publish_result;
        case failure::language_missing:
        case failure::sandbox_failed:
            return delivery_count < requeues_before_giving_up ? fate::give_back
                                                              : fate::publish_result;
    }
    return fate::publish_result;
}

bool version_matches(std::string_view wanted, std::string_view installed) {
    if (wanted.empty() || wanted == installed) return true;
    return installed.size() > wanted.size() && installed.starts_with(wanted) &&
           (installed[wanted.size()] == '.' || wanted.back() == '.');
}

std::optional<refusal>
refuse(const domain::task& t, const installed_language& installed, wall_time now) {
    if (now > t.deadline_at) {
        return refusal{failure::refused, "The program was not started before its deadline."};
    }
    if (installed.language == nullptr) {
        return refusal{
            failure::language_missing,
            "No worker knows the language \"" + t.language + "\"."};
    }
    if (!installed.availability.is_available) {
        std::string message = "No worker has " + installed.language->name + " installed";
        if (!installed.availability.reason.empty()) message += ": " + installed.availability.reason;
        return refusal{failure::language_missing, message + "."};
    }
    if (!version_matches(t.version, installed.availability.version)) {
        return refusal{
            failure::refused,
            installed.language->name + " " + t.version + " is not installed; " +
                installed.availability.version + " is."};
    }
    return std::nullopt;
}

domain::run_result internal_error(
    const domain::task& t,
    std::string message,
    const std::string& worker_id,
    int attempt
) {
    domain::run_result r;
    r.id = t.id;
    r.correlation_id = t.correlation_id;
    r.user_id = t.user_id;
    r.language = t.language;
    r.status = domain::status::internal_error;
    r.limits = t.limits;
    r.worker_id = worker_id;
    r.attempt = attempt;
    r.message = std::move(message);
    r.times.created_at = t.created_at;
    return r;
}

std::string compiler_messages(
    std::string_view out,
    std::string_view err,
    std::size_t max_bytes,
    bool& is_truncated
) {
    std::string text(out);
    text += err;
    if (text.size() > max_bytes) {
        text.resize(max_bytes);
        is_truncated = true;
    }
    return text;
}

bool is_interruption(const error& e) {
    return e == errc::cancelled || e == errc::shutting_down;
}

}  // namespace sluice::execution
