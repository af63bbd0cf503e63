// Words of programs, the filters of the list, deletion and answers from the result cache.
#include "handlers/history.hpp"

#include "adapters/history_queries.hpp"
#include "fakes.hpp"
#include "use_cases/accept_submission.hpp"
#include "use_cases/cursors.hpp"
#include "use_cases/delete_submissions.hpp"
#include "use_cases/list_submissions.hpp"
#include "use_cases/program_words.hpp"
#include "use_cases/result_cache.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/testing/run_coro.hpp"

#include <catch2/catch.hpp>

namespace sluice::submission {
namespace {

using testing::world;
using words = std::vector<std::string>;

words words_of(std::string content) {
    const std::vector<domain::source_file> files{{"main.py", std::move(content)}};
    return program_words(files);
}

class fake_history final : public history_store {
public:
    awaitable<result<std::vector<ended_submission>>> ended(user_id, submission_id id) override {
        std::vector<ended_submission> out;
        for (const auto& s : rows) {
            if (s.id == id) out.push_back(s);
        }
        co_return out;
    }
    awaitable<result<std::vector<ended_submission>>>
    ended_before(user_id, wall_time, std::size_t limit) override {
        std::vector<ended_submission> out = rows;
        if (out.size() > limit) out.resize(limit);
        co_return out;
    }
    awaitable<result<std::vector<ended_submission>>> beyond(std::int64_t, std::size_t) override {
        co_return std::vector<ended_submission>();
    }
    awaitable<result<std::int64_t>> remove(user_id, std::vector<submission_id> ids) override {
        std::erase_if(rows, [&](const ended_submission& s) {
            return std::ranges::find(ids, s.id) != ids.end();
        });
        co_return static_cast<std::int64_t>(ids.size());
    }
    awaitable<result<std::vector<usage_day>>> usage(user_id, wall_time) override {
        co_return std::vector<usage_day>();
    }
    awaitable<result<std::vector<stored_program>>> newest(user_id, std::size_t) override {
        co_return std::vector<stored_program>();
    }
    std::vector<ended_submission> rows;
};

class fake_copies final : public live_copies {
public:
    awaitable<result<void>> forget(user_id, std::vector<ended_submission> all) override {
        if (is_away) co_return fail(errc::unavailable);
        forgotten += all.size();
        co_return result<void>();
    }
    bool is_away = false;
    std::size_t forgotten = 0;
};

class fake_cache final : public cached_results {
public:
    awaitable<result<std::optional<std::string>>> find(std::string key) override {
        asked.push_back(key);
        if (is_away) co_return fail(errc::unavailable);
        co_return value;
    }
    bool is_away = false;
    std::optional<std::string> value;
    std::vector<std::string> asked;
};

class fake_feed final : public result_feed {
public:
    awaitable<result<void>> publish(domain::run_result value) override {
        if (is_away) co_return fail(errc::unavailable);
        published.push_back(value);
        if (on_publish) on_publish(value.id);
        co_return result<void>();
    }
    bool is_away = false;
    std::vector<domain::run_result> published;
    std::function<void(submission_id)> on_publish;
};

struct cached_world : world {
    fake_cache cache;
    fake_feed feed;

