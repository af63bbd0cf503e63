// Names, comments and bounds of the gRPC settings.
#include "grpc_config.hpp"

namespace sluice::submission {
namespace {

constexpr byte_size largest_message = 64_MiB;

}  // namespace

void describe(config_visitor& v, grpc_tls_config& c) {
    v.field("certificate_file", c.certificate_file, "PEM, the server's own first; empty: no TLS");
    v.field("private_key_file", c.private_key_file, "PEM, belonging to the certificate");
    v.field(
        "client_ca_file",
        c.client_ca_file,
        "PEM; clients must then show a certificate of this CA (compulsory in production)"
    );
    v.field(
        "refresh_interval",
        c.refresh_interval,
        "how often the three files are looked at; renewed ones are taken without a restart"
    );
}

void describe(config_visitor& v, grpc_config& c) {
    v.field("enabled", c.enabled, "serve the job worker's gRPC interface (docs/api/grpc.md)");
    v.field("address", c.address, "address to listen on");
    v.field(
        "port",
        c.port,
        "port to listen on; 0 takes any free one",
        {.minimum = 0, .maximum = 65535}
    );
    v.section("tls", c.tls, "TLS 1.3, and certificates of clients");
    v.field(
        "bind_users",
        c.bind_users,
        "the certificate's common name must be the user id of the token"
    );
    v.field("reflection", c.reflection, "tell tools what is served; refused in production");
    v.field("max_message", c.max_message, "largest message that is read: one command");
    v.field("max_batch", c.max_batch, "bytes of all commands of one ExecuteJobs");
    v.field(
        "max_calls",
        c.max_calls,
        "calls at a time; above: RESOURCE_EXHAUSTED",
        {.minimum = 1, .maximum = 100'000}
    );
    v.field(
        "max_streams",
        c.max_streams,
        "calls at a time of one connection",
        {.minimum = 1, .maximum = 10'000}
    );
    v.field("read_timeout", c.read_timeout, "longest wait for the next message of a stream");
    v.field("write_timeout", c.write_timeout, "longest time for a message to be taken");
    v.field("idle_timeout", c.idle_timeout, "how long a connection without calls is kept");
}

std::vector<std::string> unfit_grpc_settings(const grpc_config& c, bool is_production) {
    std::vector<std::string> problems;
    if (!c.enabled) return problems;
    const bool has_certificate = !c.tls.certificate_file.empty();
    const bool asks_clients = !c.tls.client_ca_file.empty();
    if (has_certificate == c.tls.private_key_file.empty()) {
        problems.push_back("grpc.tls needs both certificate_file and private_key_file, or neither");
    }
    if (asks_clients && !has_certificate) {
        problems.push_back("grpc.tls.client_ca_file needs grpc.tls.certificate_file");
    }
    if (c.bind_users && !asks_clients) {
        problems.push_back("grpc.bind_users needs grpc.tls.client_ca_file");
    }
    if (c.tls.refresh_interval < std::chrono::seconds(1)) {
        problems.push_back("grpc.tls.refresh_interval is below one second");
    }
    if (c.max_message > largest_message) {
        problems.push_back("grpc.max_message is above " + to_string(largest_message));
    }
    if (!is_production) return problems;
    if (!has_certificate || !asks_clients) {
        problems.push_back(
            "grpc without certificates of both sides: set grpc.tls.certificate_file, "
            "private_key_file and client_ca_file (./dev certs makes them), or grpc.enabled: false"
        );
    }
    if (c.reflection) problems.push_back("grpc.reflection is for development: set it to false");
    return problems;
}

}  // namespace sluice::submission
