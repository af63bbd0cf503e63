// Domain values to and from sluice.v1. Encoding cannot fail; decoding refuses what the domain could
// not stand (ids that are none, enum values of the future, limits or files that are missing).
#include "sluice/messages/codec.hpp"

#include "codec_enums.hpp"
#include "codec_parts.hpp"

#include "sluice/domain/validation.hpp"
#include "sluice/v1/execution.pb.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace sluice::messages {
void write(const domain::limits& from, v1::Limits& to) {
    to.set_cpu_time_ms(from.cpu_time_ms);
    to.set_wall_time_ms(from.wall_time_ms);
    to.set_memory_bytes(from.memory_bytes);
    to.set_processes(from.processes);
    to.set_output_bytes(from.output_bytes);
    to.set_file_bytes(from.file_bytes);
    to.set_disk_bytes(from.disk_bytes);
    to.set_inodes(from.inodes);
    to.set_open_files(from.open_files);
    to.set_stack_bytes(from.stack_bytes);
}

domain::limits read(const v1::Limits& from) {
    domain::limits to;
    to.cpu_time_ms = from.cpu_time_ms();
    to.wall_time_ms = from.wall_time_ms();
    to.memory_bytes = from.memory_bytes();
    to.processes = from.processes();
    to.output_bytes = from.output_bytes();
    to.file_bytes = from.file_bytes();
    to.disk_bytes = from.disk_bytes();
    to.inodes = from.inodes();
    to.open_files = from.open_files();
    to.stack_bytes = from.stack_bytes();
    return to;
}

result<void> check_limits(const domain::limits& limits) {
    for (const auto& row : domain::limit_table) {
        if (limits.*row.field <= 0) {
            return fail(errc::invalid, "limits." + std::string(row.name) + " is missing");
        }
    }
    return {};
}

void write(const domain::source_file& from, v1::File& to) {
    to.set_name(from.name);
    to.set_content(from.content);
}

result<domain::source_file> read(v1::File& from) {
    if (!domain::is_safe_file_name(from.name())) {
        return fail(errc::invalid, "files holds a name that is not safe");
    }
    return domain::source_file{std::move(*from.mutable_name()), std::move(*from.mutable_content())};
}

