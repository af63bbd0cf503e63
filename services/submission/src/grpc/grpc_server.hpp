// The gRPC listener: opened, drained and closed by the app like its other listeners.
#pragma once

#include "grpc_config.hpp"
#include "job_services.hpp"

#include "sluice/core/error.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <memory>
#include <string>

namespace sluice::submission {

// Before any thread exists, because it changes the environment: TLS 1.3 or nothing for gRPC.
void restrict_grpc_tls();

class grpc_server {
public:
    grpc_server(asio::any_io_executor executor, const grpc_config& settings, grpc_services s);
    ~grpc_server();

    result<void> listen();  // errc::invalid: the certificates do not fit; errc::io: the address
    std::string local_address() const;
    // Refuses new calls, waits for those under way, cuts what is left then; how many that were.
    awaitable<std::size_t> close(std::chrono::milliseconds grace);

private:
    struct impl;
    std::unique_ptr<impl> impl_;
};

}  // namespace sluice::submission
