// Accounts and tokens in a real PostgreSQL: what its indexes and statements decide.
#include "accounts/names.hpp"
#include "adapters/postgres_accounts.hpp"
#include "adapters/postgres_tokens.hpp"
#include "support.hpp"

#include "sluice/runtime/event.hpp"

namespace sluice::submission::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

account new_account(std::string name, std::string email = "") {
    account who;
    who.created_at = system_clock().now();
    who.id = uuid::time_v7(unix_ms(who.created_at)).to_string();
    who.name = std::move(name);
    who.email = std::move(email);
    return who;
}

std::string unused_name() {
    return "n-" + uuid::random_v4().to_string();
}

struct account_storage : storage {
    postgres_accounts accounts{pool};
    postgres_tokens tokens{pool};
    wall_time now = system_clock().now();

    awaitable<account> made() {
        account who = new_account(unused_name());
        const auto number = need(co_await accounts.insert(who, "hash"));
        who.number = number.value();
        co_return who;
    }
    awaitable<std::string> token_of(
        const account& who,
        token_kind kind = token_kind::session,
        std::string name = "",
        std::optional<wall_time> expires = std::nullopt
    ) {
        new_token t;
        t.facts.id = uuid::time_v7(unix_ms(now));
        t.facts.kind = kind;
        t.facts.owner = who.id;
        t.facts.scopes = parse_scopes("read,submit");
        t.facts.expires_at = expires;
        t.sha256 = digest_of_token(make_token(kind));
        t.name = std::move(name);
        t.created_at = now;
        std::string digest = t.sha256;
        const bool is_new = need(co_await tokens.insert(std::move(t)));
        co_return is_new ? digest : std::string();
    }
    awaitable<std::optional<token_facts>> found(std::string digest, wall_time at) {
        co_return need(co_await tokens.find(std::move(digest), at, at - hours(1)));
    }
};

}  // namespace

TEST_CASE("an account is found by name or address in any case, and by nothing that resembles SQL") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const std::string name = "Ada-" + uuid::random_v4().to_string();
        const account who = new_account(name, name + "@Example.org");
        CHECK(need(co_await s.accounts.insert(who, "h")));
        for (const std::string& login : {name, folded(name), folded(name) + "@EXAMPLE.org"}) {
            const auto read = need(co_await s.accounts.find(login));
            REQUIRE(read);
            CHECK(read->who.id == who.id);
            CHECK(read->who.name == name);
            CHECK(read->password_hash == "h");
            CHECK_FALSE(read->disabled_at);
        }
        for (const char* login : {"' or '1'='1", "%", "_", "'; drop table users; --", "@"}) {
            CHECK_FALSE(need(co_await s.accounts.find(login)));
        }
    });
}

TEST_CASE("a name or an address is taken once, also by two at the same moment") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const std::string name = unused_name();
        const account first = new_account(name, name + "@a.b");
        CHECK(need(co_await s.accounts.insert(first, "h")));
        const account same_name = new_account("N" + name.substr(1));
        CHECK_FALSE(need(co_await s.accounts.insert(same_name, "h")));
        const account same_address = new_account("", name + "@A.B");
        CHECK_FALSE(need(co_await s.accounts.insert(same_address, "h")));

        const std::string contested = unused_name();
        int made = 0;
        int answered = 0;
        runtime::event done(s.io.get_executor());
        const auto race = [&]() -> awaitable<void> {
            const account who = new_account(contested);
            if (need(co_await s.accounts.insert(who, "h"))) ++made;
            if (++answered == 4) done.set();
        };
        for (int i = 0; i < 4; ++i)
            s.tasks.spawn("race", race());
        need(co_await done.wait(deadline::in(seconds(10))));
        CHECK(made == 1);
    });
}

TEST_CASE("accounts without a name and those without an address do not collide") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const account one = new_account("", unused_name() + "@x.y");
        const account two = new_account("", unused_name() + "@x.y");
        const auto first = need(co_await s.accounts.insert(one, "h"));
        const auto second = need(co_await s.accounts.insert(two, "h"));
        REQUIRE((first && second));
        CHECK(*first < *second);
    });
}

TEST_CASE("a token is found until it expires, lies idle, or its user is disabled") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const account who = co_await s.made();
        const std::string session =
            co_await s.token_of(who, token_kind::session, "", s.now + hours(2));
        const std::string key = co_await s.token_of(who, token_kind::key, "k");
        const auto found = co_await s.found(session, s.now + seconds(1));
        REQUIRE(found);
        CHECK(found->owner == who.id);
        CHECK(found->scopes == scope_set{true, true, false, false});
        CHECK_FALSE(co_await s.found(session, s.now + hours(3)));
        CHECK_FALSE(co_await s.found(session, s.now + hours(1) + seconds(1)));
        CHECK(co_await s.found(key, s.now + hours(1000)));
        co_await s.pool.query("update users set disabled_at = now() where id = '" + who.id + "'");
        CHECK_FALSE(co_await s.found(session, s.now + seconds(1)));
        CHECK_FALSE(co_await s.found(key, s.now + seconds(1)));
    });
}

