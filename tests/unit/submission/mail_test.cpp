// "mail": true of what is accepted: to which address, and when it is refused.
#include "fakes.hpp"
#include "use_cases/accept_batch.hpp"
#include "use_cases/accept_submission.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

using testing::happenings;
using testing::world;

class fake_mail final : public mail_book {
public:
    bool is_on() const override { return is_sent; }
    awaitable<result<std::optional<std::string>>> address_of(user_id user) override {
        if (is_away) co_return fail(errc::unavailable);
        std::optional<std::string> out;
        if (user == "ada") out = "ada@example.org";
        co_return out;
    }
    awaitable<result<mail_setting>> setting(user_id) override { co_return mail_setting{}; }
    awaitable<result<void>> set(user_id, bool, std::string, wall_time) override {
        co_return result<void>();
    }

    bool is_sent = true;
    bool is_away = false;
};

struct mail_world : world {
    fake_mail mail;
    mail_world() { p.mail = &mail; }
};

domain::submit_request hello(bool mail) {
    domain::submit_request r;
    r.language = "python";
    r.files.push_back({"", "print('hello')"});
    r.mail = mail;
    return r;
}

outcome<accepted_submission> submit(world& w, bool mail, user_id owner = "ada") {
    submit_command c;
    c.owner = std::move(owner);
    c.correlation_id = correlation_id(uuid::random_v4());
    c.request = hello(mail);
    return sluice::testing::run_coro(w.io, [&] {
        return accept_submission(observe::context{}, w.p, c);
    });
}

outcome<accepted_batch> submit_batch(world& w, domain::batch_request request) {
    batch_command c;
    c.owner = "ada";
    c.correlation_id = correlation_id(uuid::random_v4());
    c.request = std::move(request);
    return sluice::testing::run_coro(w.io, [&] {
        return accept_batch(observe::context{}, w.p, c);
    });
}

void check_refused(const rejection& no, const std::string& field) {
    CHECK(no.code == "invalid_field");
    REQUIRE(no.problems.size() == 1);
    CHECK(no.problems[0].field == field);
    CHECK(no.problems[0].code == "not_allowed");
}

}  // namespace

TEST_CASE("a submission that wants mail is stored with its owner's address") {
    mail_world w;
    REQUIRE(submit(w, true).has_value());
    CHECK(w.store.mail_to == "ada@example.org");
}

TEST_CASE("a submission that wants no mail is stored without an address, whoever is away") {
    mail_world w;
    w.mail.is_away = true;
    REQUIRE(submit(w, false).has_value());
    CHECK(w.store.mail_to == std::nullopt);
}

TEST_CASE("mail is refused where none is sent, and nothing is stored") {
    mail_world w;
    w.mail.is_sent = false;
    const auto done = submit(w, true);
    REQUIRE_FALSE(done.has_value());
    check_refused(done.error(), "mail");
    CHECK(w.said.empty());
}

TEST_CASE("mail is refused to an account without an address, and nothing is stored") {
    mail_world w;
    const auto done = submit(w, true, "bob");
    REQUIRE_FALSE(done.has_value());
    check_refused(done.error(), "mail");
    CHECK(w.said.empty());
}

TEST_CASE("an address that cannot be asked for is our trouble and not the client's") {
    mail_world w;
    w.mail.is_away = true;
    const auto done = submit(w, true);
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().code == "storage_unavailable");
    CHECK(w.said.empty());
}

TEST_CASE("a batch that wants mail is stored with its owner's address") {
    mail_world w;
    domain::batch_request request;
    request.items.assign(2, hello(false));
    request.mail = true;
    REQUIRE(submit_batch(w, std::move(request)).has_value());
    REQUIRE(w.batches.rows.size() == 1);
    CHECK(w.batches.rows[0].mail_to == "ada@example.org");
}

TEST_CASE("an item of a batch cannot want a mail of its own") {
    mail_world w;
    domain::batch_request request;
    request.items = {hello(false), hello(true)};
    const auto done = submit_batch(w, std::move(request));
    REQUIRE_FALSE(done.has_value());
    check_refused(done.error(), "items[1].mail");
    CHECK(w.said.empty());
}

}  // namespace sluice::submission
