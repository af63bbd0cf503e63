// Problem documents and the catalogue behind them.
#include "sluice/http/problem.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <set>

using namespace sluice::http;

TEST_CASE("a problem document carries the catalogue's words and the request's id") {
    sluice::observe::context ctx;
    ctx.correlation_id = "c-1";
    std::vector<field_problem> errors;
    errors.push_back({"limits.cpu_time_ms", "too_large", "is 99", "1 to 10"});
    errors.push_back({"x", "unknown_field", "is unknown", ""});
    const response answer =
        problem("limit_out_of_range", "mind the limits", ctx, std::move(errors));
    CHECK(answer.status == 422);
    CHECK(answer.headers.get("Content-Type") == "application/problem+json");
    const auto body = nlohmann::json::parse(answer.body);
    CHECK(body["type"] == "urn:sluice:error:limit_out_of_range");
    CHECK(body["code"] == "limit_out_of_range");
    CHECK(body["status"] == 422);
    CHECK(body["detail"] == "mind the limits");
    CHECK(body["correlation_id"] == "c-1");
    CHECK(body["errors"][0]["allowed"] == "1 to 10");
    CHECK_FALSE(body["errors"][1].contains("allowed"));
}

TEST_CASE("a problem can say when to come back and how to authenticate") {
    CHECK(problem("overloaded", "", {}, {}, 3).headers.get("Retry-After") == "3");
    CHECK(problem("unauthorized", "", {}).headers.get("WWW-Authenticate") == "Bearer");
}

TEST_CASE("a detail that is not UTF-8 still gives valid JSON") {
    const response answer = problem("invalid_json", "near '\xff'", {});
    CHECK_FALSE(nlohmann::json::parse(answer.body, nullptr, false).is_discarded());
}

TEST_CASE("the catalogue's codes differ and its statuses are errors") {
    std::set<std::string_view> codes;
    for (const auto& entry : error_catalogue()) {
        codes.insert(entry.code);
        CHECK(entry.status >= 400);
        CHECK(entry.status < 600);
        CHECK_FALSE(entry.title.empty());
    }
    CHECK(codes.size() == error_catalogue().size());
    CHECK(find_error("not_found")->status == 404);
    CHECK(find_error("no_such_code") == nullptr);
}
