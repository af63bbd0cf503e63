// Listening sockets, and the reading of certificate and key.
#include "sluice/http/listener.hpp"

namespace sluice::http {

namespace ssl = boost::asio::ssl;

void describe(config_visitor& v, tls_config& c) {
    v.field("certificate_file", c.certificate_file, "PEM chain; empty: plain, behind a terminator");
    v.field("private_key_file", c.private_key_file, "PEM key of the certificate");
}

result<std::shared_ptr<ssl::context>> make_tls_context(const tls_config& config) {
    if (!config.is_enabled()) return std::shared_ptr<ssl::context>();
    auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
    boost::system::error_code failed;
    context->set_options(
        ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1,
        failed
    );
    if (!failed) context->use_certificate_chain_file(config.certificate_file, failed);
    if (failed) {
        return fail(
            errc::invalid,
            "certificate " + config.certificate_file + ": " + failed.message()
        );
    }
    context->use_private_key_file(config.private_key_file, ssl::context::pem, failed);
    if (failed) {
        return fail(
            errc::invalid,
            "private key " + config.private_key_file + ": " + failed.message()
        );
    }
    return context;
}

result<std::string>
listen_on(boost::asio::ip::tcp::acceptor& acceptor, const std::string& address, std::int64_t port) {
    using tcp = boost::asio::ip::tcp;
    boost::system::error_code failed;
    const auto ip = boost::asio::ip::make_address(address, failed);
    if (failed) return fail(errc::invalid, "'" + address + "' is no address");
    const tcp::endpoint endpoint(ip, static_cast<std::uint16_t>(port));
    acceptor.open(endpoint.protocol(), failed);
    if (!failed) acceptor.set_option(tcp::acceptor::reuse_address(true), failed);
    if (!failed) acceptor.bind(endpoint, failed);
    if (!failed) acceptor.listen(boost::asio::socket_base::max_listen_connections, failed);
    if (failed) {
        return fail(errc::io, address + ":" + std::to_string(port) + ": " + failed.message());
    }
    const auto local = acceptor.local_endpoint();
    const std::string host = local.address().to_string();
    const std::string shown = local.address().is_v6() ? "[" + host + "]" : host;
    return shown + ":" + std::to_string(local.port());
}

}  // namespace sluice::http
