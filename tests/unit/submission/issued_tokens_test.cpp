// Tokens as an identity source: what is asked of whom, and how long an answer is believed.
#include "account_fakes.hpp"
#include "accounts/identity_sources.hpp"
#include "accounts/token_keeper.hpp"
#include "use_cases/sign_in.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission::testing {
namespace {

struct tokens_world : account_world {
    std::string token;
    uuid id;

    tokens_world() {
        account who;
        who.id = "u1";
        accounts.rows["u1"].who = who;
        const auto made = run([&] { return open_session({}, p, who, "10.0.0.1", "test"); });
        token = made->token;
        id = made->session;
    }
    void revoke() {
        token_choice all;
        all.owner = "u1";
        REQUIRE(run([&] { return revoke_tokens({}, p, all); }).has_value());
    }
    // As another process would: this one's memory hears nothing.
    void revoke_elsewhere() {
        tokens.rows.clear();
        shared.entries[digest_of_token(token)].what = shared_answer::kind::revoked;
    }
};

}  // namespace

TEST_CASE("tokens are recognised by prefix and shape, and never alike") {
    const std::string one = make_token(token_kind::session);
    CHECK(one.size() == 47);
    CHECK(kind_of_token(one) == token_kind::session);
    CHECK(kind_of_token(make_token(token_kind::key)) == token_kind::key);
    CHECK(one != make_token(token_kind::session));
    for (const std::string& forged :
         {std::string(),
          std::string("sls_"),
          one + "x",
          one.substr(1),
          "slx_" + one.substr(4),
          "sls_" + std::string(43, '\'')}) {
        CHECK_FALSE(kind_of_token(forged));
    }
}

TEST_CASE("scopes are text and back, and unknown ones count for nothing") {
    CHECK(to_text(scope_set{}) == "read,submit,admin,account");
    CHECK(parse_scopes(to_text(scope_set{})) == scope_set{});
    CHECK(parse_scopes("submit,root,,") == scope_set{false, true, false, false});
    CHECK(to_text(parse_scopes("")).empty());
}

TEST_CASE("what cannot be a token is refused without a look-up") {
    tokens_world w;
    CHECK_FALSE(w.who_is("' or 1=1 --"));
    CHECK_FALSE(w.who_is(std::string(100'000, 'x')));
    CHECK(w.shared.lookups == 0);
    CHECK(w.tokens.lookups == 0);
}

TEST_CASE("a token is asked for once in two seconds, and of Redis before PostgreSQL") {
    tokens_world w;
    for (int i = 0; i < 5; ++i)
        CHECK(w.who_is(w.token));
    CHECK(w.shared.lookups == 1);
    CHECK(w.tokens.lookups == 0);
    w.time.advance(std::chrono::milliseconds(2001));
    CHECK(w.who_is(w.token));
    CHECK(w.shared.lookups == 2);
}

TEST_CASE("a forged token of the right shape is remembered as none") {
    tokens_world w;
    const std::string forged = make_token(token_kind::session);
    for (int i = 0; i < 5; ++i)
        CHECK_FALSE(w.who_is(forged));
    CHECK(w.tokens.lookups == 1);
}

TEST_CASE("without Redis PostgreSQL is asked, and what it knows goes back to Redis later") {
    tokens_world w;
    w.shared.is_away = true;
    CHECK(w.who_is(w.token));
    CHECK(w.tokens.lookups == 1);
    w.shared.is_away = false;
    w.shared.entries.clear();
    w.time.advance(std::chrono::seconds(3));
    CHECK(w.who_is(w.token));
    CHECK(w.shared.entries.contains(digest_of_token(w.token)));
}

TEST_CASE("without both it cannot be told") {
    tokens_world w;
    w.shared.is_away = w.tokens.is_away = true;
    const auto found = w.run([&] { return w.issued.of_token(w.token); });
    REQUIRE(found.has_error());
    CHECK(found.error() == errc::unavailable);
}

TEST_CASE("a revoked token is refused at once here, and within two seconds of another process") {
    tokens_world w;
    CHECK(w.who_is(w.token));
    w.revoke();
    CHECK_FALSE(w.who_is(w.token));

    tokens_world other;
    CHECK(other.who_is(other.token));
    other.revoke_elsewhere();
    other.time.advance(std::chrono::milliseconds(2001));
    CHECK_FALSE(other.who_is(other.token));
}

TEST_CASE("a revocation during the look-up is not remembered as good") {
    tokens_world w;
    w.shared.on_find = [&w] { w.issued.forget({"something else"}); };
    CHECK(w.who_is(w.token));
    CHECK(w.who_is(w.token));
    CHECK(w.shared.lookups == 2);
}

TEST_CASE("a session ends at its time even when it is remembered") {
    tokens_world w;
    w.time.advance(w.rules.session_lifetime - std::chrono::milliseconds(500));
    CHECK(w.who_is(w.token));
    w.time.advance(std::chrono::milliseconds(600));
    CHECK_FALSE(w.who_is(w.token));
}

TEST_CASE("the memory of tokens is bounded") {
    tokens_world w;
    for (std::size_t i = 0; i < token_memory_size + 10; ++i)
        CHECK_FALSE(w.who_is(make_token(token_kind::key)));
    CHECK(w.who_is(w.token));
}

TEST_CASE("uses are collected and written once for each token") {
    tokens_world w;
    token_keeper keeper(w.io.get_executor(), w.tokens, w.shared, w.issued, w.time, w.rules);
    for (int i = 0; i < 10; ++i)
        CHECK(w.who_is(w.token));
    w.run([&] { return keeper.write_uses(); });
    REQUIRE(w.tokens.last_uses.size() == 1);
    CHECK(w.tokens.last_uses[w.id] == w.time.now());
    w.tokens.last_uses.clear();
    w.run([&] { return keeper.write_uses(); });
    CHECK(w.tokens.last_uses.empty());
}

TEST_CASE("Redis is told later of what was revoked while it was away") {
    tokens_world w;
    token_keeper keeper(w.io.get_executor(), w.tokens, w.shared, w.issued, w.time, w.rules);
    w.shared.is_away = true;
    w.revoke();
    CHECK(w.tokens.left.size() == 1);
    w.run([&] { return keeper.tell_revocations(); });
    CHECK(w.tokens.left.size() == 1);
    w.shared.is_away = false;
    w.run([&] { return keeper.tell_revocations(); });
    CHECK(w.tokens.left.empty());
    const auto& entry = w.shared.entries[digest_of_token(w.token)];
    CHECK(entry.what == shared_answer::kind::revoked);
}

TEST_CASE("a token that left the configuration is told as revoked, when Redis is there again") {
    tokens_world w;
    token_keeper keeper(w.io.get_executor(), w.tokens, w.shared, w.issued, w.time, w.rules);
    const auto tell = [&] { w.run([&] { return keeper.tell_withdrawn(); }); };
    const auto is_revoked = [&](const std::string& sha256) {
        return w.shared.entries.contains(sha256) &&
               w.shared.entries[sha256].what == shared_answer::kind::revoked;
    };
    w.shared.is_away = true;
    keeper.withdraw({"a", "b", "c"}, {"c"});  // c has another user now
    tell();
    w.shared.is_away = false;
    keeper.withdraw({}, {"b"});  // back again meanwhile
    tell();
    CHECK(is_revoked("a"));
    CHECK_FALSE(is_revoked("b"));
    CHECK_FALSE(is_revoked("c"));
    keeper.withdraw({}, {"a"});
    tell();
    CHECK_FALSE(is_revoked("a"));
}

}  // namespace sluice::submission::testing
