// Beast's parser, filling our request directly instead of a header container that would be copied.
#pragma once

#include "sluice/http/message.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>

#include <optional>

namespace sluice::http {

class message_parser final : public boost::beast::http::basic_parser<true> {
public:
    message_parser(request& target, std::size_t header_bytes) : request_(target) {
        header_limit(static_cast<std::uint32_t>(header_bytes));
        body_limit(boost::none);  // set when the route is known
        eager(false);
    }

    const std::string& method_text() const { return method_text_; }
    bool is_http_1_0() const { return version_ < 11; }
    bool expects_continue() const { return expects_continue_; }
    int host_count() const { return hosts_; }
    // Whether bytes follow the header.
    bool has_body() {
        if (chunked()) return true;
        const auto length = content_length();
        return length && *length > 0;
    }
    // The handler takes the body piece by piece: no room is made for the whole.
    void stream_body() { is_streamed_ = true; }
    // From here on the body's bytes are read but not kept.
    void discard_body() { discards_ = true; }

private:
    using error_code = boost::beast::error_code;
    using string_view = boost::beast::string_view;

    void on_request_impl(
        boost::beast::http::verb,
        string_view method,
        string_view target,
        int version,
        error_code& failed
    ) override {
        failed = {};
        version_ = version;
        method_text_.assign(method.data(), method.size());
        request_.target.assign(target.data(), target.size());
    }
    void on_response_impl(int, string_view, int, error_code& failed) override {
        failed = boost::beast::http::error::bad_version;  // a server gets no answers
    }
    void on_field_impl(
        boost::beast::http::field known,
        string_view name,
        string_view value,
        error_code& failed
    ) override {
        failed = {};
        if (known == boost::beast::http::field::host) ++hosts_;
        if (known == boost::beast::http::field::expect) {
            expects_continue_ = boost::beast::iequals(value, "100-continue");
        }
        request_.headers.add(
            std::string(name.data(), name.size()),
            std::string(value.data(), value.size())
        );
    }
    void on_header_impl(error_code& failed) override { failed = {}; }
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code& failed)
        override {
        failed = {};
        if (!length || discards_ || is_streamed_) return;
        request_.body.reserve(static_cast<std::size_t>(*length));
    }
    std::size_t on_body_impl(string_view bytes, error_code& failed) override {
        failed = {};
        if (!discards_) request_.body.append(bytes.data(), bytes.size());
        return bytes.size();
    }
    void on_chunk_header_impl(std::uint64_t, string_view, error_code& failed) override {
        failed = {};
    }
    std::size_t on_chunk_body_impl(std::uint64_t, string_view bytes, error_code& failed) override {
        return on_body_impl(bytes, failed);
    }
    void on_finish_impl(error_code& failed) override { failed = {}; }

    request& request_;
    std::string method_text_;
    bool expects_continue_ = false;
    bool discards_ = false;
    bool is_streamed_ = false;
    int version_ = 11;
    int hosts_ = 0;
};

}  // namespace sluice::http
