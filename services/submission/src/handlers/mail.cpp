// See mail.hpp.
#include "mail.hpp"

#include "../use_cases/mail_wish.hpp"
#include "../use_cases/read_submission.hpp"
#include "account_answers.hpp"
#include "answers.hpp"
#include "body_fields.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

awaitable<http::response> shown_mail(app_context& app, observe::context ctx, user_id user) {
    const auto found = co_await app.p.mail->setting(std::move(user));
    if (!found) co_return problem_of(storage_away(ctx, found.error()), ctx);
    nlohmann::json out;
    out["available"] = app.p.mail->is_on();
    out["when_done"] = found->when_done;
    out["address"] = nullptr;
    if (!found->address.empty()) out["address"] = found->address;
    co_return private_json(200, out);
}

}  // namespace

awaitable<http::response> read_mail(app_context& app, http::request request) {
    co_return co_await shown_mail(app, context_of(request), request.user_id);
}

awaitable<http::response> set_mail(app_context& app, http::request request) {
    const observe::context ctx = context_of(request);
    if (!is_json(request.headers.get("Content-Type"))) co_return not_json(ctx);
    auto body = body_fields::parse(request, {"when_done"});
    if (!body) co_return problem_of(body.error(), ctx);
    const bool when_done = body->flag("when_done");
    if (auto no = body->problems()) co_return problem_of(*no, ctx);
    auto address = co_await mail_wish(ctx, app.p, request.user_id, when_done);
    if (!address) co_return problem_of(address.error(), ctx);
    const wall_time now = app.p.time.now();
    std::string to = (*address).value_or("");
    const auto done = co_await app.p.mail->set(request.user_id, when_done, std::move(to), now);
    if (!done) co_return problem_of(storage_away(ctx, done.error()), ctx);
    co_return co_await shown_mail(app, ctx, request.user_id);
}

}  // namespace sluice::submission
