// TLS on the server's own listener, with a certificate made for the test.
#include "http_fixture.hpp"

#include <boost/asio/ssl.hpp>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

using namespace sluice;
using namespace sluice::http;

namespace {

// A self-signed certificate and its key in two files that go away with it.
class certificate {
public:
    certificate() {
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
            EVP_EC_gen("P-256"),
            EVP_PKEY_free
        );
        const std::unique_ptr<X509, decltype(&X509_free)> cert(X509_new(), X509_free);
        ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
        X509_gmtime_adj(X509_getm_notBefore(cert.get()), 0);
        X509_gmtime_adj(X509_getm_notAfter(cert.get()), 3600);
        X509_set_pubkey(cert.get(), key.get());
        X509_sign(cert.get(), key.get(), EVP_sha256());
        write(certificate_file, [&](std::FILE* f) { PEM_write_X509(f, cert.get()); });
        write(key_file, [&](std::FILE* f) {
            PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
        });
    }
    ~certificate() {
        std::filesystem::remove(certificate_file);
        std::filesystem::remove(key_file);
    }
    certificate(const certificate&) = delete;
    certificate& operator=(const certificate&) = delete;

    std::string certificate_file = path("cert.pem");
    std::string key_file = path("key.pem");

private:
    static std::string path(const std::string& name) {
        return std::filesystem::temp_directory_path() / (std::to_string(::getpid()) + "_" + name);
    }
    template <class Write>
    static void write(const std::string& file, Write body) {
        std::FILE* f = std::fopen(file.c_str(), "w");
        REQUIRE(f != nullptr);
        body(f);
        std::fclose(f);
    }
};

}  // namespace

TEST_CASE_METHOD(http_fixture, "a request over TLS is answered, and the farewell is clean") {
    const certificate mine;
    config.tls.certificate_file = mine.certificate_file;
    config.tls.private_key_file = mine.key_file;
    start();
    asio::ssl::context context(asio::ssl::context::tls_client);
    asio::ssl::stream<tcp::socket> stream(io, context);
    stream.next_layer().connect(endpoint_of(the_server->local_address()));
    const auto talk = [&]() -> awaitable<std::string> {
        co_await stream.async_handshake(asio::ssl::stream_base::client, asio::use_awaitable);
        const std::string text = "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        co_await asio::async_write(stream, asio::buffer(text), asio::use_awaitable);
        std::string all;
        const auto [failed, size] = co_await asio::async_read(
            stream,
            asio::dynamic_buffer(all),
            asio::transfer_all(),
            as_tuple
        );
        CHECK(failed == asio::error::eof);  // not a truncated stream
        co_return all;
    };
    const std::string all = testing::run_coro(io, [&] { return talk(); });
    CHECK_THAT(all, Catch::StartsWith("HTTP/1.1 200") && Catch::EndsWith("/echo||127.0.0.1"));
}

TEST_CASE_METHOD(
    http_fixture,
    "a certificate that cannot be read keeps the server from listening"
) {
    config.tls.certificate_file = "/nonexistent/cert.pem";
    server one(io.get_executor(), "test", config, router(), nullptr);
    const auto listening = one.listen();
    REQUIRE(listening.has_error());
    CHECK_THAT(listening.error().detail, Catch::Contains("/nonexistent/cert.pem"));
}
