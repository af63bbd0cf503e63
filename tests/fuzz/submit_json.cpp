// The body of POST /api/v1/submissions, the only JSON that strangers send, and the codings that it
// uses: what is accepted must be printable again and stay within the parser's own promises.
#include "fuzz.hpp"

#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

using namespace sluice;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string body(reinterpret_cast<const char*>(data), size);
    auto parsed = messages::parse_submit_request(body);
    if (const auto* failure = std::get_if<messages::parse_failure>(&parsed)) {
        fuzz::require(failure->malformed.empty() != failure->problems.empty());
        for (const auto& problem : failure->problems) {
            // A problem is answered in JSON, so its text must be fit for it.
            (void)nlohmann::json(problem.message).dump();
            (void)nlohmann::json(problem.field).dump();
        }
        (void)nlohmann::json(failure->malformed).dump();
    }
    if (const auto bytes = messages::base64_decode(body)) {
        fuzz::require(messages::base64_encode(*bytes) == body);
    }
    fuzz::require(messages::base64_decode(messages::base64_encode(body)) == body);
    if (messages::is_valid_utf8(body)) (void)nlohmann::json(body).dump();
    (void)messages::decode_routed_event(body);
    (void)messages::decode_worker_report(body);
    return 0;
}
