// What the use cases make of it when not all that is asked for may run now; no server.
#include "fakes.hpp"
#include "use_cases/accept_batch.hpp"
#include "use_cases/accept_submission.hpp"

#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

namespace sluice::submission::testing {
namespace {

class scripted_admission final : public admission_control {
public:
    awaitable<outcome<std::size_t>>
    admit(observe::context, quota_subject who, std::vector<admission_item> items) override {
        asked.push_back(items.size());
        subject = who;
        if (is_refusing) co_return reject("quota_exceeded", "no", 2);
        co_return std::min(items.size(), room);
    }
    awaitable<void> withdraw(user_id, std::vector<submission_id> ids) override {
        withdrawn += ids.size();
        co_return;
    }
    void held(const user_id& user) override { held_users.push_back(user); }
    void cancelled(const user_id&) override {}

    std::size_t room = 1000;
    bool is_refusing = false;
    std::vector<std::size_t> asked;
    quota_subject subject;
    std::size_t withdrawn = 0;
    std::vector<user_id> held_users;
};

submit_command hello(std::string key = "") {
    domain::submit_request r;
    r.language = "python3";
    r.files.push_back({"", "print(1)"});
    submit_command c;
    c.owner = "ada";
    c.correlation_id = sluice::correlation_id(uuid::random_v4());
    c.request = std::move(r);
    if (!key.empty()) c.idempotency = idempotency{std::move(key), "digest"};
    return c;
}

struct admission_world : world {
    scripted_admission admission;
    admission_world() { p.admission = &admission; }
    outcome<accepted_submission> submit(submit_command c) {
        return sluice::testing::run_coro(io, [&] {
            return accept_submission({}, p, std::move(c));
        });
    }
    outcome<accepted_batch> submit_batch(std::size_t size, std::string key = "") {
        batch_command c;
        c.owner = "ada";
        c.correlation_id = sluice::correlation_id(uuid::random_v4());
        if (!key.empty()) c.idempotency = idempotency{std::move(key), "digest"};
        for (std::size_t i = 0; i < size; ++i) {
            domain::submit_request r;
            r.language = "python3";
            r.files.push_back({"", "print(1)"});
            c.request.items.push_back(std::move(r));
        }
        return sluice::testing::run_coro(io, [&] { return accept_batch({}, p, std::move(c)); });
    }
};

TEST_CASE("what has no place in the queue is stored, announced and not published") {
    admission_world w;
    w.admission.room = 0;
    REQUIRE(w.submit(hello()).has_value());
    CHECK(w.queue.published.empty());
    CHECK(std::ranges::count(w.said, "announce") == 1);
    CHECK(w.admission.held_users == std::vector<user_id>{"ada"});
    CHECK(w.store.rows.size() == 1);
}

TEST_CASE("a refused submission is not stored") {
    admission_world w;
    w.admission.is_refusing = true;
    const auto no = w.submit(hello());
    REQUIRE_FALSE(no.has_value());
    CHECK(no.error().code == "quota_exceeded");
    CHECK(w.store.rows.empty());
}

TEST_CASE("a replay is answered as before although there is no room") {
    admission_world w;
    const auto first = w.submit(hello("key"));
    REQUIRE(first.has_value());
    w.admission.is_refusing = true;
    const auto again = w.submit(hello("key"));
    REQUIRE(again.has_value());
    CHECK(again->is_replay);
    CHECK(again->view.id == first->view.id);
}

TEST_CASE("a replay gives back the place that it was given") {
    admission_world w;
    REQUIRE(w.submit(hello("key")).has_value());
    CHECK(w.admission.withdrawn == 0);
    REQUIRE(w.submit(hello("key")).has_value());
    CHECK(w.admission.withdrawn == 1);
}

TEST_CASE("what could not be stored gives its place back") {
    admission_world w;
    w.store.is_away = true;
    CHECK_FALSE(w.submit(hello()).has_value());
    CHECK(w.admission.withdrawn == 1);
}

TEST_CASE("each of a batch counts, and only those with a place are published") {
    admission_world w;
    w.admission.room = 2;
    REQUIRE(w.submit_batch(5).has_value());
    CHECK(w.admission.asked == std::vector<std::size_t>{5});
    CHECK(w.queue.published.size() == 2);
    CHECK(std::ranges::count(w.said, "announce") == 3);
    REQUIRE(w.batches.rows.size() == 1);
    CHECK(w.batches.rows.front().released == 2);
}

TEST_CASE("a refused batch leaves nothing behind") {
    admission_world w;
    w.admission.is_refusing = true;
    CHECK_FALSE(w.submit_batch(5).has_value());
    CHECK(w.batches.rows.empty());
    CHECK(w.queue.published.empty());
}

}  // namespace
}  // namespace sluice::submission::testing
