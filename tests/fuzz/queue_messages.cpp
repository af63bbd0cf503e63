// Messages that come out of the broker: tasks, results (with what programs printed) and progress.
// What decodes must encode to something that decodes to the same, and be fit for a JSON view.
#include "fuzz.hpp"

#include "sluice/messages/codec.hpp"
#include "sluice/messages/json.hpp"
#include "sluice/messages/live.hpp"

#include <nlohmann/json.hpp>

using namespace sluice;

namespace {

template <class Decode>
auto check_round_trip(std::string_view bytes, Decode decode) {
    auto first = decode(bytes);
    if (!first) return first;
    const std::string encoded = messages::encode(*first);
    const auto second = decode(encoded);
    fuzz::require(second.has_value() && messages::encode(*second) == encoded);
    return first;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::input in(data, size);
    const std::uint8_t which = in.byte();
    const std::string bytes(in.text());
    // What comes through Redis.
    if (const auto control = messages::decode_control(bytes)) {
        fuzz::require(messages::decode_control(messages::encode(*control)).has_value());
    }
    if (const auto piece = messages::decode_output(bytes)) {
        fuzz::require(piece->skipped < piece->seq);
        (void)messages::output_frame(*piece);
        (void)messages::gap_frame(*piece, 1, piece->seq);
    }
    if (which % 3 == 0) {
        (void)check_round_trip(bytes, messages::decode_task);
    } else if (which % 3 == 1) {
        const auto result = check_round_trip(bytes, messages::decode_result);
        if (!result) return 0;
        domain::submission_view view;
        view.result = *result;
        (void)messages::to_json(view).dump();
        (void)messages::finished_frame(view, {}).dump();
    } else {
        const auto progress = check_round_trip(bytes, messages::decode_progress);
        if (!progress) return 0;
        (void)messages::queued_frame(*progress).dump();
        (void)messages::running_frame(*progress).dump();
        (void)messages::compiled_frame(*progress).dump();
    }
    return 0;
}
