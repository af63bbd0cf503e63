// See probe.hpp.
#include "probe.hpp"

namespace sluice::execution {
namespace {

constexpr double microseconds = 1e6;
constexpr const char* slots_help = "sandboxes by state; publishing: results not yet confirmed";

}  // namespace

probe::probe() {
    observe::metrics& m = observe::metrics::instance();
    retries = m.get_counter(
        "sluice_execution_retries_total",
        "runs repeated or given back because something of ours failed"
    );
    undecodable =
        m.get_counter("sluice_execution_undecodable_total", "tasks that could not be read");
    republished = m.get_counter(
        "sluice_execution_republished_total",
        "results published again because no confirm came"
    );
    slots_busy = m.get_gauge("sluice_execution_slots", slots_help, {{"state", "busy"}});
    slots_idle = m.get_gauge("sluice_execution_slots", slots_help, {{"state", "idle"}});
    slots_publishing = m.get_gauge("sluice_execution_slots", slots_help, {{"state", "publishing"}});
    cache_bytes =
        m.get_gauge("sluice_execution_compile_cache_bytes", "memory of compiled programs");
    cache_entries =
        m.get_gauge("sluice_execution_compile_cache_entries", "compiled programs that are kept");
    queue_wait_ = m.get_histogram(
        "sluice_execution_queue_wait_seconds",
        "from acceptance until a worker took the task",
        observe::wait_buckets()
    );
}

void probe::finished(const domain::run_result& r, const std::string& language) {
    observe::metrics& m = observe::metrics::instance();
    m.get_histogram(
         "sluice_execution_run_seconds",
         "wall time of programs",
         observe::seconds_buckets(),
         {{"language", language}, {"status", std::string(domain::to_string(r.status))}}
    ).observe(static_cast<double>(r.wall_us) / microseconds);
    if (!r.compile) return;
    m.get_histogram(
         "sluice_execution_compile_seconds",
         "wall time of compilers; for a cached program, of its first compilation",
         observe::seconds_buckets(),
         {{"language", language}, {"cached", r.compile->is_cached ? "true" : "false"}}
    ).observe(static_cast<double>(r.compile->wall_us) / microseconds);
}

void probe::waited(wall_time created_at, wall_time taken_at) {
    using seconds = std::chrono::duration<double>;
    const seconds waited = std::chrono::duration_cast<seconds>(taken_at - created_at);
    queue_wait_.observe(waited.count() > 0 ? waited.count() : 0);
}

}  // namespace sluice::execution
