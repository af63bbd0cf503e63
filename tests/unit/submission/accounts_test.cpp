// Registering, signing in, changing passwords, API keys: the decisions, without servers.
#include "account_fakes.hpp"
#include "accounts/login.hpp"
#include "use_cases/disable_account.hpp"
#include "use_cases/manage_account.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission::testing {
namespace {

constexpr const char* good_password = "correct horse battery";

struct people : account_world {
    outcome<account>
    make(std::string name, std::string email = "", std::string pw = good_password) {
        register_command c;
        c.name = std::move(name);
        c.email = std::move(email);
        c.password = std::move(pw);
        c.client_address = "10.0.0.1";
        return run([&] { return register_account({}, p, c); });
    }
    outcome<signed_in> enter(std::string login, std::string pw = good_password) {
        sign_in_command c;
        c.login = std::move(login);
        c.password = std::move(pw);
        c.client_address = "10.0.0.1";
        c.client_name = "test\r\nX-Evil: 1";
        return run([&] { return sign_in({}, p, c); });
    }
    outcome<std::size_t> change(const signed_in& s, std::string old_one, std::string new_one) {
        change_password_command c;
        c.user = s.who.id;
        c.session = s.session;
        c.current_password = std::move(old_one);
        c.new_password = std::move(new_one);
        c.client_address = "10.0.0.1";
        return run([&] { return change_password({}, p, c); });
    }
    outcome<created_key> key(const signed_in& s, std::string name, std::string_view scopes) {
        create_key_command c;
        c.user = s.who.id;
        c.is_admin = s.who.role == role::admin;
        c.name = std::move(name);
        c.scopes = parse_scopes(scopes);
        return run([&] { return create_key({}, p, c); });
    }
};

}  // namespace

TEST_CASE("who registers signs in by name or address, whatever the case, and is known by the token"
) {
    people w;
    REQUIRE(w.make("Ada", "ada@example.org").has_value());
    for (const char* login : {"Ada", "ada", "ADA@Example.ORG"}) {
        const auto in = w.enter(login);
        REQUIRE(in.has_value());
        const auto who = w.who_is(in->token);
        REQUIRE(who);
        CHECK(who->user == in->who.id);
        CHECK(who->session == in->session);
        CHECK(who->role == role::user);
    }
    CHECK(w.accounts.rows.begin()->second.password_hash == std::string("hash:") + good_password);
}

TEST_CASE("a token is stored as its digest only, and the client's name without what is no text") {
    people w;
    REQUIRE(w.make("ada").has_value());
    const auto in = w.enter("ada");
    REQUIRE(in.has_value());
    REQUIRE(w.tokens.rows.size() == 1);
    CHECK(w.tokens.rows.begin()->first == digest_of_token(in->token));
    CHECK(w.tokens.rows.begin()->second.name == "testX-Evil: 1");
}

TEST_CASE("a name or an address is taken once, whatever its case") {
    people w;
    REQUIRE(w.make("ada", "ada@example.org").has_value());
    CHECK(w.make("ADA").error().code == "account_exists");
    CHECK(w.make("other", "Ada@Example.org").error().code == "account_exists");
    CHECK(w.accounts.rows.size() == 1);
}

TEST_CASE("what is wrong with a registration is told field by field") {
    people w;
    const auto no = w.make("a b", "no address", "");
    REQUIRE(no.has_error());
    CHECK(no.error().code == "invalid_field");
    REQUIRE(no.error().problems.size() == 3);
    CHECK(no.error().problems[0].field == "name");
    CHECK(no.error().problems[1].field == "email");
    CHECK(no.error().problems[2].field == "password");
    CHECK(w.make("").error().problems[0].code == "required");
    CHECK(w.accounts.rows.empty());
}

TEST_CASE("registration can be closed") {
    people w;
    w.p.rules.may_register = false;
    CHECK(w.make("ada").error().code == "forbidden");
}

TEST_CASE(
    "a wrong password, an unknown account and a disabled one are answered alike, each after a hash"
) {
    people w;
    REQUIRE(w.make("ada").has_value());
    REQUIRE(w.make("eve").has_value());
    for (auto& [id, row] : w.accounts.rows)
        if (row.who.name == "eve") row.disabled_at = wall_time{};
    const auto wrong = w.enter("ada", "wrong");
    const auto unknown = w.enter("nobody");
    const auto disabled = w.enter("eve");
    const auto senseless = w.enter(std::string("a\0b", 3), std::string(5000, 'x'));
    for (const auto* each : {&wrong, &unknown, &disabled, &senseless}) {
        REQUIRE(each->has_error());
        CHECK(each->error().code == "wrong_credentials");
        CHECK(each->error().detail == wrong.error().detail);
    }
    REQUIRE(w.hasher.checked_against.size() == 4);
    CHECK(w.hasher.checked_against[1] == "nobody");
    CHECK(w.hasher.checked_against[2] == "nobody");
    CHECK(w.tokens.rows.empty());
}

