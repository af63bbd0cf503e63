// Overrides and usage in a real PostgreSQL.
#include "quota_support.hpp"

namespace sluice::submission::testing {
namespace {

TEST_CASE("overrides are replaced whole, with their audit") {
    quota_world w;
    w.run_both([&]() -> awaitable<void> {
        audit_entry entry;
        entry.at = system_clock().now();
        entry.actor = "root";
        entry.action = "set";
        entry.target = "user/" + w.user;
        entry.outcome = "applied";
        std::vector<audit_entry> audit{entry};
        quota_overrides some{{quota::in_flight, 5}, {quota::stored, 0}};
        need(co_await w.quotas.replace(w.user, some, audit));
        quota_subject who{w.user};
        CHECK(need(co_await w.quotas.read(who, "2026-01-01")).overrides == some);
        quota_overrides other{{quota::cpu, 7}};
        need(co_await w.quotas.replace(w.user, other, audit));
        CHECK(need(co_await w.quotas.read(who, "2026-01-01")).overrides == other);
        const auto noted = co_await w.number(
            "select count(*) as n from admin_audit where target = 'user/" + w.user + "'"
        );
        CHECK(noted == 2);
    });
}

TEST_CASE("used is what ended today, kept is what was not deleted, each key by itself") {
    quota_world w;
    const uuid key = uuid::random_v4();
    w.run_both([&]() -> awaitable<void> {
        const std::string values =
            "insert into usage_days values "
            "('" +
            w.user +
            "', '00000000-0000-0000-0000-000000000000', '2026-01-01', 5, 100),"
            "('" +
            w.user + "', '" + key.to_string() +
            "', '2026-01-01', 7, 1000),"
            "('" +
            w.user + "', '" + key.to_string() + "', '2026-01-02', 11, 10000)";
        need(co_await w.pool.query(values));
        auto tx = need(co_await w.pool.begin());
        need(co_await note_deleted(tx, w.user, key, 500));
        need(co_await note_deleted(tx, w.user, std::nullopt, 1));
        need(co_await tx.commit());
        quota_subject who{w.user, key};
        const auto facts = need(co_await w.quotas.read(who, "2026-01-01"));
        CHECK(facts.user.cpu_us_today == 12);
        CHECK(facts.user.stored_bytes == 11100 - 501);
        CHECK(facts.key.cpu_us_today == 7);
        CHECK(facts.key.stored_bytes == 11000 - 500);
    });
}

}  // namespace
}  // namespace sluice::submission::testing
