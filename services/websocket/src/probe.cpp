// See probe.hpp.
#include "probe.hpp"

namespace sluice::websocket {

probe::probe() {
    auto& m = observe::metrics::instance();
    connections = m.get_gauge("sluice_websocket_connections", "Open connections of this node");
    slow_clients = m.get_counter(
        "sluice_websocket_slow_clients_total",
        "Connections closed with 1013 because their buffer was full"
    );
    replayed = m.get_counter(
        "sluice_websocket_replayed_total",
        "Stored events read for clients that came back"
    );
    gaps = m.get_counter(
        "sluice_websocket_gaps_total",
        "Times that live events may have been missed, so that sessions replayed"
    );
    unreadable = m.get_counter(
        "sluice_websocket_unreadable_events_total",
        "Messages of the node's channel that were no events"
    );
}

void probe::sent(std::string_view type_label) {
    auto found = sent_.find(type_label);
    if (found == sent_.end()) {
        auto counter = observe::metrics::instance().get_counter(
            "sluice_websocket_frames_sent_total",
            "Frames handed to connections, by type",
            {{"type", std::string(type_label)}}
        );
        found = sent_.emplace(type_label, counter).first;
    }
    found->second.increment();
}

}  // namespace sluice::websocket
