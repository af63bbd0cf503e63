// The metrics of the websocket service.
#pragma once

#include "sluice/observe/metrics.hpp"

#include <map>
#include <string_view>

namespace sluice::websocket {

struct probe {
    probe();
    observe::gauge connections;
    observe::counter slow_clients;
    observe::counter replayed;
    observe::counter gaps;
    observe::counter unreadable;
    void sent(std::string_view type_label);

private:
    std::map<std::string_view, observe::counter> sent_;
};

}  // namespace sluice::websocket
