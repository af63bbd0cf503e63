// Values through a real server and back, errors as codes, transactions.
#include "support.hpp"

namespace sluice::postgres {
namespace {

TEST_CASE("each kind of parameter comes back as it went in") {
    with_pool(test_config(), [](pool& p) -> awaitable<void> {
        const auto id = uuid::random_v4();
        const auto at = from_unix_ms(1'795'230'361'250);
        std::vector<param> params{
            "text with ' and \\ and ü",
            std::int64_t{-7},
            true,
            id,
            at,
            nullptr,
            std::optional<std::int64_t>(),
            std::optional<std::string>("there")};
        auto r = need(co_await p.query(
            "SELECT $1::text AS t, $2::bigint AS i, $3::boolean AS b, $4::uuid AS u, "
            "$5::timestamptz AS at, $6::text AS n, $7::bigint AS none, $8::text AS some",
            std::move(params)
        ));
        REQUIRE(r.size() == 1);
        CHECK(r[0].text("t") == "text with ' and \\ and ü");
        CHECK(r[0].integer("i") == -7);
        CHECK(r[0].boolean("b"));
        CHECK(r[0].uuid("u") == id);
        CHECK(r[0].time("at") == at);
        CHECK(r[0].is_null("n"));
        CHECK_FALSE(r[0].optional_text("n"));
        CHECK_FALSE(r[0].optional_integer("none"));
        CHECK_FALSE(r[0].optional_time("n"));
        CHECK(r[0].optional_text("some") == "there");
    });
}

TEST_CASE("bytes of every value survive, also within an array") {
    with_pool(test_config(), [](pool& p) -> awaitable<void> {
        std::string all;
        for (int i = 0; i < 256; ++i)
            all += static_cast<char>(i);
        std::vector<param> params{bytes{all}, bytea_array({all, std::nullopt, ""})};
        auto r = need(co_await p.query(
            "SELECT $1::bytea AS one, a AS many FROM unnest($2::bytea[]) AS a",
            std::move(params)
        ));
        REQUIRE(r.size() == 3);
        CHECK(r[0].bytea("one") == all);
        CHECK(r[0].bytea("many") == all);
        CHECK(r[1].is_null("many"));
        CHECK_FALSE(r[2].is_null("many"));
        CHECK(r[2].bytea("many").empty());
    });
}

TEST_CASE("array literals carry quotes, commas, nulls and numbers") {
    with_pool(test_config(), [](pool& p) -> awaitable<void> {
        const auto id = uuid::random_v4();
        std::vector<param> params{
            text_array({"a,\"b\" \\ {c}", std::nullopt, "NULL", ""}),
            int_array({1, std::nullopt}),
            uuid_array({id}),
            "x"};
        auto r = need(co_await p.query(
            "SELECT t, ($2::bigint[])[1] AS i, ($2::bigint[])[2] AS n, "
            "$4::text AS x, ($3::uuid[])[1] AS u FROM unnest($1::text[]) AS t",
            std::move(params)
        ));
        REQUIRE(r.size() == 4);
        CHECK(r[0].text("t") == "a,\"b\" \\ {c}");
        CHECK(r[1].is_null("t"));
        CHECK(r[2].text("t") == "NULL");
        CHECK(r[3].text("t").empty());
        CHECK(r[0].integer("i") == 1);
        CHECK(r[0].is_null("n"));
        CHECK(r[0].uuid("u") == id);
    });
}

TEST_CASE("a NUL in a text parameter is refused before it reaches the server") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        std::vector<param> params{std::string("a\0b", 3)};
        auto r = co_await p.query("SELECT $1::text", params);
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::invalid);
        need(co_await p.query("SELECT 1"));
    });
}

TEST_CASE("a second row with the same key is a unique violation") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        need(co_await p.query("CREATE TEMP TABLE t (k text PRIMARY KEY)"));
        std::vector<param> params{"secret-value"};
        auto first = need(co_await p.query("INSERT INTO t VALUES ($1)", params));
        CHECK(first.affected() == 1);
        auto second = co_await p.query("INSERT INTO t VALUES ($1)", params);
        REQUIRE(second.has_error());
        CHECK(second.error().code == postgres_errc::unique_violation);
        CHECK(second.error().detail.find("secret-value") == std::string::npos);
    });
}

