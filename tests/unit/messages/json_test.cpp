// What clients and services read: submissions, limits, languages, frames, and the schemas of all.
#include "sluice/messages/json.hpp"

#include "golden_messages.hpp"

#include "sluice/messages/codec.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace sluice;
using namespace sluice::messages;
using nlohmann::json;

namespace {

domain::submission_view a_view() {
    domain::submission_view v;
    const auto t = golden::a_task();
    v.id = t.id;
    v.correlation_id = t.correlation_id;
    v.user_id = t.user_id;
    v.language = t.language;
    v.status = domain::status::queued;
    v.created_at = t.created_at;
    v.limits = t.limits;
    return v;
}

// Every member of `value` stands in the schema, and every required member in `value`.
void check_against_schema(const json& value, const json& schema) {
    for (const auto& [name, member] : value.items()) {
        INFO(name << " " << member.dump());
        CHECK(schema.at("properties").contains(name));
    }
    for (const auto& name : schema.value("required", json::array())) {
        INFO(name);
        CHECK(value.contains(name.get<std::string>()));
    }
}

}  // namespace

TEST_CASE("a submission that has not ended has no field of a result") {
    const auto object = to_json(a_view());
    CHECK(object == json::parse(R"({
        "id":"01934e5a-7b3c-7def-8123-456789abcdef",
        "correlation_id":"3f2b8c1d-4e5f-4a6b-9c8d-7e6f5a4b3c2d",
        "status":"queued","created_at":"2023-11-14T22:13:20.123Z","language":"c17","version":null,
        "limits":{"cpu_time_ms":2000,"wall_time_ms":7000,"memory_bytes":268435456,"processes":64,
            "output_bytes":65536,"file_bytes":67108864,"disk_bytes":134217728,"inodes":16384,
            "open_files":256,"stack_bytes":8388608},
        "links":{"self":"/api/v1/submissions/01934e5a-7b3c-7def-8123-456789abcdef"}})"));
}

TEST_CASE("a submission that has ended has every field of its result") {
    auto v = a_view();
    v.result = golden::a_result();
    const auto o = to_json(v);
    CHECK(o["status"] == "time_limit");
    CHECK(o["limit_hit"] == "cpu_time_ms");
    CHECK(o["exit_code"] == 0);
    CHECK(o["signal"] == 9);
    CHECK(o["signal_name"] == "SIGKILL");
    CHECK(o["stdout"] == std::string("out\0", 4));
    CHECK(o["stdout_encoding"] == "utf8");
    CHECK(o["stdout_truncated"] == true);
    CHECK(o["cpu_ms"] == 2000);
    CHECK(o["cpu_us"] == 2000004);
    CHECK(o["wall_ms"] == 2100);
    CHECK(o["compile"]["output"] == "d2FybmluZyD/");
    CHECK(o["compile"]["output_encoding"] == "base64");
    CHECK(o["compile"]["cached"] == true);
    CHECK(o["worker_id"] == "worker-1");
    CHECK(o["attempt"] == 2);
    CHECK(o["message"] == "a sentence");
    CHECK(o["timestamps"]["persisted_at"] == "2023-11-14T22:13:22.430Z");
    CHECK_FALSE(o.contains("user_id"));
}

TEST_CASE("what a result lacks is null") {
    auto v = a_view();
    v.result = domain::run_result{};
    const auto o = to_json(v);
    for (const auto* name :
         {"limit_hit", "exit_code", "signal", "signal_name", "compile", "message"}) {
        INFO(name);
        CHECK(o.at(name).is_null());
    }
    CHECK(o["timestamps"]["taken_at"].is_null());
}

TEST_CASE("a document can be printed whatever the program wrote") {
    auto v = a_view();
    v.result = golden::a_result();
    v.result->stdout_bytes = "\xff\xfe";
    v.result->message = "\xff";
    v.result->worker_id = "\xff";
    const auto text = to_json(v).dump();
    CHECK(is_valid_utf8(text));
    CHECK(json::parse(text)["stdout"] == "//4=");
    CHECK(json::parse(text)["stdout_encoding"] == "base64");
}

