// See quotas.hpp.
#include "quotas.hpp"

#include "../use_cases/change_quotas.hpp"
#include "admin.hpp"
#include "answers.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

using nlohmann::json;

constexpr std::uint64_t largest_quota = std::uint64_t{1} << 53;  // what JSON readers keep exactly

bool is_in_range(const json& value) {
    return value.is_number_unsigned() && value.get<std::uint64_t>() <= largest_quota;
}

json states_json(const std::vector<quota_state>& states) {
    json all = json::array();
    for (const auto& state : states)
        all.push_back(json::parse(state_json(state)));
    return all;
}

json user_quotas_json(const user_quotas& q) {
    json overrides = json::object();
    for (const auto& [what, value] : q.overrides)
        overrides[std::string(name_of(what))] = value;
    json defaults = json::object();
    for (const quota what : all_quotas)
        defaults[std::string(name_of(what))] = q.defaults.of(what);
    return {
        {"user_id", q.user},
        {"defaults", std::move(defaults)},
        {"overrides", std::move(overrides)},
        {"limits", states_json(q.states)}};
}

rejection no_such_user() {
    return reject("not_found", "this cannot be the id of a user");
}

// {"submissions_in_flight": 5}; null and absent: as the configuration says.
outcome<quota_overrides> parse_quotas(const std::string& body) {
    const auto given = json::parse(body, nullptr, false);
    if (!given.is_object()) return reject("invalid_json", "the body must be a JSON object");
    quota_overrides out;
    rejection shape = reject("invalid_request", "the body does not have the expected shape");
    rejection range = reject("invalid_field", "the quotas are not acceptable as they are");
    for (const auto& [name, value] : given.items()) {
        const auto what = parse_quota(name);
        if (!what) {
            shape.problems.push_back({name, "unknown_field", "there is no such quota", ""});
        } else if (value.is_null()) {
            continue;
        } else if (!value.is_number_integer()) {
            shape.problems.push_back({name, "wrong_type", "must be a whole number", ""});
        } else if (is_in_range(value)) {
            out[*what] = value.get<std::int64_t>();
        } else {
            range.problems.push_back(
                {name,
                 value.is_number_unsigned() ? "too_large" : "too_small",
                 "is out of range",
                 "0 (no limit) to " + std::to_string(largest_quota)}
            );
        }
    }
    if (!shape.problems.empty()) return shape;
    if (!range.problems.empty()) return range;
    return out;
}

awaitable<http::response>
change(app_context& app, const http::request& request, quota_overrides values) {
    const observe::context ctx = context_of(request);
    auto user = named_user(request);
    if (!user) co_return problem_of(no_such_user(), ctx);
    const auto done = co_await change_quotas(
        ctx,
        *app.quotas,
        app.p.time,
        request.user_id,
        std::move(*user),
        std::move(values)
    );
    if (!done) co_return problem_of(done.error(), ctx);
    co_return admin_answer(user_quotas_json(*done));
}

}  // namespace

awaitable<http::response> read_my_quotas(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    const auto found = co_await read_quotas(ctx, *app.quotas, quota_subject_of(request));
    if (!found) co_return problem_of(found.error(), ctx);
    const json body = {{"user_id", found->user}, {"limits", states_json(found->states)}};
    co_return admin_answer(body);
}

awaitable<http::response> read_user_quotas(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    auto user = named_user(request);
    if (!user) co_return problem_of(no_such_user(), ctx);
    quota_subject who{std::move(*user)};
    const auto found = co_await read_quotas(ctx, *app.quotas, std::move(who));
    if (!found) co_return problem_of(found.error(), ctx);
    co_return admin_answer(user_quotas_json(*found));
}

awaitable<http::response> set_user_quotas(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto values = parse_quotas(request.body);
    if (!values) co_return problem_of(values.error(), ctx);
    co_return co_await change(app, request, std::move(*values));
}

awaitable<http::response> reset_user_quotas(app_context& app, http::request request) {
    quota_overrides none;
    co_return co_await change(app, request, std::move(none));
}

}  // namespace sluice::submission
