// The composition root: makes the adapters, wires them to the use case, and takes them down in the
// opposite order. Narrated in app.cpp.
#pragma once

#include "config.hpp"
#include "startup.hpp"

#include "sluice/runtime/service_main.hpp"

#include <memory>
#include <optional>

namespace sluice::execution {

std::unique_ptr<runtime::service>
make_app(asio::io_context& io, const config& c, started_process process);

// Everything that run_service needs; `c` and `p` outlive it.
runtime::service_definition make_definition(config& c, std::optional<started_process>& p);

}  // namespace sluice::execution
