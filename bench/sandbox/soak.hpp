// Looking at our own processes: how much memory, how many descriptors and cgroups they hold, at
// once and over many runs.
#pragma once

#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

namespace sluice::bench {

template <class Make>
void run_in(asio::io_context& io, Make make) {
    std::exception_ptr thrown;
    asio::co_spawn(io, make(), [&](std::exception_ptr e) { thrown = e; });
    io.restart();
    io.run();
    if (thrown) std::rethrow_exception(thrown);
}

// Of every process below this one: name, RSS and PSS in KiB, descriptors.
nlohmann::json process_sizes();
// `plan`: runs, argv, looks. Both slots are kept busy; the sizes are looked at `looks` times.
nlohmann::json soak(asio::io_context& io, sandbox::launcher& launcher, const nlohmann::json& plan);

}  // namespace sluice::bench
