// See live.hpp. Decoding refuses what a reader could not stand: control reaches the sandbox.
#include "sluice/messages/live.hpp"

#include "json_views.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/v1/live.pb.h"

#include <limits>

namespace sluice::messages {

// Nothing is ever taken out of the stream, so what was typed early is there for whoever runs it;
// the second field of the last entry is the sum of all input so far.
const char* const control_append_script = R"lua(
local stream, message, size, kind = KEYS[1], ARGV[1], tonumber(ARGV[2]), ARGV[3]
local most_bytes, most_entries, ttl_ms = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6])
local entries = redis.call('XLEN', stream)
local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)
local total = size
if last[1] then total = total + tonumber(last[1][2][4]) end
if kind == 'input' then
    if total > most_bytes or entries >= most_entries then return 'full' end
elseif entries >= most_entries + 256 then
    return 'full'
end
redis.call('XADD', stream, '*', 'm', message, 'n', string.format('%d', total))
if redis.call('PTTL', stream) < ttl_ms then redis.call('PEXPIRE', stream, ttl_ms) end
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 'ok'
)lua";

namespace {

result<void> parse(std::string_view bytes, google::protobuf::MessageLite& message) {
    const bool fits = bytes.size() <= std::size_t{std::numeric_limits<int>::max()};
    if (fits && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
    return fail(errc::invalid, "not a " + message.GetTypeName());
}

v1::ControlKind to_proto(domain::control_kind kind) {
    switch (kind) {
        case domain::control_kind::stdin_data:
            return v1::CONTROL_KIND_STDIN;
        case domain::control_kind::stdin_eof:
            return v1::CONTROL_KIND_STDIN_EOF;
        case domain::control_kind::signal:
            return v1::CONTROL_KIND_SIGNAL;
        case domain::control_kind::resize:
            return v1::CONTROL_KIND_RESIZE;
        case domain::control_kind::cancel:
            return v1::CONTROL_KIND_CANCEL;
        case domain::control_kind::watched:
            return v1::CONTROL_KIND_WATCHED;
        case domain::control_kind::unwatched:
            return v1::CONTROL_KIND_UNWATCHED;
    }
    return v1::CONTROL_KIND_UNSPECIFIED;
}

std::optional<domain::control_kind> to_domain(v1::ControlKind kind) {
    switch (kind) {
        case v1::CONTROL_KIND_STDIN:
            return domain::control_kind::stdin_data;
        case v1::CONTROL_KIND_STDIN_EOF:
            return domain::control_kind::stdin_eof;
        case v1::CONTROL_KIND_SIGNAL:
            return domain::control_kind::signal;
        case v1::CONTROL_KIND_RESIZE:
            return domain::control_kind::resize;
        case v1::CONTROL_KIND_CANCEL:
            return domain::control_kind::cancel;
        case v1::CONTROL_KIND_WATCHED:
            return domain::control_kind::watched;
        case v1::CONTROL_KIND_UNWATCHED:
            return domain::control_kind::unwatched;
        default:
            return std::nullopt;
    }
}

bool is_terminal_side(std::int32_t n) {
    return n >= 1 && n <= domain::largest_terminal_side;
}

json frame(std::string_view type, const domain::output_piece& p, json data) {
    return {
        {"type", type},
        {"submission_id", p.id.to_string()},
        {"correlation_id", p.correlation_id.to_string()},
        {"at", to_rfc3339(p.at)},
        {"data", std::move(data)},
    };
}

}  // namespace

std::string encode(const domain::output_piece& p) {
    v1::Output message;
    message.set_submission_id(p.id.to_string());
    message.set_correlation_id(p.correlation_id.to_string());
    message.set_attempt(p.attempt);
    message.set_seq(p.seq);
    message.set_skipped(p.skipped);
    message.set_stream(
        p.stream == domain::output_stream::out ? v1::OUTPUT_STREAM_STDOUT : v1::OUTPUT_STREAM_STDERR
    );
    message.set_data(p.data);
    message.set_at_ms(unix_ms(p.at));
    return message.SerializeAsString();
}

std::string encode(const domain::control_message& m) {
    v1::Control message;
    message.set_kind(to_proto(m.kind));
    message.set_data(m.data);
    message.set_signal(m.number);
    message.set_cols(m.cols);
    message.set_rows(m.rows);
    return message.SerializeAsString();
}

result<domain::output_piece> decode_output(std::string_view bytes) {
    v1::Output message;
    SLUICE_TRY(parse(bytes, message));
    domain::output_piece p;
    const auto id = submission_id::parse(message.submission_id());
    const auto correlation = correlation_id::parse(message.correlation_id());
    if (!id || !correlation) return fail(errc::invalid, "an id is not a UUID");
    if (message.attempt() < 1 || message.seq() < 1 || message.skipped() < 0 ||
        message.skipped() >= message.seq()) {
        return fail(errc::invalid, "attempt, seq or skipped is out of range");
    }
    if (message.stream() != v1::OUTPUT_STREAM_STDOUT &&
        message.stream() != v1::OUTPUT_STREAM_STDERR) {
        return fail(errc::invalid, "stream is unknown");
    }
    p.id = *id;
    p.correlation_id = *correlation;
    p.attempt = message.attempt();
    p.seq = message.seq();
    p.skipped = message.skipped();
    p.stream = message.stream() == v1::OUTPUT_STREAM_STDOUT ? domain::output_stream::out
                                                            : domain::output_stream::err;
    p.data = std::move(*message.mutable_data());
    p.at = from_unix_ms(message.at_ms());
    return p;
}

result<domain::control_message> decode_control(std::string_view bytes) {
    v1::Control message;
    SLUICE_TRY(parse(bytes, message));
    const auto kind = to_domain(message.kind());
    if (!kind) return fail(errc::invalid, "kind is unknown");
    domain::control_message m;
    m.kind = *kind;
    m.data = std::move(*message.mutable_data());
    m.number = message.signal();
    m.cols = message.cols();
    m.rows = message.rows();
    if (m.kind == domain::control_kind::signal && !domain::is_sendable_signal(m.number)) {
        return fail(errc::invalid, "signal is none that may be sent");
    }
    if (m.kind == domain::control_kind::resize &&
        (!is_terminal_side(m.cols) || !is_terminal_side(m.rows))) {
        return fail(errc::invalid, "cols or rows is out of range");
    }
    return m;
}

std::string output_frame(const domain::output_piece& p) {
    const bool is_text = is_valid_utf8(p.data);
    json data = {
        {"stream", p.stream == domain::output_stream::out ? "stdout" : "stderr"},
        {"seq", p.seq},
        {"attempt", p.attempt},
        {"data", is_text ? p.data : base64_encode(p.data)},
        {"data_encoding", is_text ? "utf8" : "base64"},
    };
    return frame("submission.output", p, std::move(data)).dump();
}

std::string gap_frame(const domain::output_piece& next, std::int64_t from, std::int64_t to) {
    json data = {{"from", from}, {"to", to}, {"attempt", next.attempt}};
    return frame("gap", next, std::move(data)).dump();
}

}  // namespace sluice::messages