namespace {

void write(const domain::compile_report& from, v1::CompileReport& to) {
    to.set_output(from.output);
    to.set_output_truncated(from.is_truncated);
    if (from.exit_code) to.set_exit_code(*from.exit_code);
    if (from.signal) to.set_signal(*from.signal);
    to.set_cpu_us(from.cpu_us);
    to.set_wall_us(from.wall_us);
    to.set_memory_peak_bytes(from.memory_peak_bytes);
    to.set_cached(from.is_cached);
}

domain::compile_report read(v1::CompileReport& from) {
    domain::compile_report to;
    to.output = std::move(*from.mutable_output());
    to.is_truncated = from.output_truncated();
    if (from.has_exit_code()) to.exit_code = from.exit_code();
    if (from.has_signal()) to.signal = from.signal();
    to.cpu_us = from.cpu_us();
    to.wall_us = from.wall_us();
    to.memory_peak_bytes = from.memory_peak_bytes();
    to.is_cached = from.cached();
    return to;
}

void write(const domain::hop_times& from, v1::HopTimes& to) {
    if (from.created_at) to.set_created_at_ms(unix_ms(*from.created_at));
    if (from.taken_at) to.set_taken_at_ms(unix_ms(*from.taken_at));
    if (from.compiled_at) to.set_compiled_at_ms(unix_ms(*from.compiled_at));
    if (from.started_at) to.set_started_at_ms(unix_ms(*from.started_at));
    if (from.ended_at) to.set_ended_at_ms(unix_ms(*from.ended_at));
    if (from.persisted_at) to.set_persisted_at_ms(unix_ms(*from.persisted_at));
}

domain::hop_times read(const v1::HopTimes& from) {
    domain::hop_times to;
    if (from.has_created_at_ms()) to.created_at = from_unix_ms(from.created_at_ms());
    if (from.has_taken_at_ms()) to.taken_at = from_unix_ms(from.taken_at_ms());
    if (from.has_compiled_at_ms()) to.compiled_at = from_unix_ms(from.compiled_at_ms());
    if (from.has_started_at_ms()) to.started_at = from_unix_ms(from.started_at_ms());
    if (from.has_ended_at_ms()) to.ended_at = from_unix_ms(from.ended_at_ms());
    if (from.has_persisted_at_ms()) to.persisted_at = from_unix_ms(from.persisted_at_ms());
    return to;
}

// What every message begins with.
template <class Domain, class Proto>
void write_identity(const Domain& from, Proto& to) {
    to.set_submission_id(from.id.to_string());
    to.set_correlation_id(from.correlation_id.to_string());
    to.set_user_id(from.user_id);
    to.set_language(from.language);
}

template <class Domain, class Proto>
result<void> read_identity(Proto& from, Domain& to) {
    const auto id = submission_id::parse(from.submission_id());
    if (!id) return fail(errc::invalid, "submission_id is not a UUID");
    const auto correlation = correlation_id::parse(from.correlation_id());
    if (!correlation) return fail(errc::invalid, "correlation_id is not a UUID");
    if (from.user_id().empty()) return fail(errc::invalid, "user_id is empty");
    if (from.language().empty()) return fail(errc::invalid, "language is empty");
    to.id = *id;
    to.correlation_id = *correlation;
    to.user_id = std::move(*from.mutable_user_id());
    to.language = std::move(*from.mutable_language());
    return {};
}

result<void> parse(std::string_view bytes, google::protobuf::MessageLite& message) {
    const bool fits = bytes.size() <= std::size_t{std::numeric_limits<int>::max()};
    if (fits && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return {};
    return fail(errc::invalid, "not a " + message.GetTypeName());
}

}  // namespace

std::string encode(const domain::task& t) {
    v1::ExecuteRequest message;
    write_identity(t, message);
    message.set_version(t.version);
    for (const auto& file : t.files)
        write(file, *message.add_files());
    message.set_stdin(t.stdin_bytes);
    for (const auto& arg : t.args)
        message.add_args(arg);
    for (const auto& arg : t.compile_args)
        message.add_compile_args(arg);
    for (const auto& [name, value] : t.env) {
        auto& to = *message.add_env();
        to.set_name(name);
        to.set_value(value);
    }
    write(t.limits, *message.mutable_limits());
    if (t.expected_output) message.set_expected_output(*t.expected_output);
    message.set_created_at_ms(unix_ms(t.created_at));
    message.set_deadline_at_ms(unix_ms(t.deadline_at));
    message.set_interactive(t.interactive);
    message.set_tty(t.tty);
    message.set_cancel_on_disconnect(t.cancel_on_disconnect);
    message.set_truncates_output(t.truncates_output);
    write_tests(t, message);
    return message.SerializeAsString();
}

std::string encode(const domain::run_result& r) {
    v1::ExecuteResult message;
    write_identity(r, message);
    message.set_status(to_proto(r.status));
    message.set_limit_hit(to_proto(r.limit_hit));
    if (r.exit_code) message.set_exit_code(*r.exit_code);
    if (r.signal) message.set_signal(*r.signal);
    message.set_stdout(r.stdout_bytes);
    message.set_stderr(r.stderr_bytes);
    message.set_stdout_truncated(r.stdout_truncated);
    message.set_stderr_truncated(r.stderr_truncated);
    message.set_cpu_us(r.cpu_us);
    message.set_wall_us(r.wall_us);
    message.set_memory_peak_bytes(r.memory_peak_bytes);
    if (r.compile) write(*r.compile, *message.mutable_compile());
    write(r.limits, *message.mutable_limits());
    message.set_worker_id(r.worker_id);
    message.set_attempt(r.attempt);
    message.set_message(r.message);
    write(r.times, *message.mutable_times());
    write_tests(r, message);
    if (r.original_run_at) message.set_original_run_at_ms(unix_ms(*r.original_run_at));
    return message.SerializeAsString();
}

std::string encode(const domain::progress& p) {
    v1::Progress message;
    write_identity(p, message);
    message.set_kind(to_proto(p.kind));
    message.set_worker_id(p.worker_id);
    message.set_at_ms(unix_ms(p.at));
    if (p.compile) write(*p.compile, *message.mutable_compile());
    write_tests(p, message);
    return message.SerializeAsString();
}

result<domain::task> decode_task(std::string_view bytes) {
    v1::ExecuteRequest message;
    SLUICE_TRY(parse(bytes, message));
    domain::task t;
    SLUICE_TRY(read_identity(message, t));
    if (message.files().empty()) return fail(errc::invalid, "files is empty");
    for (auto& file : *message.mutable_files()) {
        auto content = read(file);
        if (!content) return content.error();
        t.files.push_back(std::move(*content));
    }
    t.version = std::move(*message.mutable_version());
    t.stdin_bytes = std::move(*message.mutable_stdin());
    t.args.assign(message.args().begin(), message.args().end());
    t.compile_args.assign(message.compile_args().begin(), message.compile_args().end());
    for (auto& variable : *message.mutable_env()) {
        t.env.emplace_back(
            std::move(*variable.mutable_name()),
            std::move(*variable.mutable_value())
        );
    }
    t.limits = read(message.limits());
    SLUICE_TRY(check_limits(t.limits));
    if (message.has_expected_output()) {
        t.expected_output = std::move(*message.mutable_expected_output());
    }
    t.created_at = from_unix_ms(message.created_at_ms());
    t.deadline_at = from_unix_ms(message.deadline_at_ms());
    t.interactive = message.interactive();
    t.tty = message.tty();
    t.cancel_on_disconnect = message.cancel_on_disconnect();
    t.truncates_output = message.truncates_output();
    SLUICE_TRY(read_tests(message, t));
    return t;
}

result<domain::run_result> decode_result(std::string_view bytes) {
    v1::ExecuteResult message;
    SLUICE_TRY(parse(bytes, message));
    domain::run_result r;
    SLUICE_TRY(read_identity(message, r));
    const auto status = to_domain(message.status());
    if (!status || !domain::is_terminal(*status)) {
        return fail(errc::invalid, "status is unknown or not a terminal one");
    }
    const auto limit_hit = to_domain(message.limit_hit());
    if (!limit_hit) return fail(errc::invalid, "limit_hit is unknown");
    r.status = *status;
    r.limit_hit = *limit_hit;
    if (message.has_exit_code()) r.exit_code = message.exit_code();
    if (message.has_signal()) r.signal = message.signal();
    r.stdout_bytes = std::move(*message.mutable_stdout());
    r.stderr_bytes = std::move(*message.mutable_stderr());
    r.stdout_truncated = message.stdout_truncated();
    r.stderr_truncated = message.stderr_truncated();
    r.cpu_us = message.cpu_us();
    r.wall_us = message.wall_us();
    r.memory_peak_bytes = message.memory_peak_bytes();
    if (message.has_compile()) r.compile = read(*message.mutable_compile());
    r.limits = read(message.limits());
    r.worker_id = std::move(*message.mutable_worker_id());
    r.attempt = message.attempt();
    r.message = std::move(*message.mutable_message());
    r.times = read(message.times());
    SLUICE_TRY(read_tests(message, r));
    if (message.has_original_run_at_ms()) {
        r.original_run_at = from_unix_ms(message.original_run_at_ms());
    }
    return r;
}

result<domain::progress> decode_progress(std::string_view bytes) {
    v1::Progress message;
    SLUICE_TRY(parse(bytes, message));
    domain::progress p;
    SLUICE_TRY(read_identity(message, p));
    const auto kind = to_domain(message.kind());
    if (!kind) return fail(errc::invalid, "kind is unknown");
    p.kind = *kind;
    p.worker_id = std::move(*message.mutable_worker_id());
    p.at = from_unix_ms(message.at_ms());
    if (message.has_compile()) p.compile = read(*message.mutable_compile());
    SLUICE_TRY(read_tests(message, p));
    return p;
}

}  // namespace sluice::messages
