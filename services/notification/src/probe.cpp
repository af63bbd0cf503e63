// See probe.hpp.
#include "probe.hpp"

namespace sluice::notification {

probe::probe() {
    auto& m = observe::metrics::instance();
    for (const domain::status s : domain::all_statuses) {
        if (!domain::is_terminal(s)) continue;
        results[s] = m.get_counter(
            "sluice_notification_results_total",
            "Results stored for the first time, by status",
            {{"status", std::string(to_string(s))}}
        );
    }
    duplicates = m.get_counter(
        "sluice_notification_duplicates_total",
        "Results of submissions that already had one; the first won"
    );
    poison = m.get_counter(
        "sluice_notification_poison_total",
        "Messages that could not be read or stored and went to a dead-letter queue"
    );
    swept = m.get_counter(
        "sluice_notification_swept_total",
        "Submissions ended by the sweeper because no result came"
    );
    dead_tasks = m.get_counter(
        "sluice_notification_dead_tasks_total",
        "Tasks that no worker could finish, ended as internal_error"
    );
    progress_dropped = m.get_counter(
        "sluice_notification_progress_dropped_total",
        "Progress events that were not sent because Redis was away"
    );
    end_to_end = m.get_histogram(
        "sluice_notification_end_to_end_seconds",
        "From the acceptance of a submission to the push of its result",
        observe::seconds_buckets()
    );
    in_hand = m.get_gauge(
        "sluice_notification_results_in_hand",
        "Results received and not yet acknowledged"
    );
}

}  // namespace sluice::notification
