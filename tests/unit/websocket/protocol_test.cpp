// Frames of docs/websocket.md.
#include "protocol.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::websocket;
using nlohmann::json;

namespace {
const wall_time now = from_unix_ms(1'763'696'761'250);
constexpr const char* some_id = "01934e5a-7b3c-7def-8123-456789abcdef";

client_frame parsed(const char* type, json data) {
    const json frame = {{"type", type}, {"submission_id", some_id}, {"data", std::move(data)}};
    const auto f = parse_client_frame(frame.dump());
    REQUIRE(f);
    return *f;
}
}  // namespace

TEST_CASE("each type of the protocol is known") {
    const std::vector<std::pair<const char*, client_frame_type>> types{
        {"ping", client_frame_type::ping},
        {"subscribe", client_frame_type::subscribe},
        {"unsubscribe", client_frame_type::unsubscribe},
        {"stdin", client_frame_type::stdin_data},
        {"stdin_eof", client_frame_type::stdin_eof},
        {"signal", client_frame_type::signal},
        {"resize", client_frame_type::resize},
        {"cancel", client_frame_type::cancel},
    };
    for (const auto& [name, type] : types) {
        json frame = {{"type", name}, {"submission_id", some_id}};
        frame["data"] = {{"data", "x"}, {"name", "INT"}, {"cols", 80}, {"rows", 24}};
        const auto f = parse_client_frame(frame.dump());
        REQUIRE(f);
        CHECK(f->type == type);
        CHECK(is_about_submission(type) == (f->submission_id == some_id));
    }
}

TEST_CASE("an unknown type is a frame all the same") {
    const auto f = parse_client_frame(R"({"type":"dance","request_id":"r1"})");
    REQUIRE(f);
    CHECK(f->type == client_frame_type::unknown);
    CHECK(f->request_id == "\"r1\"");
}

TEST_CASE("text that is not JSON is no frame") {
    for (const char* text :
         {"",
          "hello",
          "{",
          R"({"type":"ping"})"
          "}",
          "{'type':'ping'}"}) {
        INFO(text);
        CHECK_FALSE(parse_client_frame(text));
    }
}

TEST_CASE("JSON that is no object is an invalid frame") {
    for (const char* text : {"[]", "1", "null", "\"ping\""}) {
        const auto f = parse_client_frame(text);
        REQUIRE(f);
        CHECK(f->type == client_frame_type::invalid);
    }
}

TEST_CASE("a frame without a type is invalid and keeps its request id") {
    const auto f = parse_client_frame(R"({"request_id":7})");
    REQUIRE(f);
    CHECK(f->type == client_frame_type::invalid);
    CHECK(f->request_id == "7");
}

TEST_CASE("a request id that is an object or too long is invalid and not echoed") {
    for (const std::string& text :
         {std::string(R"({"type":"ping","request_id":{}})"),
          R"({"type":"ping","request_id":")" + std::string(1000, 'x') + "\"}"}) {
        const auto f = parse_client_frame(text);
        REQUIRE(f);
        CHECK(f->type == client_frame_type::invalid);
        CHECK(f->request_id == "null");
    }
}