TEST_CASE("documents and schemas are of the same tables") {
    const auto schemas = json_schemas();
    auto v = a_view();
    check_against_schema(to_json(v), schemas["Submission"]);
    v.result = golden::a_result();
    const auto object = to_json(v);
    check_against_schema(object, schemas["Submission"]);
    CHECK(object.size() == schemas["Submission"]["properties"].size());
    check_against_schema(object["limits"], schemas["Limits"]);
    check_against_schema(object["compile"], schemas["CompileReport"]);
    check_against_schema(object["timestamps"], schemas["Timestamps"]);
    check_against_schema(object["tests"][0], schemas["TestResult"]);
    check_against_schema(object["total"], schemas["TestsTotal"]);
    check_against_schema(object["comparison"], schemas["ComparisonReport"]);
    check_against_schema(object["comparison"]["first"], schemas["RunReport"]);
    check_against_schema(to_json(domain::language{}, std::nullopt), schemas["Language"]);
    check_against_schema(
        limits_document(domain::limit_policy::from_table()),
        schemas["LimitsDocument"]
    );
}

TEST_CASE("every reference between schemas leads somewhere") {
    const auto schemas = json_schemas();
    const auto text = schemas.dump();
    const std::string prefix = "#/components/schemas/";
    int count = 0;
    for (auto at = text.find(prefix); at != text.npos; at = text.find(prefix, at + 1)) {
        const auto begin = at + prefix.size();
        const auto name = text.substr(begin, text.find('"', begin) - begin);
        INFO(name);
        CHECK(schemas.contains(name));
        ++count;
    }
    CHECK(count >= 7);
}

TEST_CASE("the schema of limits has the table's bounds and defaults") {
    const auto schema = json_schemas()["RequestedLimits"];
    for (const auto& row : domain::limit_table) {
        const auto& field = schema["properties"][std::string(row.name)];
        CHECK(field["minimum"] == row.minimum);
        CHECK(field["maximum"] == row.maximum);
        CHECK(field["default"] == row.default_value);
    }
}

TEST_CASE("the document of limits shows the policy in force") {
    auto policy = domain::limit_policy::from_table();
    policy.maxima[0] = 5000;
    policy.defaults[0] = 1000;
    const auto row = limits_document(policy)["limits"][0];
    CHECK(row["name"] == "cpu_time_ms");
    CHECK(row["unit"] == "ms");
    CHECK(row["default"] == 1000);
    CHECK(row["maximum"] == 5000);
    CHECK(row["minimum"] == 10);
}

TEST_CASE("a language says whether it can be run, or that nobody knows") {
    domain::language l;
    l.id = "c17";
    l.compile = {"/usr/bin/gcc"};
    CHECK(to_json(l, std::nullopt)["available"].is_null());
    const auto known = to_json(l, domain::language_availability{"c17", false, "", "no gcc"});
    CHECK(known["available"] == false);
    CHECK(known["version"].is_null());
    CHECK(known["unavailable_reason"] == "no gcc");
    CHECK(known["compiled"] == true);
}

TEST_CASE("frames carry what the event is about") {
    auto p = golden::a_progress();
    const auto queued = queued_frame(p);
    CHECK(queued["type"] == "submission.queued");
    CHECK(queued["submission_id"] == p.id.to_string());
    CHECK(queued["correlation_id"] == p.correlation_id.to_string());
    CHECK(queued["at"] == "2023-11-14T22:13:20.325Z");
    CHECK(queued["data"]["status"] == "queued");
    CHECK(running_frame(p)["data"]["worker_id"] == "worker-1");
    CHECK(compiled_frame(p)["data"]["compile"]["cached"] == true);
    auto v = a_view();
    v.result = golden::a_result();
    const auto finished = finished_frame(v, from_unix_ms(0));
    CHECK(finished["type"] == "submission.finished");
    CHECK(finished["at"] == "1970-01-01T00:00:00.000Z");
    CHECK(finished["data"] == to_json(v));
    CHECK_FALSE(finished.contains("event_id"));
    for (const auto& frame : {queued, running_frame(p), compiled_frame(p), finished}) {
        CHECK(frame["data"].is_object());
        auto with_id = frame;
        with_id["event_id"] = "1-0";
        check_against_schema(with_id, json_schemas()["Frame"]);
    }
}

