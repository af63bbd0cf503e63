// Theory of operation. One loop: take what orders there are, announce, wait for the next wake-up or
// the next announcement. The channel only wakes; orders are read from the stream behind the last
// one known, so that one that was sent while the connection was away is taken later, and a forged
// wake-up does nothing. Orders from before the start are not for this instance.
#include "sluice/fleet/member.hpp"

#include "sluice/core/ids.hpp"
#include "sluice/core/json_text.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/build_info.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>

#include <array>
#include <csignal>

namespace sluice::fleet {
namespace {

namespace keys = messages::keys;

constexpr std::chrono::milliseconds connect_moment{250};
constexpr std::chrono::milliseconds retry_after{1000};
constexpr std::size_t orders_at_once = 64;

std::string host_name() {
    std::array<char, 256> host{};
    if (::gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
    return host.data();
}

observe::context context_of(const order& o) {
    observe::context ctx;
    ctx.correlation_id = o.correlation_id;
    return ctx;
}

// The text of field "m" of a stream's entry.
std::string message_of(const redis::reply& entry) {
    if (entry.items.size() != 2 || entry.items[1].items.size() < 2) return {};
    return entry.items[1].items[1].text;
}

}  // namespace

std::string make_instance_id() {
    const std::string random = uuid::random_v4().to_string().substr(0, 8);
    return host_name() + ":" + std::to_string(::getpid()) + ":" + random;
}

std::vector<std::vector<std::string>> announcement(
    const std::string& service,
    const std::string& id,
    const std::string& report,
    wall_time now
) {
    const std::string expiry = std::to_string(unix_ms(now + announcement_lifetime));
    return {
        {"ZADD", keys::instance_index(service), expiry, id},
        {"SET",
         keys::instance(service, id),
         report,
         "EX",
         std::to_string(announcement_lifetime.count())},
    };
}

member::member(
    asio::any_io_executor executor,
    redis::client& client,
    redis::config config,
    const clock& time,
    who self,
    manageable& what
)
    : redis_(client)
    , time_(time)
    , self_(std::move(self))
    , what_(what)
    , woken_(executor)
    , channel_(
          executor,
          "orders",
          std::move(config),
          [this](std::string_view, std::string_view) { woken_.set(); },
          [this] { woken_.set(); }
      )
    , started_at_(time.now()) {}

void member::stop() {
    is_stopping_ = true;
    woken_.set();
}

awaitable<void> member::close() {
    co_await channel_.close();
}

awaitable<void> member::run() {
    while (!is_stopping_) {
        woken_.reset();
        auto connected = co_await redis_.connect(deadline::in(connect_moment));
        if (!connected && connected.error() == errc::cancelled) co_return;
        co_await listen();
        co_await take_orders();
        if (is_stopping_) break;
        co_await announce();
        const bool is_well = was_well_ && is_listening_;
        const auto pause = is_well ? every_ : std::min(every_, retry_after);
        auto woken = co_await woken_.wait(deadline::in(pause));
        if (!woken && !(woken.error() == errc::timeout)) co_return;
    }
    co_await withdraw();
}

awaitable<void> member::listen() {
    if (!is_listening_) {
        auto connected = co_await channel_.connect(deadline::in(connect_moment));
        if (!connected) co_return;
        auto subscribed = co_await channel_.subscribe(keys::admin_commands(self_.service));
        is_listening_ = subscribed.has_value();
    }
    if (!last_order_.empty()) co_return;
    std::vector<std::string>
        ask{"XREVRANGE", keys::admin_commands(self_.service), "+", "-", "COUNT", "1"};
    const auto newest = co_await redis_.command(std::move(ask));
    if (!newest) co_return;
    const bool is_empty = newest->items.empty() || newest->items[0].items.empty();
    last_order_ = is_empty ? "0-0" : newest->items[0].items[0].text;
}

awaitable<void> member::take_orders() {
    if (last_order_.empty()) co_return;
    for (bool has_more = true; has_more && !is_stopping_;) {
        std::vector<std::string> ask{
            "XRANGE",
            keys::admin_commands(self_.service),
            "(" + last_order_,
            "+",
            "COUNT",
            std::to_string(orders_at_once)};
        const auto found = co_await redis_.command(std::move(ask));
        if (!found) co_return;
        has_more = found->items.size() == orders_at_once;
        for (const redis::reply& entry : found->items) {
            if (entry.items.empty()) continue;
            last_order_ = entry.items[0].text;
            auto o = decode_order(message_of(entry));
            if (!o || (o->instance != every_instance && o->instance != self_.id)) continue;
            co_await take_one(std::move(*o));
        }
    }
}

awaitable<void> member::take_one(order o) {
    const action what = o.what;
    if (what == action::apply_settings) {
        std::vector<std::string> ask{"GET", keys::admin_settings(self_.service)};
        const auto text = co_await redis_.command(std::move(ask));
        auto values = text ? decode_values(text->text) : std::nullopt;
        if (values) o.values = std::move(*values);
    }
    const bool was_draining = is_draining_;  // a second SIGTERM would end it at once
    const answer said = co_await perform(std::move(o));
    std::vector<std::string> tell{"PUBLISH", keys::admin_answers(self_.service), encode(said)};
    const auto told = co_await redis_.command(std::move(tell));
    if (!told) observe::warn({}, "answer_not_sent", {{"error", told.error()}});
    // The same way as every other end; the answer is out.
    if (what == action::drain && !was_draining) std::raise(SIGTERM);
}

awaitable<answer> member::perform(order o) {
    answer a;
    a.order = o.id;
    a.service = self_.service;
    a.instance = self_.id;
    result<void> done;
    switch (o.what) {
        case action::pause:
            done = what_.pause();
            break;
        case action::resume:
            done = what_.resume();
            break;
        case action::drain:
            is_draining_ = true;
            break;
        case action::report:
            break;
        case action::list_settings:
            a.body = json_text(settings_json());
            break;
        case action::check_settings:
        case action::apply_settings: {
            if (settings_ == nullptr) break;
            const auto verdict = o.what == action::check_settings
                                     ? settings_->check(o.values)
                                     : settings_->set_overrides(o.values, "administrators");
            a.problems = verdict.problems;
            a.changes = verdict.applied;
            if (!verdict.is_good()) done = fail(errc::invalid, "these settings are refused");
            break;
        }
    }
    a.is_applied = done.has_value();
    if (!done) a.reason = done.error().detail;
    const bool is_change = o.what == action::pause || o.what == action::resume ||
                           o.what == action::drain || o.what == action::apply_settings;
    if (is_change) {
        observe::info(
            context_of(o),
            "order_taken",
            {{"what", to_string(o.what)},
             {"by", o.by},
             {"applied", a.is_applied},
             {"reason", a.reason}}
        );
    }
    if (o.what == action::report || is_change) a.body = json_text(report());
    co_return a;
}

awaitable<void> member::announce() {
    auto commands = announcement(self_.service, self_.id, json_text(report()), time_.now());
    std::vector<std::string> ask{"GET", keys::admin_settings(self_.service)};
    commands.push_back(std::move(ask));
    const auto answers = co_await redis_.pipeline(std::move(commands));
    std::optional<error> first;
    for (const auto& each : answers) {
        if (!each && !first) first = each.error();
    }
    // Once when it breaks and once when it is well again, not every ten seconds.
    if (first && was_well_) {
        observe::warn({}, "announcement_failed", {{"error", *first}});
    } else if (!first && !(was_well_ && was_announced_)) {
        observe::info({}, "announced");
        was_announced_ = true;
    }
    was_well_ = !first;
    if (!first && !answers.empty() && !answers.back()->is_nil()) follow(answers.back()->text);
}

// Only what is new: values that were refused are not tried again until they change.
runtime::settings_verdict member::follow(const std::string& text) {
    const auto values = decode_values(text);
    if (!values || settings_ == nullptr) return {};
    if (*values == settings_->overrides() || (*values == refused_ && !refused_.empty())) return {};
    auto verdict = settings_->set_overrides(*values, "administrators");
    refused_ = verdict.is_good() ? runtime::setting_overrides() : *values;
    return verdict;
}

awaitable<void> member::withdraw() {
    std::vector<std::vector<std::string>> commands{
        {"ZREM", keys::instance_index(self_.service), self_.id},
        {"DEL", keys::instance(self_.service, self_.id)}};
    const auto answers = co_await redis_.pipeline(std::move(commands));
    (void)answers;  // without Redis the announcement runs out by itself
}

nlohmann::json member::report() const {
    nlohmann::json j;
    j["service"] = self_.service;
    j["instance"] = self_.id;
    j["host"] = host_name();
    j["pid"] = ::getpid();
    j["version"] = runtime::this_build().version;
    j["started_at"] = to_rfc3339(started_at_);
    const bool is_paused = what_.is_paused();
    j["state"] = is_draining_ ? "draining" : is_paused ? "paused" : "running";
    j["paused"] = is_paused;
    j["draining"] = is_draining_;
    if (settings_ != nullptr) j["config_digest"] = settings_->digest();
    what_.report(j);
    return j;
}

nlohmann::json member::settings_json() const {
    nlohmann::json all = nlohmann::json::array();
    if (settings_ == nullptr) return all;
    for (const setting& each : settings_->list()) {
        if (!runtime::may_be_overridden(each)) continue;
        all.push_back(
            {{"name", each.name},
             {"value", nlohmann::json::parse(each.shown, nullptr, false)},
             {"overridden", settings_->overrides().contains(each.name)},
             {"meaning", each.comment}}
        );
    }
    return all;
}

}  // namespace sluice::fleet
