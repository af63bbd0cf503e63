// Reading, waiting and paging through fakes.
#include "use_cases/read_submission.hpp"

#include "fakes.hpp"
#include "use_cases/cursors.hpp"
#include "use_cases/issue_ticket.hpp"
#include "use_cases/list_submissions.hpp"

#include "sluice/testing/run_coro.hpp"

#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

using testing::happenings;
using testing::world;

submission_id add_row(world& w, user_id owner = "ada") {
    const submission_id id = w.ids.next_submission(w.time.now());
    domain::submission_view view;
    view.id = id;
    view.user_id = std::move(owner);
    w.store.rows[id] = view;
    return id;
}

outcome<domain::submission_view>
run(world& w, user_id owner, submission_id id, std::chrono::seconds wait = std::chrono::seconds(0)
) {
    return sluice::testing::run_coro(w.io, [&] {
        return read_submission(observe::context{}, w.p, owner, id, wait);
    });
}

outcome<submission_page> page(world& w, std::optional<submission_id> before, std::size_t limit) {
    history_filter filter;
    filter.before = before;
    return sluice::testing::run_coro(w.io, [&] {
        return list_submissions(observe::context{}, w.p, "ada", filter, limit);
    });
}

}  // namespace

TEST_CASE("another user's submission is answered exactly as an unknown one") {
    world w;
    const auto hers = add_row(w);
    const auto foreign = run(w, "eve", hers);
    const auto unknown = run(w, "eve", w.ids.next_submission(w.time.now()));
    REQUIRE(foreign.has_error());
    REQUIRE(unknown.has_error());
    CHECK(foreign.error().code == "not_found");
    CHECK(foreign.error().code == unknown.error().code);
    CHECK(foreign.error().detail == unknown.error().detail);
}

TEST_CASE("an unfinished submission is running when Redis says so, else queued") {
    world w;
    const auto id = add_row(w);
    CHECK(run(w, "ada", id)->status == domain::status::queued);
    w.states.known.push_back(id);
    CHECK(run(w, "ada", id)->status == domain::status::running);
}

TEST_CASE("a finished submission is answered without waiting") {
    world w;
    const auto id = add_row(w);
    w.store.finish(id, domain::status::runtime_error);
    const auto view = run(w, "ada", id, std::chrono::seconds(30));
    CHECK(view->status == domain::status::runtime_error);
    CHECK(w.said == happenings{"watch", "ready", "read"});
}

TEST_CASE("an end after the row was read is heard") {
    world w;
    const auto id = add_row(w);
    asio::post(w.io, [&] {
        asio::post(w.io, [&] {
            w.store.finish(id, domain::status::accepted);
            w.waiter.finished(id);
        });
    });
    CHECK(run(w, "ada", id, std::chrono::seconds(10))->status == domain::status::accepted);
}

TEST_CASE("a wake-up without an end waits on") {
    world w;
    const auto id = add_row(w);
    w.waiter.finished(id);  // a reconnection wakes everybody
    const auto view = run(w, "ada", id, std::chrono::seconds(1));
    CHECK(view->status == domain::status::queued);
    CHECK(w.said == happenings{"watch", "ready", "read", "next", "read", "next", "read"});
}

TEST_CASE("reading without the storage says when to come back") {
    world w;
    w.store.is_away = true;
    const auto view = run(w, "ada", w.ids.next_submission(w.time.now()));
    REQUIRE(view.has_error());
    CHECK(view.error().code == "storage_unavailable");
    CHECK(view.error().retry_after_seconds > 0);
}

TEST_CASE("pages follow one another, newest first, until there is no cursor") {
    world w;
    std::vector<submission_id> made;
    for (int i = 0; i < 5; ++i)
        made.push_back(add_row(w));
    add_row(w, "eve");
    std::vector<submission_id> seen;
    std::optional<submission_id> before;
    for (int pages = 0; pages < 3; ++pages) {
        const auto got = page(w, before, 2);
        REQUIRE(got.has_value());
        for (const auto& item : got->items)
            seen.push_back(item.id);
        CHECK(got->next_cursor.has_value() == (pages < 2));
        if (got->next_cursor) before = submission_id(parse_cursor(*got->next_cursor).value());
    }
    std::reverse(made.begin(), made.end());
    CHECK(seen == made);
}

TEST_CASE("a page tells which of its submissions run") {
    world w;
    const auto old_one = add_row(w);
    const auto ended = add_row(w);
    const auto new_one = add_row(w);
    w.store.finish(ended, domain::status::accepted);
    w.states.known.push_back(new_one);
    const auto got = page(w, std::nullopt, 10);
    REQUIRE(got->items.size() == 3);
    CHECK(got->items[0].status == domain::status::running);
    CHECK(got->items[1].status == domain::status::accepted);
    CHECK(got->items[2].id == old_one);
    CHECK(got->items[2].status == domain::status::queued);
}

TEST_CASE("a cursor is URL-safe, gives back its id, and nothing else is a cursor") {
    world w;
    const auto id = w.ids.next_submission(w.time.now());
    const std::string cursor = make_cursor(id.value());
    CHECK(
        cursor.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
        ) == std::string::npos
    );
    CHECK(parse_cursor(cursor) == id.value());
    CHECK_FALSE(parse_cursor("").has_value());
    CHECK_FALSE(parse_cursor(id.to_string()).has_value());
    CHECK_FALSE(parse_cursor(cursor + "AAAA").has_value());
}

TEST_CASE("a ticket belongs to its user and lives one minute") {
    world w;
    const auto issued = sluice::testing::run_coro(w.io, [&] {
        return issue_ticket(observe::context{}, w.p, ticket_maker{"ada", "t"});
    });
    REQUIRE(issued.has_value());
    CHECK(issued->expires_at == w.time.now() + std::chrono::seconds(60));
    CHECK(w.tickets.stored[issued->ticket].first == "ada");
    CHECK(w.tickets.stored[issued->ticket].second == std::chrono::seconds(60));
}

TEST_CASE("without Redis there are no tickets") {
    world w;
    w.tickets.is_away = true;
    const auto issued = sluice::testing::run_coro(w.io, [&] {
        return issue_ticket(observe::context{}, w.p, ticket_maker{"ada", "t"});
    });
    REQUIRE(issued.has_error());
    CHECK(issued.error().retry_after_seconds > 0);
}

}  // namespace sluice::submission