TEST_CASE("nesting without end is refused before it is parsed") {
    const auto f = parse_client_frame(std::string(60'000, '['));
    REQUIRE(f);
    CHECK(f->type == client_frame_type::invalid);
}

TEST_CASE("brackets within a string are no nesting") {
    const json frame = {{"type", "ping"}, {"request_id", std::string(100, '[')}};
    const auto f = parse_client_frame(frame.dump());
    REQUIRE(f);
    CHECK(f->type == client_frame_type::ping);
}

TEST_CASE("welcome says who, where and from which event on") {
    const auto frame = json::parse(welcome_frame({"s1", "n1", "alice", true, "5-0"}, now));
    CHECK(frame["type"] == "welcome");
    CHECK(frame["at"] == "2025-11-21T03:46:01.250Z");
    CHECK(
        frame["data"] == json(
                             {{"session_id", "s1"},
                              {"node", "n1"},
                              {"user_id", "alice"},
                              {"resync", true},
                              {"last_event_id", "5-0"}}
                         )
    );
    CHECK_FALSE(frame.contains("event_id"));
}

TEST_CASE("an ack repeats the request id as it came") {
    CHECK(json::parse(ack_frame("\"r1\"", now))["data"]["request_id"] == "r1");
    CHECK(json::parse(ack_frame("7", now))["data"]["request_id"] == 7);
    CHECK(json::parse(ack_frame("null", now))["data"]["request_id"].is_null());
}

TEST_CASE("an error has a code, a message and the request id") {
    const auto frame = json::parse(error_frame("unknown_type", "no", "\"r1\"", now));
    CHECK(frame["type"] == "error");
    CHECK(
        frame["data"] == json({{"code", "unknown_type"}, {"message", "no"}, {"request_id", "r1"}})
    );
}

TEST_CASE("a frame's label is its own type, whatever its data says") {
    const json data = {{"stdout", R"("type":"ack")"}, {"type", "error"}};
    const json frame = {{"data", data}, {"type", "submission.finished"}};
    CHECK(type_label(frame.dump()) == "submission.finished");
    CHECK(type_label(ack_frame("null", now)) == "ack");
    CHECK(type_label(R"({"type":"somebody.elses"})") == "other");
    CHECK(type_label("") == "other");
}

TEST_CASE("input is text or base64, and bytes either way") {
    CHECK(parsed("stdin", {{"data", "h\u00e9"}}).control.data == "h\u00e9");
    CHECK(
        parsed("stdin", {{"data", "AP8="}, {"data_encoding", "base64"}}).control.data ==
        std::string("\0\xff", 2)
    );
    for (const json& data :
         {json::object(),
          json{{"data", 1}},
          json{{"data", "?"}, {"data_encoding", "base64"}},
          json{{"data", "x"}, {"data_encoding", "latin1"}}}) {
        INFO(data.dump());
        CHECK(parsed("stdin", data).type == client_frame_type::invalid);
    }
}

TEST_CASE("signals have names, with SIG or without") {
    CHECK(parsed("signal", {{"name", "SIGINT"}}).control.number == 2);
    CHECK(parsed("signal", {{"name", "TERM"}}).control.number == 15);
    for (const json& name : {json("STOP"), json("SIGSIGINT"), json(""), json(2)}) {
        CHECK(parsed("signal", {{"name", name}}).type == client_frame_type::invalid);
    }
}

TEST_CASE("a terminal has from 1 to 1000 columns and rows") {
    const auto f = parsed("resize", {{"cols", 1}, {"rows", 1000}});
    CHECK(f.control.cols == 1);
    CHECK(f.control.rows == 1000);
    for (const json& n : {json(0), json(1001), json(-5), json(1.5), json("80"), json(1ULL << 63)}) {
        INFO(n.dump());
        CHECK(parsed("resize", {{"cols", n}, {"rows", 24}}).type == client_frame_type::invalid);
    }
    CHECK(parsed("resize", {{"cols", 80}}).type == client_frame_type::invalid);
}

TEST_CASE("watching begins at the first number unless another is given") {
    CHECK(parsed("subscribe", json::object()).from_seq == 1);
    CHECK(parsed("subscribe", {{"from_seq", 7}, {"attempt", 2}}).from_seq == 7);
    CHECK(parsed("subscribe", {{"from_seq", 7}, {"attempt", 2}}).attempt == 2);
    CHECK(parsed("subscribe", {{"from_seq", 0}}).type == client_frame_type::invalid);
}

TEST_CASE("a frame about a submission needs a UUID") {
    for (const char* id : {"", "x", "01934e5a-7b3c-7def-8123-456789abcde"}) {
        const json frame = {{"type", "cancel"}, {"submission_id", id}, {"request_id", 3}};
        const auto f = parse_client_frame(frame.dump());
        REQUIRE(f);
        CHECK(f->type == client_frame_type::invalid);
        CHECK(f->request_id == "3");
    }
}

TEST_CASE("the submission of a frame of ours is found behind its data") {
    const json inner = {
        {"stdout", R"({"submission_id":"not this one, which is only output....."})"}};
    const json frame = {
        {"type", "submission.finished"},
        {"submission_id", some_id},
        {"data", inner}};
    CHECK(submission_of(frame.dump()) == some_id);
    CHECK(submission_of(R"({"type":"welcome"})").empty());
}
