// Administrators' use cases over fakes: what is checked before anything changes, what is refused
// whole, and what the audit says.
#include "fakes.hpp"
#include "use_cases/change_settings.hpp"
#include "use_cases/order_instances.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace sluice::submission {
namespace {

class fake_fleet final : public fleet_port {
public:
    awaitable<result<std::vector<live_instance>>> live() override {
        std::vector<live_instance> all;
        for (const auto& ref : instances)
            all.push_back({ref, "{}"});
        co_return all;
    }
    awaitable<result<told>> tell(fleet::order o, std::vector<instance_ref> whom) override {
        orders.push_back(o);
        told out;
        for (const auto& ref : whom) {
            if (ref.id == mute) {
                out.silent.push_back(ref);
                continue;
            }
            fleet::answer a;
            a.service = ref.service;
            a.instance = ref.id;
            const bool is_check = o.what == fleet::action::check_settings;
            if (is_check) a.problems = problems;
            if (is_check) a.changes = {{"log.level", "\"info\"", "\"debug\"", true}};
            a.is_applied = refusal.empty() && a.problems.empty();
            a.reason = refusal;
            out.answers.push_back(a);
        }
        co_return out;
    }
    awaitable<result<void>> show_settings(std::string service, runtime::setting_overrides values)
        override {
        shown[service] = std::move(values);
        co_return result<void>();
    }

    std::size_t told_to(fleet::action what) const {
        return static_cast<std::size_t>(std::ranges::count(orders, what, &fleet::order::what));
    }

    std::vector<instance_ref> instances{{"execution", "w1"}, {"execution", "w2"}};
    std::vector<fleet::order> orders;
    std::vector<runtime::setting_problem> problems;
    std::string refusal;
    std::string mute;
    all_overrides shown;
};

class fake_admin_store final : public admin_store {
public:
    awaitable<result<all_overrides>> overrides() override { co_return kept; }
    awaitable<result<void>>
    change(std::vector<setting_change_row> rows, std::vector<audit_entry> audit) override {
        if (is_away) co_return fail(errc::unavailable);
        for (const auto& row : rows) {
            if (row.value) {
                kept[row.service][row.name] = *row.value;
            } else {
                kept[row.service].erase(row.name);
            }
        }
        entries.insert(entries.end(), audit.begin(), audit.end());
        co_return result<void>();
    }
    awaitable<result<void>> note(std::vector<audit_entry> audit) override {
        entries.insert(entries.end(), audit.begin(), audit.end());
        co_return result<void>();
    }
    awaitable<result<std::vector<audit_entry>>>
    read_audit(std::optional<std::int64_t>, std::int64_t) override {
        co_return entries;
    }

    all_overrides kept;
    std::vector<audit_entry> entries;
    bool is_away = false;
};

class no_queues final : public queue_reader {
public:
    awaitable<std::vector<queue_depth>> depths() override { co_return std::vector<queue_depth>(); }
};

struct office {
    asio::io_context io;
    fake_fleet fleet;
    fake_admin_store store;
    no_queues queues;
    testing::fixed_clock time;
    admin_ports p{fleet, store, queues, time};

    outcome<settings_changed> change(std::vector<setting_change_row> rows) {
        settings_patch patch{"carol", std::move(rows)};
        return sluice::testing::run_coro(io, [&] { return change_settings({}, p, patch); });
    }
    outcome<std::vector<instance_outcome>> order(instance_order o) {
        o.administrator = "carol";
        return sluice::testing::run_coro(io, [&] { return order_instances({}, p, o); });
    }
};

const setting_change_row debug{"execution", "log.level", "debug"};

}  // namespace

TEST_CASE("a change is checked, stored with its audit, shown and told, in this order") {
    office o;
    const auto done = o.change({debug});
    REQUIRE(done.has_value());
    CHECK(o.store.kept["execution"]["log.level"] == "debug");
    CHECK(o.fleet.shown["execution"]["log.level"] == "debug");
    REQUIRE(o.fleet.orders.size() == 2);
    CHECK(o.fleet.orders[0].what == fleet::action::check_settings);
    CHECK(o.fleet.orders[0].values.at("log.level") == "debug");
    CHECK(o.fleet.orders[1].what == fleet::action::apply_settings);
    REQUIRE(o.store.entries.size() == 1);
    const audit_entry& e = o.store.entries[0];
    CHECK(e.actor == "carol");
    CHECK(e.action == "set");
    CHECK(e.target == "execution");
    CHECK(e.setting == "log.level");
    CHECK(e.from == "\"info\"");
    CHECK(e.to == "\"debug\"");
    CHECK(e.outcome == "applied");
    CHECK(done->instances.size() == 2);
}

