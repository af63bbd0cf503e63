// See job_messages.hpp.
#include "job_messages.hpp"

namespace sluice::submission {
namespace {

constexpr std::int64_t ms_per_second = 1000;
constexpr std::int32_t ns_per_ms = 1'000'000;

void set(google::protobuf::Timestamp& to, wall_time at) {
    const std::int64_t ms = unix_ms(at);
    to.set_seconds(ms / ms_per_second);
    to.set_nanos(static_cast<std::int32_t>(ms % ms_per_second) * ns_per_ms);
}

}  // namespace

::JobResponse to_message(const accepted_batch& done) {
    ::JobResponse m;
    m.set_correlation_id(done.correlation_id.to_string());
    m.set_result(std::string(domain::to_string(domain::status::queued)));
    set(*m.mutable_executed_at(), done.created_at);
    return m;
}

::SearchJobResponse to_message(const job_event& event, const std::string& correlation_id) {
    ::SearchJobResponse m;
    m.set_correlation_id(correlation_id);
    set(*m.mutable_executed_at(), event.at);
    m.set_command_index(static_cast<std::int32_t>(event.index));
    m.set_submission_id(event.id.to_string());
    if (event.result) {
        m.set_result(std::string(domain::to_string(*event.result)));
        return m;
    }
    m.set_log_output(event.text);
    m.set_stream(event.stream == domain::output_stream::out ? "stdout" : "stderr");
    m.set_is_gap(event.is_gap);
    return m;
}

}  // namespace sluice::submission