TEST_CASE("a test's frame says how it ended and what it used, not what it printed") {
    auto p = golden::a_progress();
    p.kind = domain::progress_kind::test_finished;
    const auto frame = test_frame(p);
    CHECK(frame["type"] == "test.finished");
    CHECK(frame["submission_id"] == p.id.to_string());
    const auto& data = frame["data"];
    CHECK(data["index"] == 22);
    CHECK(data["count"] == 23);
    CHECK(data["name"] == "first");
    CHECK(data["status"] == "wrong_answer");
    CHECK(data["checker_output"] == "too small");
    CHECK(data["cpu_us"] == 1001);
    CHECK_FALSE(data.contains("stdout"));
}

TEST_CASE("a test that was not run has no state and no figures") {
    auto v = a_view();
    v.result = golden::a_result();
    auto& second = v.result->tests.emplace_back();
    second.name = "second";
    second.weight = 2;
    const auto object = to_json(v);
    CHECK(
        object["tests"][1] ==
        json{{"index", 1}, {"name", "second"}, {"weight", 2}, {"status", nullptr}}
    );
    CHECK(object["total"]["count"] == 2);
    CHECK(object["total"]["not_run"] == 1);
    CHECK(object["total"]["weight"] == 7);
}

TEST_CASE("a batch is told by its correlation id, with counts") {
    domain::batch_view b;
    b.correlation_id = golden::a_result().correlation_id;
    b.size = 3;
    b.created_at = from_unix_ms(0);
    b.counts = {{domain::status::accepted, 2}, {domain::status::queued, 1}};
    const auto open = to_json(b);
    CHECK(open["finished_at"].is_null());
    CHECK(open["counts"] == json{{"accepted", 2}, {"queued", 1}});
    b.finished_at = from_unix_ms(1000);
    auto frame = batch_frame(b);
    CHECK(frame["type"] == "batch.finished");
    CHECK(frame["at"] == "1970-01-01T00:00:01.000Z");
    CHECK(frame["data"] == to_json(b));
    frame["event_id"] = "1-0";
    check_against_schema(frame, json_schemas()["Frame"]);
    check_against_schema(frame["data"], json_schemas()["Batch"]);
}

TEST_CASE("an event id is put into a frame without changing the rest") {
    const auto frame = queued_frame(golden::a_progress());
    auto expected = frame;
    expected["event_id"] = "1700-3";
    CHECK(json::parse(with_event_id(frame.dump(), "1700-3")) == expected);
    CHECK(json::parse(with_event_id("{}", "1-0")) == json{{"event_id", "1-0"}});
    CHECK(json::parse(with_event_id(" { \"a\":1}", "\"")) == json{{"event_id", "\""}, {"a", 1}});
    CHECK(with_event_id("no object", "1-0") == "no object");
}

TEST_CASE("a routed event arrives as it was sent, and half a one not at all") {
    const routed_event e{"ada", "1-0", R"({"type":"x","data":"ä\u0000"})"};
    const auto back = decode_routed_event(encode_routed_event(e));
    REQUIRE(back);
    CHECK(back->user_id == e.user_id);
    CHECK(back->event_id == e.event_id);
    CHECK(back->frame == e.frame);
    for (const auto* text :
         {"",
          "[]",
          "{}",
          R"({"user_id":"a","event_id":"1"})",
          R"({"user_id":1,"event_id":"1","frame":""})",
          R"({"user_id":"","event_id":"1","frame":""})"}) {
        INFO(text);
        CHECK_FALSE(decode_routed_event(text));
    }
}

TEST_CASE("a worker's report arrives as it was sent, and half a one not at all") {
    const worker_report r{"w-1", 2, {{"c17", true, "12.2.0", ""}, {"go", false, "", "no go"}}};
    const auto back = decode_worker_report(encode_worker_report(r));
    REQUIRE(back);
    CHECK(back->worker_id == "w-1");
    CHECK(back->slots == 2);
    REQUIRE(back->languages.size() == 2);
    CHECK(back->languages[0].version == "12.2.0");
    CHECK_FALSE(back->languages[1].is_available);
    CHECK(back->languages[1].reason == "no go");
    for (const auto* text :
         {"",
          "3",
          "{}",
          R"({"worker_id":"w","slots":"2","languages":[]})",
          R"({"worker_id":"w","slots":2,"languages":[1]})"}) {
        INFO(text);
        CHECK_FALSE(decode_worker_report(text));
    }
}