TEST_CASE("a wrong statement is refused in the server's words and harms nothing") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        for (int i = 0; i < 3; ++i) {
            auto r = co_await p.query("SELECT nonsense");
            REQUIRE(r.has_error());
            CHECK(r.error() == errc::refused);
            CHECK(r.error().detail.find("nonsense") != std::string::npos);
        }
        auto r = need(co_await p.query("SELECT 5 AS five"));
        CHECK(r[0].integer("five") == 5);
    });
}

TEST_CASE("a server short of disk, memory or connections is away, not refusing") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        for (const std::string state : {"53100", "53200", "53300"}) {
            std::string sql =
                "DO $$ BEGIN RAISE EXCEPTION 'full' USING ERRCODE = '" + state + "'; END $$";
            auto r = co_await p.query(std::move(sql));
            REQUIRE(r.has_error());
            CHECK(r.error() == errc::unavailable);
        }
    });
}

TEST_CASE("a statement is prepared once on a connection") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        for (int i = 0; i < 5; ++i)
            need(co_await p.query("SELECT 40 + 2 AS answer"));
        auto r = need(co_await p.query(
            "SELECT count(*) AS n FROM pg_prepared_statements WHERE statement LIKE '%40 + 2%' "
            "AND statement NOT LIKE '%pg_prepared%'"
        ));
        CHECK(r[0].integer("n") == 1);
    });
}

TEST_CASE("a statement goes on working when its table was changed") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        need(co_await p.query("CREATE TEMP TABLE t (a int)"));
        need(co_await p.query("INSERT INTO t VALUES (1)"));
        auto before = need(co_await p.query("SELECT * FROM t"));
        need(co_await p.query("ALTER TABLE t ADD COLUMN b int DEFAULT 2"));
        auto after = need(co_await p.query("SELECT * FROM t"));
        CHECK(after[0].integer("b") == 2);
    });
}

TEST_CASE("a transaction that is not committed leaves nothing and frees its connection") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        need(co_await p.query("CREATE TEMP TABLE t (k int)"));
        {
            auto t = need(co_await p.begin());
            need(co_await t.query("INSERT INTO t VALUES (1)"));
        }
        auto r = need(co_await p.query("SELECT count(*) AS n FROM t"));
        CHECK(r[0].integer("n") == 0);
    });
}

TEST_CASE("a committed transaction stays") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        need(co_await p.query("CREATE TEMP TABLE t (k int)"));
        auto t = need(co_await p.begin());
        need(co_await t.query("INSERT INTO t VALUES (1)"));
        need(co_await t.query("INSERT INTO t VALUES (2)"));
        need(co_await t.commit());
        auto r = need(co_await p.query("SELECT count(*) AS n FROM t"));
        CHECK(r[0].integer("n") == 2);
    });
}

TEST_CASE("committing after a failed statement says that it was rolled back") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        auto t = need(co_await p.begin());
        auto wrong = co_await t.query("SELECT nonsense");
        REQUIRE(wrong.has_error());
        auto committed = co_await t.commit();
        REQUIRE(committed.has_error());
        CHECK(committed.error() == errc::refused);
        need(co_await p.query("SELECT 1"));
    });
}

TEST_CASE("a statement over the server's limit is a timeout and the pool goes on") {
    auto c = test_config(1);
    c.statement_timeout = std::chrono::milliseconds(50);
    with_pool(c, [](pool& p) -> awaitable<void> {
        auto r = co_await p.query("SELECT pg_sleep(10)");
        REQUIRE(r.has_error());
        CHECK(r.error() == errc::timeout);
        need(co_await p.query("SELECT 1"));
    });
}

TEST_CASE("a large value travels in both directions") {
    with_pool(test_config(1), [](pool& p) -> awaitable<void> {
        const std::string large(8 << 20, 'x');
        std::vector<param> params{bytes{large}};
        auto r = need(co_await p.query("SELECT $1::bytea AS b", params));
        CHECK(r[0].bytea("b") == large);
    });
}

}  // namespace
}  // namespace sluice::postgres
