// A piece of a program's output, made into a frame once for all sessions of a node.
#pragma once

#include "sluice/domain/live.hpp"

#include <memory>
#include <string>

namespace sluice::websocket {

struct live_piece {
    domain::output_piece head;  // without its data
    std::shared_ptr<const std::string> frame;
};

}  // namespace sluice::websocket
