// amqps: the broker's certificate must be signed by the configured authority and name the host. A
// relay that ends TLS stands before the broker, with a certificate made on the spot.
#include "support.hpp"

#include "sluice/runtime/gate.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/write.hpp>

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <filesystem>
#include <fstream>

namespace sluice::amqp {
namespace {

using asio::ip::tcp;

struct identity {
    std::string certificate;
    std::string key;
};

std::string drain(BIO* bio) {
    char* data = nullptr;
    const long size = BIO_get_mem_data(bio, &data);
    std::string text(data, static_cast<std::size_t>(size));
    BIO_free(bio);
    return text;
}

// A certificate that signs itself, for one DNS name.
identity make_identity(const std::string& host) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        EVP_EC_gen("P-256"),
        EVP_PKEY_free
    );
    const std::unique_ptr<X509, decltype(&X509_free)> x(X509_new(), X509_free);
    X509_set_version(x.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(x.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(x.get()), 3600);
    X509_set_pubkey(x.get(), key.get());
    X509_NAME* name = X509_get_subject_name(x.get());
    const auto* text = reinterpret_cast<const unsigned char*>(host.c_str());
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, text, -1, -1, 0);
    X509_set_issuer_name(x.get(), name);
    X509_EXTENSION* san =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, ("DNS:" + host).c_str());
    X509_add_ext(x.get(), san, -1);
    X509_EXTENSION_free(san);
    X509_sign(x.get(), key.get(), EVP_sha256());
    BIO* certificate = BIO_new(BIO_s_mem());
    BIO* secret = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(certificate, x.get());
    PEM_write_bio_PrivateKey(secret, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {drain(certificate), drain(secret)};
}

class certificate_file {
public:
    explicit certificate_file(const identity& i)
        : path_(
              std::filesystem::temp_directory_path() / ("sluice-" + uuid::random_v4().to_string())
          ) {
        std::ofstream(path_) << i.certificate;
    }
    ~certificate_file() { std::filesystem::remove(path_); }
    certificate_file(const certificate_file&) = delete;
    certificate_file& operator=(const certificate_file&) = delete;
    std::string path() const { return path_.string(); }

private:
    std::filesystem::path path_;
};

class tls_relay {
public:
    tls_relay(asio::io_context& io, const identity& i, int upstream_port)
        : context_(asio::ssl::context::tls_server)
        , upstream_(asio::ip::address_v4::loopback(), static_cast<unsigned short>(upstream_port))
        , acceptor_(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0))
        , children_(io.get_executor(), [](const std::string&, std::exception_ptr) {}) {
        context_.use_certificate(asio::buffer(i.certificate), asio::ssl::context::pem);
        context_.use_private_key(asio::buffer(i.key), asio::ssl::context::pem);
        children_.spawn("accept", accept());
    }
    int port() const { return acceptor_.local_endpoint().port(); }
    awaitable<void> close() {
        acceptor_.close();
        co_await children_.close(std::chrono::milliseconds(0));
    }

private:
    using client_ptr = std::shared_ptr<asio::ssl::stream<tcp::socket>>;
    using broker_ptr = std::shared_ptr<tcp::socket>;

    awaitable<void> accept() {
        for (;;) {
            auto socket = co_await acceptor_.async_accept(asio::use_awaitable);
            auto client =
                std::make_shared<asio::ssl::stream<tcp::socket>>(std::move(socket), context_);
            children_.spawn("serve", serve(client));
        }
    }
    awaitable<void> serve(client_ptr client) {
        co_await client->async_handshake(asio::ssl::stream_base::server, asio::use_awaitable);
        auto broker = std::make_shared<tcp::socket>(client->get_executor());
        co_await broker->async_connect(upstream_, asio::use_awaitable);
        children_.spawn("up", pump(client, broker));
        children_.spawn("down", pump(broker, client));
    }
    template <class From, class To>
    awaitable<void> pump(From from, To to) {
        std::array<char, 16384> buffer;
        for (;;) {
            auto [ec, size] = co_await from->async_read_some(
                asio::buffer(buffer),
                asio::as_tuple(asio::use_awaitable)
            );
            boost::system::error_code ignored;
            if (ec) {
                to->lowest_layer().shutdown(tcp::socket::shutdown_both, ignored);
                co_return;
            }
            co_await asio::async_write(*to, asio::buffer(buffer, size), asio::use_awaitable);
        }
    }

    asio::ssl::context context_;
    tcp::endpoint upstream_;
    tcp::acceptor acceptor_;
    runtime::gate children_;
};

// Connects through the relay and publishes one message.
result<void>
publish_over_tls(const identity& shown, const identity& trusted, const std::string& host) {
    asio::io_context io;
    tls_relay between(io, shown, server().port());
    const certificate_file ca(trusted);
    config c;
    c.url.value = "amqps://guest:guest@" + host + ":" + std::to_string(between.port()) + "/";
    c.ca_file = ca.path();
    const std::string queue = fresh_name();
    topology t;
    t.queues.push_back(quorum_queue(queue));
    publisher p(io.get_executor(), "test-tls", c, t);
    result<void> outcome;
    const auto whole = [&]() -> awaitable<void> {
        outcome = co_await p.connect(deadline::in(std::chrono::seconds(3)));
        const std::string large(300'000, 'x');
        if (outcome) outcome = co_await p.publish(queue, text(large), soon());
        co_await p.close();
        co_await between.close();
    };
    testing::run_coro(io, whole, std::chrono::seconds(40));
    return outcome;
}

TEST_CASE("a broker with a certificate of the trusted authority is spoken to over TLS") {
    const auto mine = make_identity("localhost");
    need(publish_over_tls(mine, mine, "localhost"));
}

TEST_CASE("a certificate of another authority is not trusted") {
    const auto outcome =
        publish_over_tls(make_identity("localhost"), make_identity("localhost"), "localhost");
    REQUIRE(outcome.has_error());
    CHECK(outcome.error() == errc::unavailable);
}

TEST_CASE("a certificate for another host is not trusted") {
    const auto mine = make_identity("elsewhere");
    const auto outcome = publish_over_tls(mine, mine, "localhost");
    REQUIRE(outcome.has_error());
    CHECK(outcome.error() == errc::unavailable);
}

}  // namespace
}  // namespace sluice::amqp