TEST_CASE("after too many attempts even the right password is refused, for unknown accounts too") {
    people w;
    REQUIRE(w.make("ada").has_value());
    for (const char* login : {"ada", "nobody"}) {
        for (int i = 0; i < 3; ++i)
            CHECK(w.enter(login, "wrong").error().code == "wrong_credentials");
        const auto no = w.enter(login);
        REQUIRE(no.has_error());
        CHECK(no.error().code == "too_many_requests");
        CHECK(no.error().retry_after_seconds > 0);
    }
    w.time.advance(std::chrono::minutes(6));
    CHECK(w.enter("ada").has_value());
}

TEST_CASE("a success begins the account's count anew") {
    people w;
    REQUIRE(w.make("ada").has_value());
    for (int round = 0; round < 3; ++round) {
        CHECK_FALSE(w.enter("ada", "wrong").has_value());
        CHECK_FALSE(w.enter("ada", "wrong").has_value());
        CHECK(w.enter("ada").has_value());
    }
}

TEST_CASE("too many hashes at once and a store that is away are 503, not a wrong password") {
    people w;
    REQUIRE(w.make("ada").has_value());
    w.hasher.is_busy = true;
    CHECK(w.enter("ada").error().code == "overloaded");
    w.hasher.is_busy = false;
    w.hasher.fills_up = true;
    CHECK(w.enter("ada").error().code == "overloaded");
    w.hasher.fills_up = false;
    w.accounts.is_away = true;
    CHECK(w.enter("ada").error().code == "storage_unavailable");
}

TEST_CASE("who is turned away because too many hashes wait has made no attempt") {
    people w;
    REQUIRE(w.make("ada").has_value());
    w.hasher.is_busy = true;
    for (int i = 0; i < 50; ++i) {
        CHECK(w.enter("ada", "wrong").error().code == "overloaded");
        CHECK(w.make("bob").error().code == "overloaded");
    }
    w.hasher.is_busy = false;
    CHECK(w.enter("ada").has_value());
    CHECK(w.make("bob").has_value());
}

TEST_CASE("a hash with other costs is renewed at the next sign-in") {
    people w;
    REQUIRE(w.make("ada").has_value());
    auto& row = w.accounts.rows.begin()->second;
    row.password_hash = std::string("old:") + good_password;
    REQUIRE(w.enter("ada").has_value());
    CHECK(row.password_hash == std::string("hash:") + good_password);
}

TEST_CASE("a changed password ends every other session and no key") {
    people w;
    REQUIRE(w.make("ada").has_value());
    const auto here = w.enter("ada");
    const auto there = w.enter("ada");
    REQUIRE((here && there));
    const auto key = w.key(*here, "ci", "read");
    REQUIRE(key.has_value());
    CHECK(w.change(*here, "wrong", "another password").error().code == "wrong_credentials");
    REQUIRE(w.who_is(there->token));
    const auto ended = w.change(*here, good_password, "another password");
    REQUIRE(ended.has_value());
    CHECK(*ended == 1);
    CHECK(w.who_is(here->token));
    CHECK_FALSE(w.who_is(there->token));
    CHECK(w.who_is(key->token));
    CHECK_FALSE(w.enter("ada").has_value());
    CHECK(w.enter("ada", "another password").has_value());
}

TEST_CASE("beyond the number of sessions the oldest goes") {
    people w;
    w.p.rules.max_sessions = 2;
    REQUIRE(w.make("ada").has_value());
    std::vector<std::string> tokens;
    for (int i = 0; i < 3; ++i) {
        w.time.advance(std::chrono::seconds(1));
        tokens.push_back(w.enter("ada")->token);
    }
    CHECK_FALSE(w.who_is(tokens[0]));
    CHECK(w.who_is(tokens[1]));
    CHECK(w.who_is(tokens[2]));
}

TEST_CASE("a key has the scopes it was made for and never the account") {
    people w;
    REQUIRE(w.make("ada").has_value());
    const auto in = w.enter("ada");
    const auto key = w.key(*in, "ci", "read");
    REQUIRE(key.has_value());
    CHECK(key->token.starts_with("slk_"));
    const auto who = w.who_is(key->token);
    REQUIRE(who);
    CHECK(who->scopes == scope_set{true, false, false, false});
    CHECK_FALSE(who->session);
    CHECK(w.key(*in, "ci", "submit").error().code == "conflict");
    CHECK(w.key(*in, "more", "admin").error().code == "invalid_field");
    CHECK(w.key(*in, "none", "").error().code == "invalid_field");
    CHECK(w.key(*in, "line\nbreak", "read").error().code == "invalid_field");
    CHECK(w.key(*in, "\xff", "read").error().code == "invalid_field");
}

