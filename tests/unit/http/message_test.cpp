// Header lists, methods, and the bytes of an answer.
#include "sluice/http/message.hpp"

#include "sluice/http/answer.hpp"

#include <catch2/catch.hpp>

using namespace sluice::http;

TEST_CASE("header names compare without case and the first of equal names is given") {
    header_list headers;
    headers.add("Content-Type", "a");
    headers.add("content-type", "b");
    CHECK(headers.get("CONTENT-TYPE") == "a");
    CHECK(headers.contains("content-Type"));
    CHECK(headers.get("Accept").empty());
    headers.set("content-TYPE", "c");
    CHECK(headers.all().size() == 1);
    CHECK(headers.get("Content-Type") == "c");
}

TEST_CASE("methods are parsed with case and printed back") {
    CHECK(parse_verb("DELETE") == verb::delete_);
    CHECK_FALSE(parse_verb("get"));
    CHECK_FALSE(parse_verb("BREW"));
    CHECK(to_string(verb::patch) == "PATCH");
}

TEST_CASE("a value with a line break cannot start a header of its own") {
    response answer;
    answer.headers.add("Location", "/x\r\nSet-Cookie: a=b");
    std::string out;
    append_head(out, answer, answer_form{}, "now");
    CHECK(out.find("\r\nSet-Cookie") == std::string::npos);
}

TEST_CASE("an answer without a body by its status says no length") {
    response answer;
    answer.status = 204;
    std::string out;
    append_head(out, answer, answer_form{}, "now");
    CHECK(out == "HTTP/1.1 204 No Content\r\nDate: now\r\n\r\n");
}

TEST_CASE("an answer to HEAD says the length and sends nothing") {
    const response answer = json_response(200, "{}");
    answer_form form;
    form.is_head = true;
    std::string out;
    append_head(out, answer, form, "now");
    CHECK_THAT(out, Catch::Contains("Content-Length: 2\r\n"));
    CHECK_FALSE(has_body(answer, form));
}