TEST_CASE("one problem refuses all of it: nothing is stored, told or audited") {
    office o;
    o.fleet.problems = {{"log.level", "is 'loud'; allowed is debug, info, warn, error"}};
    const auto done = o.change({debug, {"execution", "active_slots", "1"}});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "invalid_field");
    REQUIRE(done.error().problems.size() == 1);  // both workers say the same
    CHECK(done.error().problems[0].field == "execution.log.level");
    CHECK(o.store.kept.empty());
    CHECK(o.store.entries.empty());
    CHECK(o.fleet.told_to(fleet::action::apply_settings) == 0);
}

TEST_CASE("what is overridden already is checked together with what is new") {
    office o;
    o.store.kept["execution"]["prefetch"] = "4";
    REQUIRE(o.change({debug}).has_value());
    CHECK(o.fleet.orders[0].values.size() == 2);
}

TEST_CASE("null takes a value back") {
    office o;
    o.store.kept["execution"]["log.level"] = "debug";
    REQUIRE(o.change({{"execution", "log.level", std::nullopt}}).has_value());
    CHECK(o.store.kept["execution"].empty());
    CHECK(o.store.entries[0].action == "unset");
}

TEST_CASE("a service that is none is refused by its name") {
    office o;
    const auto done = o.change({{"exceution", "log.level", "debug"}});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().problems[0].field == "exceution");
}

TEST_CASE("nobody there to check means that nothing changes") {
    office o;
    o.fleet.instances.clear();
    const auto done = o.change({debug});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "conflict");
    CHECK(o.store.kept.empty());
}

TEST_CASE("without the database nothing changes") {
    office o;
    o.store.is_away = true;
    const auto done = o.change({debug});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "storage_unavailable");
    CHECK(o.fleet.told_to(fleet::action::apply_settings) == 0);
}

TEST_CASE("an order to one instance goes to no other, and is audited with its outcome") {
    office o;
    const auto done = o.order({{}, fleet::action::pause, "", "w2"});
    REQUIRE(done.has_value());
    REQUIRE(done->size() == 1);
    CHECK(done->front().ref.id == "w2");
    CHECK(o.fleet.orders[0].instance == "w2");
    REQUIRE(o.store.entries.size() == 1);
    CHECK(o.store.entries[0].target == "execution/w2");
    CHECK(o.store.entries[0].outcome == "applied");
}

TEST_CASE("an order to a service goes to all of it") {
    office o;
    const auto done = o.order({{}, fleet::action::drain, "execution", ""});
    REQUIRE(done.has_value());
    CHECK(done->size() == 2);
    CHECK(o.store.entries.size() == 2);
}

TEST_CASE("an instance that does not live is not found") {
    office o;
    CHECK(o.order({{}, fleet::action::pause, "", "w9"}).error().code == "not_found");
}

TEST_CASE("a refusal is told with its reason and audited") {
    office o;
    o.fleet.refusal = "cannot be paused";
    const auto done = o.order({{}, fleet::action::pause, "", "w1"});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "conflict");
    CHECK(done.error().detail == "w1: cannot be paused");
    CHECK(o.store.entries[0].outcome == "refused: cannot be paused");
}

TEST_CASE("who does not answer is named, and the others count") {
    office o;
    o.fleet.mute = "w1";
    const auto done = o.order({{}, fleet::action::pause, "execution", ""});
    REQUIRE(done.has_value());
    const auto silent =
        std::ranges::find_if(*done, [](const auto& each) { return each.ref.id == "w1"; });
    REQUIRE(silent != done->end());
    CHECK_FALSE(silent->is_applied);
}

}  // namespace sluice::submission
