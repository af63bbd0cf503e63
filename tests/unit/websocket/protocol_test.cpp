// Frames of docs/websocket.md.
#include "protocol.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::websocket;
using nlohmann::json;

namespace {
const wall_time now = from_unix_ms(1'763'696'761'250);
}

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
        const auto f = parse_client_frame(json{{"type", name}}.dump());
        REQUIRE(f);
        CHECK(f->type == type);
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
