// Settings of the gRPC listener.
#pragma once

#include "sluice/core/config.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace sluice::submission {

struct grpc_tls_config {
    std::string certificate_file;  // PEM; empty: no TLS
    std::string private_key_file;
    std::string client_ca_file;  // empty: clients need no certificate
    std::chrono::milliseconds refresh_interval{10'000};
};
void describe(config_visitor& v, grpc_tls_config& c);

struct grpc_config {
    bool enabled = false;
    std::string address = "127.0.0.1";
    std::int64_t port = 0;
    grpc_tls_config tls;
    bool bind_users = false;
    bool reflection = false;
    byte_size max_message = 1_MiB;
    byte_size max_batch = 32_MiB;
    std::int64_t max_calls = 1000;
    std::int64_t max_streams = 100;
    std::chrono::milliseconds read_timeout{30'000};
    std::chrono::milliseconds write_timeout{30'000};
    std::chrono::milliseconds idle_timeout{300'000};
};
void describe(config_visitor& v, grpc_config& c);

// What of these settings contradicts itself or, in production, what is not safe enough.
std::vector<std::string> unfit_grpc_settings(const grpc_config& c, bool is_production);

}  // namespace sluice::submission