TEST_CASE("a use keeps a session from lying idle, and an older one changes nothing") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const account who = co_await s.made();
        const std::string session = co_await s.token_of(who);
        const auto id = (co_await s.found(session, s.now + seconds(1)))->id;
        const auto use = [&](wall_time at) -> awaitable<void> {
            token_use one;
            one.id = id;
            one.at = at;
            std::vector<token_use> uses(1, one);
            need(co_await s.tokens.used(std::move(uses)));
        };
        co_await use(s.now + hours(1));
        co_await use(s.now + seconds(30));
        CHECK(co_await s.found(session, s.now + hours(1) + seconds(59)));
    });
}

TEST_CASE("key names are unique for each user, and expired keys are removed") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const account ada = co_await s.made();
        const account eve = co_await s.made();
        CHECK_FALSE((co_await s.token_of(ada, token_kind::key, "ci")).empty());
        CHECK((co_await s.token_of(ada, token_kind::key, "ci")).empty());
        CHECK_FALSE((co_await s.token_of(eve, token_kind::key, "ci")).empty());
        const auto expired = co_await s.token_of(eve, token_kind::key, "old", s.now - seconds(1));
        CHECK(need(co_await s.tokens.remove_expired(s.now, s.now - hours(1))) >= 1);
        const auto left =
            need(co_await s.tokens.list(eve.id, token_kind::key, s.now, s.now - hours(1)));
        REQUIRE(left.size() == 1);
        CHECK(left[0].name == "ci");
        CHECK_FALSE(left[0].last_used_at);
    });
}

TEST_CASE("a revocation takes what was meant, and is remembered until it is told") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const account ada = co_await s.made();
        const account eve = co_await s.made();
        const std::string one = co_await s.token_of(ada);
        const std::string two = co_await s.token_of(ada);
        const std::string key = co_await s.token_of(ada, token_kind::key, "k");
        const std::string other = co_await s.token_of(eve);
        const auto at = s.now + seconds(1);
        token_choice wrong_owner;
        wrong_owner.owner = eve.id;
        wrong_owner.only = (co_await s.found(one, at))->id;
        CHECK(need(co_await s.tokens.revoke(wrong_owner, s.now)).empty());
        token_choice others;
        others.owner = ada.id;
        others.but = (co_await s.found(two, at))->id;
        CHECK(need(co_await s.tokens.revoke(others, s.now)) == std::vector<std::string>{one});
        CHECK_FALSE(co_await s.found(one, at));
        CHECK(co_await s.found(two, at));
        CHECK(co_await s.found(key, at));
        CHECK(co_await s.found(other, at));
        auto left = need(co_await s.tokens.revocations_left(10'000));
        CHECK(std::find(left.begin(), left.end(), one) != left.end());
        std::vector<std::string> told(1, one);
        need(co_await s.tokens.forget_revocations(std::move(told)));
        left = need(co_await s.tokens.revocations_left(10'000));
        CHECK(std::find(left.begin(), left.end(), one) == left.end());
    });
}

TEST_CASE("beyond a number of sessions the oldest are those that go") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const account who = co_await s.made();
        std::vector<std::string> made;
        for (int i = 0; i < 4; ++i) {
            s.now += seconds(1);
            made.push_back(co_await s.token_of(who));
        }
        token_choice surplus;
        surplus.owner = who.id;
        surplus.but_newest = 2;
        CHECK(need(co_await s.tokens.revoke(surplus, s.now)).size() == 2);
        CHECK_FALSE(co_await s.found(made[1], s.now + seconds(1)));
        CHECK(co_await s.found(made[2], s.now + seconds(1)));
    });
}

TEST_CASE("the submission service's own role may do all of this, notification's none of it") {
    account_storage s;
    s.run([&]() -> awaitable<void> {
        const std::string may =
            "select has_table_privilege('sluice_submission', t, 'select,insert,update,delete') and "
            "not has_table_privilege('sluice_notification', t, 'select') as n from unnest(array["
            "'users','access_tokens','revoked_tokens']) t";
        const auto rows = need(co_await s.pool.query(may));
        REQUIRE(rows.size() == 3);
        for (std::size_t i = 0; i < rows.size(); ++i)
            CHECK(rows[i].boolean("n"));
    });
}

}  // namespace sluice::submission::testing
