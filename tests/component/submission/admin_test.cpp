// What administrators changed, in a real PostgreSQL.
#include "adapters/postgres_admin.hpp"
#include "support.hpp"

namespace sluice::submission::testing {
namespace {

audit_entry entry(std::string actor, std::string setting) {
    audit_entry e;
    e.at = system_clock().now();
    e.actor = std::move(actor);
    e.action = "set";
    e.target = "execution";
    e.setting = std::move(setting);
    e.from = "1";
    e.to = "2";
    e.outcome = "applied";
    e.correlation_id = correlation_id(uuid::random_v4());
    return e;
}

}  // namespace

TEST_CASE("a change is kept with its audit, and null takes it away") {
    storage s;
    postgres_admin store(s.pool);
    s.run([&]() -> awaitable<void> {
        const std::string name = "n" + uuid::random_v4().to_string();
        std::vector<setting_change_row> rows{{"execution", name, "2"}};
        std::vector<audit_entry> audit{entry("carol", name)};
        const auto correlation = audit[0].correlation_id;
        need(co_await store.change(rows, audit));
        auto kept = need(co_await store.overrides());
        CHECK(kept["execution"][name] == "2");
        const auto found = need(co_await store.read_audit(std::nullopt, 1));
        REQUIRE(found.size() == 1);
        CHECK(found[0].actor == "carol");
        CHECK(found[0].setting == name);
        CHECK(found[0].from == "1");
        CHECK(found[0].to == "2");
        CHECK(found[0].correlation_id == correlation);
        rows[0].value.reset();
        need(co_await store.change(std::move(rows), std::move(audit)));
        kept = need(co_await store.overrides());
        CHECK_FALSE(kept["execution"].contains(name));
    });
}

TEST_CASE("a change without an audit is none") {
    storage s;
    postgres_admin store(s.pool);
    s.run([&]() -> awaitable<void> {
        std::vector<setting_change_row> rows{{"execution", "unaudited", "2"}};
        std::vector<audit_entry> none;
        const auto done = co_await store.change(std::move(rows), std::move(none));
        CHECK_FALSE(done.has_value());
        auto kept = need(co_await store.overrides());
        CHECK_FALSE(kept["execution"].contains("unaudited"));
    });
}

TEST_CASE("the audit is read backwards, page by page") {
    storage s;
    postgres_admin store(s.pool);
    s.run([&]() -> awaitable<void> {
        std::vector<audit_entry> audit{entry("a", "x"), entry("b", "x"), entry("c", "x")};
        need(co_await store.note(std::move(audit)));
        const auto first = need(co_await store.read_audit(std::nullopt, 2));
        REQUIRE(first.size() == 2);
        CHECK(first[0].actor == "c");
        const auto second = need(co_await store.read_audit(first[1].id, 1));
        REQUIRE(second.size() == 1);
        CHECK(second[0].actor == "a");
    });
}

TEST_CASE("the service may add to the audit and change nothing that is in it") {
    storage s;
    s.run([&]() -> awaitable<void> {
        const auto n = co_await s.number(
            "select count(*) as n from information_schema.role_table_grants where table_name = "
            "'admin_audit' and grantee = 'sluice_submission' and privilege_type in ('UPDATE', "
            "'DELETE', 'TRUNCATE')"
        );
        CHECK(n == 0);
    });
}

}  // namespace sluice::submission::testing