    cached_world() {
        workers.know("python3", true);
        p.cache.store = &cache;
        p.cache.feed = &feed;
        feed.on_publish = [this](submission_id id) {
            store.finish(id, domain::status::accepted);
            waiter.finished(id);
        };
    }
    domain::task a_task(std::string source = "print(1)") {
        domain::task t;
        t.cache = true;
        t.id = ids.next_submission(time.now());
        t.correlation_id = ids.next_correlation();
        t.user_id = "ada";
        t.language = "python3";
        t.files.push_back({"main.py", std::move(source)});
        t.limits.cpu_time_ms = 1000;
        return t;
    }
    domain::run_result result_of(const domain::task& t) {
        domain::run_result r;
        r.id = ids.next_submission(time.now());
        r.correlation_id = ids.next_correlation();
        r.user_id = t.user_id;
        r.language = t.language;
        r.limits = t.limits;
        r.status = domain::status::accepted;
        r.times.ended_at = from_unix_ms(1'700'000'000'000);
        return r;
    }
    std::optional<domain::run_result> find(const domain::task& t) {
        return sluice::testing::run_coro(io, [&] {
            return find_cached(observe::context{}, p, t, "key");
        });
    }
    accepted_submission submit(bool wants_cache) {
        domain::submit_request request;
        request.language = "python3";
        request.files.push_back({"", "print(1)"});
        request.cache = wants_cache;
        submit_command command;
        command.owner = "ada";
        command.correlation_id = ids.next_correlation();
        command.request = request;
        auto done = sluice::testing::run_coro(io, [&] {
            return accept_submission(observe::context{}, p, command);
        });
        REQUIRE(done.has_value());
        return *done;
    }
};

http::request with_query(std::map<std::string, std::string> query) {
    http::request q;
    q.query = std::move(query);
    return q;
}

}  // namespace

TEST_CASE("a program's words are lower case, sorted and there once") {
    CHECK(words_of("Print(foo_bar, 42) # Print") == words{"42", "foo_bar", "print"});
}

TEST_CASE("of bytes that are not UTF-8 the ASCII words are found, and no byte is kept") {
    CHECK(words_of(std::string("ab\xff\0cd \xfc", 8)) == words{"ab", "cd"});
    CHECK(words_of("gr\xc3\xbc\xc3\x9f") == words{"gr\xc3\xbc\xc3\x9f"});
}

TEST_CASE("a long word is cut between two characters") {
    std::string text(63, 'a');
    const auto found = words_of(text + "\xc3\xbc" + "zz");
    REQUIRE(found.size() == 1);
    CHECK(found[0] == text);
}

TEST_CASE("the words of a huge program are bounded") {
    std::string text;
    for (int i = 0; i < 200'000; ++i)
        text += std::to_string(i) + ' ';
    std::size_t total = 0;
    for (const auto& word : words_of(std::move(text)))
        total += word.size();
    CHECK(total < 300'000);
}

TEST_CASE("what is looked for cannot leave its quotes") {
    CHECK(words_query(search_words("a' | !b \\")) == "'a':* & 'b':*");
    CHECK(search_words("' & \\").empty());
}

TEST_CASE("filters are read from the query, aliases become ids") {
    world w;
    const auto filter = read_filter(
        with_query(
            {{"status", "accepted,queued"},
             {"language", "python,old-one"},
             {"created_after", "2026-11-21T00:00:00Z"}}
        ),
        w.p
    );
    REQUIRE(filter.has_value());
    using domain::status;
    CHECK(filter->statuses == std::vector{status::accepted, status::queued});
    CHECK(filter->languages == words{"python3", "old-one"});
    CHECK(filter->created_after == parse_rfc3339("2026-11-21T00:00:00Z"));
}

TEST_CASE("a filter that is wrong is named") {
    world w;
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"status", "done"},
        {"status", ","},
        {"language", ""},
        {"language", "\xff"},
        {"created_after", "yesterday"},
        {"created_before", "1"},
        {"correlation_id", "x"},
        {"cursor", "x"},
        {"q", "words"}};
    for (const auto& [name, value] : wrong) {
        const auto filter = read_filter(with_query({{name, value}}), w.p);
        REQUIRE(filter.has_error());
        CHECK(filter.error().code == "invalid_field");
        CHECK(filter.error().problems.at(0).field == name);
    }
}

TEST_CASE("a page of running ones alone has none that is queued, and its cursor goes on") {
    world w;
    std::vector<submission_id> ids;
    for (int i = 0; i < 3; ++i) {
        domain::submission_view view;
        view.id = w.ids.next_submission(w.time.now());
        view.user_id = "ada";
        w.store.rows[view.id] = view;
        ids.push_back(view.id);
    }
    w.states.known.push_back(ids[1]);
    history_filter filter;
    filter.statuses = {domain::status::running};
    const auto page = sluice::testing::run_coro(w.io, [&] {
        return list_submissions(observe::context{}, w.p, "ada", filter, 2);
    });
    REQUIRE(page.has_value());
    REQUIRE(page->items.size() == 1);
    CHECK(page->items[0].id == ids[1]);
    REQUIRE(page->next_cursor.has_value());
    CHECK(parse_cursor(*page->next_cursor) == ids[1].value());
}

TEST_CASE("the first id of a moment is below every id of it") {
    const auto now = from_unix_ms(1'763'700'000'123);
    CHECK(first_id_of(now) < uuid::time_v7(unix_ms(now)));
    CHECK(first_id_of(now + std::chrono::milliseconds(1)) > uuid::time_v7(unix_ms(now)));
}

TEST_CASE("nothing is deleted while the copies cannot be") {
    world w;
    fake_history history;
    fake_copies copies;
    w.p.history.store = &history;
    w.p.history.copies = &copies;
    ended_submission one;
    one.id = w.ids.next_submission(w.time.now());
    history.rows.push_back(one);
    const auto remove = [&] {
        return sluice::testing::run_coro(w.io, [&] {
            return delete_submission(observe::context{}, w.p, "ada", one.id);
        });
    };
    copies.is_away = true;
    CHECK(remove().error().code == "storage_unavailable");
    CHECK(history.rows.size() == 1);
    copies.is_away = false;
    CHECK(remove().has_value());
    CHECK(history.rows.empty());
    CHECK(remove().error().code == "not_found");
}

TEST_CASE("what has not ended is not deleted") {
    world w;
    fake_history history;
    fake_copies copies;
    w.p.history.store = &history;
    w.p.history.copies = &copies;
    domain::submission_view view;
    view.id = w.ids.next_submission(w.time.now());
    view.user_id = "ada";
    w.store.rows[view.id] = view;
    const auto done = sluice::testing::run_coro(w.io, [&] {
        return delete_submission(observe::context{}, w.p, "ada", view.id);
    });
    CHECK(done.error().code == "conflict");
}

TEST_CASE("the cache key tells apart all that decides a result and nothing else") {
    cached_world w;
    const auto key = cache_key(w.p, w.a_task());
    REQUIRE(key.has_value());
    CHECK(key->size() == 32);
    CHECK(cache_key(w.p, w.a_task()) == key);  // another id, another correlation id
    auto other = w.a_task();
    SECTION("source") {
        other.files[0].content += ' ';
    }
    SECTION("name of a file") {
        other.files[0].name = "a.py";
    }
    SECTION("stdin") {
        other.stdin_bytes = "x";
    }
    SECTION("arguments") {
        other.args = {"x"};
    }
    SECTION("environment") {
        other.env = {{"A", "b"}};
    }
    SECTION("limits") {
        other.limits.cpu_time_ms = 1001;
    }
    SECTION("what is expected") {
        other.expected_output = "";
    }
    SECTION("tests") {
        other.tests.emplace_back();
    }
    SECTION("comparison of output") {
        other.compare.mode = domain::match_mode::exact;
    }
    SECTION("user") {
        other.user_id = "eve";
    }
    SECTION("version of the language") {
        w.workers.last.languages[0].version = "4";
    }
    CHECK(cache_key(w.p, other) != key);
}

TEST_CASE("users share results only where that is configured") {
    cached_world w;
    w.p.cache.is_shared = true;
    auto other = w.a_task();
    other.user_id = "eve";
    CHECK(cache_key(w.p, w.a_task()) == cache_key(w.p, other));
}

TEST_CASE("without cache, or without a known worker, there is no key") {
    cached_world w;
    auto task = w.a_task();
    task.cache = false;
    CHECK_FALSE(cache_key(w.p, task).has_value());
    w.workers.last.is_known = false;
    CHECK_FALSE(cache_key(w.p, w.a_task()).has_value());
}

TEST_CASE("a cached result becomes the new submission's own") {
    cached_world w;
    const auto task = w.a_task();
    w.cache.value = messages::encode(w.result_of(task));
    const auto found = w.find(task);
    REQUIRE(found.has_value());
    CHECK(found->id == task.id);
    CHECK(found->correlation_id == task.correlation_id);
    CHECK(found->original_run_at == from_unix_ms(1'700'000'000'000));
}

TEST_CASE("what stands in the cache is not believed when it cannot be a result of the task") {
    cached_world w;
    const auto task = w.a_task();
    auto r = w.result_of(task);
    SECTION("another language") {
        r.language = "lua";
    }
    SECTION("other limits") {
        r.limits.cpu_time_ms = 7;
    }
    SECTION("another user") {
        r.user_id = "eve";
    }
    SECTION("tests that it has not") {
        r.tests.emplace_back();
    }
    SECTION("a verdict that is not kept") {
        r.status = domain::status::time_limit;
    }
    SECTION("one from the cache") {
        r.original_run_at = r.times.ended_at;
    }
    w.cache.value = messages::encode(r);
    SECTION("rubbish") {
        w.cache.value = "\xff\xff";
    }
    SECTION("nothing") {
        w.cache.value.reset();
    }
    SECTION("no Redis") {
        w.cache.is_away = true;
    }
    if (w.find(task).has_value()) FAIL("believed");
}

TEST_CASE("a hit is answered with its result and not run") {
    cached_world w;
    auto shape = w.submit(true);  // a miss: what the task looks like
    CHECK(w.queue.published.size() == 1);
    auto task = messages::decode_task(w.queue.published[0].body);
    REQUIRE(task.has_value());
    w.cache.value = messages::encode(w.result_of(*task));
    const auto again = w.submit(true);
    CHECK(w.queue.published.size() == 1);
    REQUIRE(w.feed.published.size() == 1);
    CHECK(w.feed.published[0].id == again.view.id);
    CHECK(again.view.status == domain::status::accepted);
    CHECK(w.marks.ids.size() == 2);
    CHECK(shape.view.status == domain::status::queued);
}

TEST_CASE("a hit that cannot be handed over is run") {
    cached_world w;
    w.submit(true);
    auto task = messages::decode_task(w.queue.published[0].body);
    w.cache.value = messages::encode(w.result_of(*task));
    w.feed.is_away = true;
    CHECK(w.submit(true).view.status == domain::status::queued);
    CHECK(w.queue.published.size() == 2);
}

TEST_CASE("who does not ask for it is not answered from the cache") {
    cached_world w;
    w.submit(false);
    CHECK(w.cache.asked.empty());
    CHECK(w.queue.published.size() == 1);
}

}  // namespace sluice::submission
