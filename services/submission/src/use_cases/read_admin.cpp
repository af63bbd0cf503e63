// See read_admin.hpp. Everybody is asked: what an instance announced may be ten seconds old.
#include "read_admin.hpp"

#include "order_instances.hpp"
#include "read_submission.hpp"

#include <algorithm>

namespace sluice::submission {
namespace {

struct everybody {
    std::vector<live_instance> live;
    std::vector<fleet::answer> answers;
};

awaitable<outcome<everybody>> ask(observe::context ctx, admin_ports& p, fleet::action what) {
    everybody all;
    auto live = co_await p.fleet.live();
    if (!live) co_return fleet_away(ctx, live.error());
    all.live = std::move(*live);
    std::vector<instance_ref> refs;
    for (const auto& each : all.live)
        refs.push_back(each.ref);
    fleet::order question;
    question.what = what;
    question.instance = fleet::every_instance;
    auto said = co_await p.fleet.tell(std::move(question), std::move(refs));
    if (!said) co_return fleet_away(ctx, said.error());
    all.answers = std::move(said->answers);
    co_return all;
}

}  // namespace

awaitable<outcome<std::vector<instance_view>>>
read_instances(observe::context ctx, admin_ports& p) {
    const auto asked = co_await ask(std::move(ctx), p, fleet::action::report);
    if (!asked) co_return asked.error();
    std::vector<instance_view> all;
    for (const auto& each : asked->live) {
        const auto answer = std::ranges::find_if(asked->answers, [&each](const fleet::answer& a) {
            return a.service == each.ref.service && a.instance == each.ref.id;
        });
        const bool is_current = answer != asked->answers.end();
        all.push_back({each.ref, is_current ? answer->body : each.report, is_current});
    }
    co_return all;
}

awaitable<outcome<std::vector<service_settings>>>
read_settings(observe::context ctx, admin_ports& p) {
    const auto asked = co_await ask(std::move(ctx), p, fleet::action::list_settings);
    if (!asked) co_return asked.error();
    std::vector<service_settings> all;
    for (const std::string_view service : service_names) {
        const auto first = std::ranges::find(asked->answers, service, &fleet::answer::service);
        if (first != asked->answers.end()) all.push_back({std::string(service), first->body});
    }
    co_return all;
}

awaitable<outcome<std::vector<audit_entry>>> read_audit(
    observe::context ctx,
    admin_ports& p,
    std::optional<std::int64_t> before,
    std::int64_t limit
) {
    auto found = co_await p.store.read_audit(before, limit);
    if (!found) co_return storage_away(ctx, found.error());
    co_return std::move(*found);
}

}  // namespace sluice::submission