TEST_CASE("an administrator's key administers only when it was made for that") {
    people w;
    REQUIRE(w.make("root").has_value());
    w.accounts.rows.begin()->second.who.role = role::admin;
    const auto in = w.enter("root");
    REQUIRE(in.has_value());
    CHECK(w.who_is(in->token)->role == role::admin);
    CHECK(w.who_is(w.key(*in, "small", "read,submit")->token)->role == role::user);
    CHECK(w.who_is(w.key(*in, "large", "read,admin")->token)->role == role::admin);
}

TEST_CASE("keys are bounded, and another's is not found") {
    people w;
    w.p.rules.max_keys = 1;
    REQUIRE(w.make("ada").has_value());
    REQUIRE(w.make("eve").has_value());
    const auto ada = w.enter("ada");
    const auto eve = w.enter("eve");
    const auto key = w.key(*ada, "one", "read");
    REQUIRE(key.has_value());
    CHECK(w.key(*ada, "two", "read").error().code == "conflict");
    const auto revoke = [&](const signed_in& by) {
        return w.run([&] { return revoke_one({}, w.p, by.who.id, token_kind::key, key->key.id); });
    };
    CHECK(revoke(*eve).error().code == "not_found");
    CHECK(w.who_is(key->token));
    CHECK(revoke(*ada).has_value());
    CHECK_FALSE(w.who_is(key->token));
}

TEST_CASE("the login of other surfaces tells wrong, too many and unavailable apart") {
    people w;
    REQUIRE(w.make("ada").has_value());
    account_login login(w.p);
    const auto ask = [&](std::string pw) {
        return w.run([&] { return login.login("ada", pw, "10.0.0.2"); });
    };
    const auto good = ask(good_password);
    REQUIRE((good && *good));
    CHECK(w.who_is((*good)->token)->user == (*good)->user);
    const auto wrong = ask("wrong");
    REQUIRE(wrong.has_value());
    CHECK_FALSE(*wrong);
    w.accounts.is_away = true;
    CHECK(ask(good_password).error() == errc::unavailable);
    w.accounts.is_away = false;
    w.hasher.is_busy = true;
    CHECK(ask(good_password).error() == errc::overloaded);
}

namespace {

struct disabling : people {
    std::string token, digest;
    user_id ada;

    disabling() {
        REQUIRE(make("ada").has_value());
        const auto done = enter("ada");
        REQUIRE(done.has_value());
        token = done->token;
        digest = digest_of_token(token);
        ada = done->who.id;
        accounts.tokens_of = [this](const user_id&) { return std::vector<std::string>{digest}; };
    }
    outcome<account_standing> set(std::string user, bool is_disabled, std::string by = "carol") {
        const standing_command c{std::move(by), std::move(user), is_disabled};
        return run([&] { return change_standing({}, p, c); });
    }
};

}  // namespace

TEST_CASE("a disabled account's tokens are revoked everywhere and good again when it is enabled") {
    disabling w;
    CHECK(w.who_is(w.token));
    const auto done = w.set("ada", true);
    REQUIRE(done.has_value());
    CHECK(done->disabled_at == w.time.now());
    CHECK(w.shared.entries[w.digest].what == shared_answer::kind::revoked);
    CHECK_FALSE(w.who_is(w.token));
    CHECK(w.enter("ada").error().code == "wrong_credentials");
    REQUIRE(w.set(w.ada, false).has_value());
    CHECK(w.who_is(w.token));
    REQUIRE(w.accounts.audit.size() == 2);
    CHECK(w.accounts.audit[0].action == "disable");
    CHECK(w.accounts.audit[1].action == "enable");
    CHECK(w.accounts.audit[1].target == "user/" + w.ada);
    CHECK(w.accounts.audit[1].actor == "carol");
}

TEST_CASE("disabling twice is once, and unknown accounts and one's own are refused") {
    disabling w;
    REQUIRE(w.set("ada", true).has_value());
    REQUIRE(w.set("ada", true).has_value());
    CHECK(w.accounts.audit.size() == 1);
    CHECK(w.set("nobody", true).error().code == "not_found");
    REQUIRE(w.set("ada", false).has_value());
    CHECK(w.set("ada", true, w.ada).error().code == "conflict");
    CHECK_FALSE(w.accounts.rows[w.ada].disabled_at);
}

TEST_CASE("while Redis is away an account is disabled all the same") {
    disabling w;
    w.tokens.left.insert(w.digest);  // as set_disabled leaves it
    w.shared.is_away = true;
    REQUIRE(w.set("ada", true).has_value());
    CHECK(w.tokens.left.contains(w.digest));
    CHECK_FALSE(w.who_is(w.token));
}

}  // namespace sluice::submission::testing
