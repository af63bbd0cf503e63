// Puts the websocket service together.
#pragma once

#include "config.hpp"

#include "sluice/runtime/service_main.hpp"

namespace sluice::websocket {

std::unique_ptr<runtime::service> make_app(asio::io_context& io, const config& c);
// `c` is filled by run_service and must outlive it.
runtime::service_definition make_definition(config& c);

}  // namespace sluice::websocket
