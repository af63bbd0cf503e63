// From a run_request to the message for a slot manager: checked, flattened, with its descriptors.
#pragma once

#include "interaction.hpp"
#include "protocol.hpp"

#include "sluice/core/error.hpp"
#include "sluice/runtime/unique_fd.hpp"
#include "sluice/sandbox/run.hpp"

#include <string>
#include <vector>

namespace sluice::sandbox {

struct encoded_request {
    protocol::slot_request head;
    std::string command;
    std::vector<int> fds;  // borrowed from the request and the two below
    unique_fd input;
    unique_fd collected;
    interaction_ends interactive;
};

// errc::invalid names the field.
result<encoded_request> encode(const run_request& request);

}  // namespace sluice::sandbox
