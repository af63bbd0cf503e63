// Binary messages: golden bytes, enums both ways, and what decoding refuses.
#include "sluice/messages/codec.hpp"

#include "codec_enums.hpp"
#include "golden_messages.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/live.hpp"
#include "sluice/v1/execution.pb.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace sluice;
using namespace sluice::messages;

namespace {

std::string golden_bytes(const std::string& message) {
    std::ifstream file("tests/golden/messages/" + message + ".json");
    const auto document = nlohmann::json::parse(file);
    CHECK(document.at("message") == "sluice.v1." + message);
    return base64_decode(document.at("base64").get<std::string>()).value();
}

// The golden task's message, changed.
template <class Change>
result<domain::task> decode_changed(Change change) {
    v1::ExecuteRequest message;
    REQUIRE(message.ParseFromString(golden_bytes("ExecuteRequest")));
    change(message);
    return decode_task(message.SerializeAsString());
}

template <class Proto, class Domain>
void check_every_value(const google::protobuf::EnumDescriptor* values) {
    for (int i = 0; i < values->value_count(); ++i) {
        const auto number = values->value(i)->number();
        INFO(values->value(i)->name());
        const auto mapped = to_domain(static_cast<Proto>(number));
        CHECK(mapped.has_value() == (number != 0));
        if (mapped) CHECK(to_proto(*mapped) == static_cast<Proto>(number));
    }
    CHECK_FALSE(to_domain(static_cast<Proto>(values->value_count())));
}

}  // namespace

TEST_CASE("every value of the enums but UNSPECIFIED maps to the domain and back") {
    check_every_value<v1::Status, domain::status>(v1::Status_descriptor());
    check_every_value<v1::LimitKind, domain::limit_kind>(v1::LimitKind_descriptor());
    check_every_value<v1::ProgressKind, domain::progress_kind>(v1::ProgressKind_descriptor());
    check_every_value<v1::MatchMode, domain::match_mode>(v1::MatchMode_descriptor());
}

TEST_CASE("statuses and limits have the same names in the domain and in proto") {
    for (const auto s : domain::all_statuses) {
        auto name = v1::Status_Name(to_proto(s)).substr(std::string("STATUS_").size());
        for (auto& c : name)
            c = static_cast<char>(std::tolower(c));
        CHECK(name == domain::to_string(s));
    }
    CHECK(v1::Status_descriptor()->value_count() == int{domain::all_statuses.size()} + 1);
}

TEST_CASE("each message is encoded to its golden bytes") {
    CHECK(encode(golden::a_task()) == golden_bytes("ExecuteRequest"));
    CHECK(encode(golden::a_result()) == golden_bytes("ExecuteResult"));
    CHECK(encode(golden::a_progress()) == golden_bytes("Progress"));
    CHECK(encode(golden::an_output()) == golden_bytes("Output"));
    CHECK(encode(golden::a_control()) == golden_bytes("Control"));
}

TEST_CASE("each message is decoded without loss") {
    CHECK(encode(decode_task(golden_bytes("ExecuteRequest")).value()) == encode(golden::a_task()));
    CHECK(
        encode(decode_result(golden_bytes("ExecuteResult")).value()) == encode(golden::a_result())
    );
    CHECK(
        encode(decode_progress(golden_bytes("Progress")).value()) == encode(golden::a_progress())
    );
    CHECK(encode(decode_output(golden_bytes("Output")).value()) == encode(golden::an_output()));
    CHECK(encode(decode_control(golden_bytes("Control")).value()) == encode(golden::a_control()));
    const auto t = decode_task(golden_bytes("ExecuteRequest")).value();
    CHECK(t.limits == golden::a_task().limits);
    CHECK(t.env == golden::a_task().env);
    CHECK(t.expected_output == "3\n");
    const auto r = decode_result(golden_bytes("ExecuteResult")).value();
    CHECK(r.status == domain::status::time_limit);
    CHECK(r.stdout_bytes == std::string("out\0", 4));
    CHECK(r.compile->exit_code == 0);
    CHECK(r.times.persisted_at == golden::a_result().times.persisted_at);
}

