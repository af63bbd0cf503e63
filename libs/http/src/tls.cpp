// Reading of certificate and key.
#include "sluice/http/tls.hpp"

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

}  // namespace sluice::http
