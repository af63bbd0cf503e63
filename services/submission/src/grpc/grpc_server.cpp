// See grpc_server.hpp. gRPC has threads of its own; Shutdown blocks until every call has ended,
// which the loop must help with, so it waits on a thread of its own.
#include "grpc_server.hpp"

#include "call_bridge.hpp"

#include "sluice/http/listener.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/runtime/blocking_pool.hpp"

#include <grpc/grpc_security_constants.h>
#include <grpc/support/log.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cstdlib>

namespace sluice::submission {
namespace {

constexpr int handshake_ms = 10'000;
constexpr int keepalive_ms = 30'000;
constexpr int keepalive_timeout_ms = 10'000;
constexpr int fastest_ping_ms = 10'000;
constexpr int header_bytes = 16 * 1024;
constexpr std::size_t memory_quota = std::size_t{512} << 20;

// The same files as gRPC will read, tried once so that a mistake ends the start and not the
// handshakes.
result<void> check_files(const grpc_tls_config& c) {
    const http::tls_config pair{c.certificate_file, c.private_key_file};
    auto context = http::make_tls_context(pair);
    if (!context) return std::move(context).error();
    if (c.client_ca_file.empty()) return {};
    boost::system::error_code failed;
    (*context)->load_verify_file(c.client_ca_file, failed);
    if (failed) {
        return fail(errc::invalid, "grpc.tls.client_ca_file: " + failed.message());
    }
    return {};
}

std::shared_ptr<grpc::ServerCredentials> credentials_of(const grpc_tls_config& c) {
    if (c.certificate_file.empty()) return grpc::InsecureServerCredentials();
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(c.refresh_interval).count();
    auto provider = std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
        c.private_key_file,
        c.certificate_file,
        c.client_ca_file,
        static_cast<unsigned>(seconds)
    );
    grpc::experimental::TlsServerCredentialsOptions options(std::move(provider));
    options.watch_identity_key_cert_pairs();
    if (!c.client_ca_file.empty()) {
        options.watch_root_certs();
        options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    }
    return grpc::experimental::TlsServerCredentials(options);
}

std::string join(const std::string& address, std::int64_t port) {
    const bool is_v6 = address.find(':') != std::string::npos;
    return (is_v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

// gRPC's own lines would stand between our JSON ones.
void pass_on(gpr_log_func_args* line) {
    const bool is_error = line->severity == GPR_LOG_SEVERITY_ERROR;
    observe::log(
        is_error ? observe::level::warn : observe::level::debug,
        {},
        "grpc_said",
        {{"message", line->message}, {"file", line->file}, {"line", line->line}}
    );
}

void bound(grpc::ServerBuilder& builder, const grpc_config& c) {
    builder.SetMaxReceiveMessageSize(static_cast<int>(c.max_message.value));
    builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(c.max_streams));
    builder.AddChannelArgument(
        GRPC_ARG_MAX_CONNECTION_IDLE_MS,
        static_cast<int>(c.idle_timeout.count())
    );
    builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, header_bytes);
    builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, handshake_ms);
    // A client that vanished is noticed, and one that pings too often is cut off.
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, keepalive_ms);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, keepalive_timeout_ms);
    builder.AddChannelArgument(
        GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
        fastest_ping_ms
    );
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetResourceQuota(grpc::ResourceQuota("sluice").Resize(memory_quota));
}

}  // namespace

// gRPC 1.51 lets nobody set the lowest version of TlsServerCredentials, and offers TLS 1.2 too. The
// list that it reads here names suites of TLS 1.2 only (those of 1.3 are not configured by it), and
// this one suite needs a shared key, which no client has: a handshake of 1.2 finds no suite. The
// end-to-end tests try one.
void restrict_grpc_tls() {
    ::setenv("GRPC_SSL_CIPHER_SUITES", "PSK-AES128-GCM-SHA256", 1);
}

struct grpc_server::impl {
    impl(asio::any_io_executor executor, const grpc_config& c, grpc_services s)
        : settings(c)
        , bridge(std::move(executor), static_cast<std::size_t>(c.max_calls))
        , services(make_job_services(bridge, settings, std::move(s))) {
        if (!c.reflection) return;
        services.push_back(make_reflection(
            {"AuthService",
             "JobScheduleService",
             "JobQueryService",
             "sluice.v1.AdminService",
             "grpc.health.v1.Health",
             "grpc.reflection.v1alpha.ServerReflection"}
        ));
    }

    const grpc_config& settings;
    call_bridge bridge;
    std::vector<std::unique_ptr<grpc::Service>> services;
    std::unique_ptr<grpc::Server> server;
    std::string address;
    runtime::blocking_pool waiter{1};
};

grpc_server::grpc_server(
    asio::any_io_executor executor,
    const grpc_config& settings,
    grpc_services s
)
    : impl_(std::make_unique<impl>(std::move(executor), settings, std::move(s))) {}

grpc_server::~grpc_server() = default;

result<void> grpc_server::listen() {
    const grpc_config& c = impl_->settings;
    if (!c.tls.certificate_file.empty()) SLUICE_TRY(check_files(c.tls));
    ::gpr_set_log_function(pass_on);
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort(join(c.address, c.port), credentials_of(c.tls), &port);
    for (const auto& service : impl_->services)
        builder.RegisterService(service.get());
    bound(builder, c);
    impl_->server = builder.BuildAndStart();
    if (!impl_->server || port == 0) {
        return fail(errc::io, "grpc: cannot listen on " + join(c.address, c.port));
    }
    impl_->address = join(c.address, port);
    if (c.tls.client_ca_file.empty()) {
        observe::warn({}, "grpc_without_client_certificates", {{"address", impl_->address}});
    }
    return {};
}

std::string grpc_server::local_address() const {
    return impl_->address;
}

awaitable<std::size_t> grpc_server::close(std::chrono::milliseconds grace) {
    if (!impl_->server) co_return std::size_t{0};
    const auto until = std::chrono::system_clock::now() + grace;
    std::function<void()> shut_down = [this, until] { impl_->server->Shutdown(until); };
    co_await impl_->waiter.run(std::move(shut_down));
    // Every call has ended for its client; their coroutines come to their end now.
    const std::size_t cut = co_await impl_->bridge.close(std::chrono::seconds(1));
    impl_->server.reset();
    co_return cut;
}

}  // namespace sluice::submission