TEST_CASE("what is absent stays absent, and is not the same as empty or zero") {
    auto t = golden::a_task();
    t.expected_output.reset();
    CHECK_FALSE(decode_task(encode(t))->expected_output);
    t.expected_output = "";
    CHECK(decode_task(encode(t))->expected_output == "");
    auto r = golden::a_result();
    r.exit_code.reset();
    r.compile.reset();
    r.times.compiled_at.reset();
    const auto decoded = decode_result(encode(r)).value();
    CHECK_FALSE(decoded.exit_code);
    CHECK_FALSE(decoded.compile);
    CHECK_FALSE(decoded.times.compiled_at);
    CHECK(decoded.times.started_at);
}

TEST_CASE("a field of a later release is ignored") {
    const std::string later_field("\xfa\x3e\x01x", 4);  // number 1007, one byte of text
    CHECK(decode_task(golden_bytes("ExecuteRequest") + later_field).has_value());
}

TEST_CASE("bytes that are no message are refused") {
    CHECK_FALSE(decode_task("\xff\xff\xff").has_value());
    CHECK_FALSE(decode_result("not protobuf").has_value());
    CHECK_FALSE(decode_progress(std::string("\x0a\x7f", 2)).has_value());
    CHECK(decode_task("").error() == errc::invalid);
}

TEST_CASE("a task that the domain could not stand is refused with the field's name") {
    using request = v1::ExecuteRequest;
    const auto detail = [](auto change) { return decode_changed(change).error().detail; };
    CHECK_THAT(
        detail([](request& m) { m.set_submission_id("x"); }),
        Catch::Contains("submission_id")
    );
    CHECK_THAT(
        detail([](request& m) { m.clear_correlation_id(); }),
        Catch::Contains("correlation_id")
    );
    CHECK_THAT(detail([](request& m) { m.clear_user_id(); }), Catch::Contains("user_id"));
    CHECK_THAT(detail([](request& m) { m.clear_language(); }), Catch::Contains("language"));
    CHECK_THAT(detail([](request& m) { m.clear_files(); }), Catch::Contains("files"));
    CHECK_THAT(
        detail([](request& m) { m.mutable_files(0)->set_name("../x"); }),
        Catch::Contains("files")
    );
    CHECK_THAT(detail([](request& m) { m.clear_limits(); }), Catch::Contains("limits.cpu_time_ms"));
    CHECK_THAT(
        detail([](request& m) { m.mutable_limits()->set_inodes(-1); }),
        Catch::Contains("limits.inodes")
    );
}

TEST_CASE("a result must have a terminal status that we know") {
    const auto decode_with = [](int status, int limit) {
        v1::ExecuteResult message;
        REQUIRE(message.ParseFromString(golden_bytes("ExecuteResult")));
        message.set_status(static_cast<v1::Status>(status));
        message.set_limit_hit(static_cast<v1::LimitKind>(limit));
        return decode_result(message.SerializeAsString());
    };
    CHECK(decode_with(v1::STATUS_ACCEPTED, v1::LIMIT_KIND_NONE).has_value());
    CHECK_FALSE(decode_with(v1::STATUS_RUNNING, v1::LIMIT_KIND_NONE).has_value());
    CHECK_FALSE(decode_with(v1::STATUS_UNSPECIFIED, v1::LIMIT_KIND_NONE).has_value());
    CHECK_FALSE(decode_with(99, v1::LIMIT_KIND_NONE).has_value());
    CHECK_FALSE(decode_with(v1::STATUS_ACCEPTED, v1::LIMIT_KIND_UNSPECIFIED).has_value());
    CHECK_FALSE(decode_with(v1::STATUS_ACCEPTED, 99).has_value());
}
