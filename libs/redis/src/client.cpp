// The public face of the command connection; client_core.cpp does the work.
#include "sluice/redis/client.hpp"

#include "client_core.hpp"

#include "sluice/core/digest.hpp"

#include <openssl/evp.h>

#include <array>

namespace sluice::redis {

script::script(std::string source) : source_(std::move(source)) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned int size = 0;
    EVP_Digest(source_.data(), source_.size(), digest.data(), &size, EVP_sha1(), nullptr);
    sha1_ = to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

struct client::impl : client_core {
    using client_core::client_core;
};

client::client(asio::any_io_executor executor, std::string name, config c)
    : impl_(std::make_shared<impl>(std::move(executor), std::move(name), std::move(c))) {}

client::~client() {
    impl_->abandon();
}

awaitable<result<void>> client::connect(deadline until) {
    return impl_->connect(until);
}

bool client::is_connected() const {
    return impl_->is_connected();
}

awaitable<result<reply>> client::command(std::vector<std::string> arguments) {
    auto core = impl_;
    std::vector<std::vector<std::string>> one;
    one.push_back(std::move(arguments));
    auto answers = co_await core->run(std::move(one));
    co_return std::move(answers.front());
}

awaitable<result<reply>>
client::eval(const script& s, std::vector<std::string> keys, std::vector<std::string> arguments) {
    auto core = impl_;
    std::vector<std::string> words{"EVALSHA", s.sha1(), std::to_string(keys.size())};
    for (auto& k : keys)
        words.push_back(std::move(k));
    for (auto& a : arguments)
        words.push_back(std::move(a));
    std::vector<std::vector<std::string>> by_hash{words};
    auto answers = co_await core->run(std::move(by_hash));
    const auto& first = answers.front();
    if (first || !first.error().detail.starts_with("NOSCRIPT")) {
        co_return std::move(answers.front());
    }
    // A restarted server has forgotten it; EVAL runs it and makes it known again.
    words[0] = "EVAL";
    words[1] = s.source();
    std::vector<std::vector<std::string>> by_source;
    by_source.push_back(std::move(words));
    answers = co_await core->run(std::move(by_source));
    co_return std::move(answers.front());
}

awaitable<std::vector<result<reply>>> client::pipeline(
    std::vector<std::vector<std::string>> commands
) {
    return impl_->run(std::move(commands));
}

awaitable<void> client::close() {
    return impl_->close();
}

}  // namespace sluice::redis
