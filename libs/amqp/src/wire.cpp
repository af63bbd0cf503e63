// See wire.hpp. All waits here are bounded: connecting and the handshake by connect_timeout, calls
// that wait for their answer by the same, and sending into a full socket by TCP_USER_TIMEOUT.
#include "wire.hpp"

#include "sluice/core/assert.hpp"

#include <amqp_ssl_socket.h>
#include <amqp_tcp_socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <vector>

namespace sluice::amqp {
namespace {

timeval to_timeval(std::chrono::milliseconds d) {
    return {.tv_sec = d.count() / 1000, .tv_usec = (d.count() % 1000) * 1000};
}

amqp_table_entry_t text_entry(std::string_view key, std::string_view value) {
    amqp_table_entry_t e{};
    e.key = to_bytes(key);
    e.value.kind = AMQP_FIELD_KIND_UTF8;
    e.value.value.bytes = to_bytes(value);
    return e;
}

amqp_table_entry_t integer_entry(std::string_view key, std::int64_t value) {
    amqp_table_entry_t e{};
    e.key = to_bytes(key);
    e.value.kind = AMQP_FIELD_KIND_I64;
    e.value.value.i64 = value;
    return e;
}

amqp_table_entry_t flag_entry(std::string_view key) {
    amqp_table_entry_t e{};
    e.key = to_bytes(key);
    e.value.kind = AMQP_FIELD_KIND_BOOLEAN;
    e.value.value.boolean = 1;
    return e;
}

amqp_table_t to_table(std::vector<amqp_table_entry_t>& entries) {
    return {static_cast<int>(entries.size()), entries.data()};
}

// Integers of any width as a number; nullopt for other kinds.
bool read_integer(const amqp_field_value_t& v, std::int64_t& out) {
    switch (v.kind) {
        case AMQP_FIELD_KIND_I8:
            out = v.value.i8;
            return true;
        case AMQP_FIELD_KIND_U8:
            out = v.value.u8;
            return true;
        case AMQP_FIELD_KIND_I16:
            out = v.value.i16;
            return true;
        case AMQP_FIELD_KIND_U16:
            out = v.value.u16;
            return true;
        case AMQP_FIELD_KIND_I32:
            out = v.value.i32;
            return true;
        case AMQP_FIELD_KIND_U32:
            out = v.value.u32;
            return true;
        case AMQP_FIELD_KIND_I64:
            out = v.value.i64;
            return true;
        case AMQP_FIELD_KIND_U64:
            out = static_cast<std::int64_t>(v.value.u64);
            return true;
        case AMQP_FIELD_KIND_BOOLEAN:
            out = v.value.boolean;
            return true;
        default:
            return false;
    }
}

error server_error(const amqp_rpc_reply_t& r) {
    if (r.reply.id == AMQP_CHANNEL_CLOSE_METHOD) {
        const auto* closed = static_cast<const amqp_channel_close_t*>(r.reply.decoded);
        return fail(errc::refused, to_string(closed->reply_text));
    }
    if (r.reply.id == AMQP_CONNECTION_CLOSE_METHOD) {
        const auto* closed = static_cast<const amqp_connection_close_t*>(r.reply.decoded);
        return fail(errc::unavailable, to_string(closed->reply_text));
    }
    return fail(errc::unavailable, "unexpected answer of the broker");
}

}  // namespace

amqp_bytes_t to_bytes(std::string_view text) {
    // librabbitmq does not write through it.
    return {text.size(), const_cast<char*>(text.data())};
}

std::string to_string(amqp_bytes_t bytes) {
    return bytes.len == 0 ? std::string()
                          : std::string(static_cast<const char*>(bytes.bytes), bytes.len);
}

message to_message(const amqp_basic_properties_t& p, std::int64_t* delivery_count) {
    message m;
    const auto has = [&](amqp_flags_t flag) { return (p._flags & flag) != 0; };
    if (has(AMQP_BASIC_CONTENT_TYPE_FLAG)) m.content_type = to_string(p.content_type);
    if (has(AMQP_BASIC_MESSAGE_ID_FLAG)) m.message_id = to_string(p.message_id);
    if (has(AMQP_BASIC_CORRELATION_ID_FLAG)) m.correlation_id = to_string(p.correlation_id);
    m.is_persistent = has(AMQP_BASIC_DELIVERY_MODE_FLAG) && p.delivery_mode == 2;
    if (!has(AMQP_BASIC_HEADERS_FLAG)) return m;
    for (int i = 0; i < p.headers.num_entries; ++i) {
        const auto& entry = p.headers.entries[i];
        const std::string key = to_string(entry.key);
        std::int64_t number = 0;
        if (entry.value.kind == AMQP_FIELD_KIND_UTF8 || entry.value.kind == AMQP_FIELD_KIND_BYTES) {
            m.headers[key] = to_string(entry.value.value.bytes);
        } else if (read_integer(entry.value, number)) {
            m.headers[key] = std::to_string(number);
            if (key == "x-delivery-count" && delivery_count) *delivery_count = number;
        }
    }
    return m;
}

wire::~wire() {
    if (state_) amqp_destroy_connection(state_);
}

result<void> wire::check(int status, const char* what) {
    if (status == AMQP_STATUS_OK) return {};
    return fail(errc::unavailable, std::string(what) + ": " + amqp_error_string2(status));
}

result<void> wire::check_reply() {
    const amqp_rpc_reply_t r = amqp_get_rpc_reply(state_);
    switch (r.reply_type) {
        case AMQP_RESPONSE_NORMAL:
            return {};
        case AMQP_RESPONSE_SERVER_EXCEPTION:
            return server_error(r);
        default:
            return check(r.library_error, "RabbitMQ");
    }
}

result<void> wire::connect(const std::string& name, const config& c) {
    std::string url = c.url.value;  // parsed in place
    amqp_connection_info to{};
    if (amqp_parse_url(url.data(), &to) != AMQP_STATUS_OK) {
        return fail(errc::invalid, "amqp url: amqp[s]://user:password@host:port/vhost");
    }
    address_ = std::string(to.host) + ":" + std::to_string(to.port);
    state_ = amqp_new_connection();
    SLUICE_ASSERT(state_ != nullptr);
    SLUICE_TRY(open_socket(to, c));
    return log_in(to, name, c);
}

result<void> wire::open_socket(const amqp_connection_info& to, const config& c) {
    amqp_socket_t* socket = to.ssl ? amqp_ssl_socket_new(state_) : amqp_tcp_socket_new(state_);
    SLUICE_ASSERT(socket != nullptr);
    if (to.ssl) {
        amqp_ssl_socket_set_verify_peer(socket, 1);
        amqp_ssl_socket_set_verify_hostname(socket, 1);
        amqp_ssl_socket_set_ssl_versions(socket, AMQP_TLSv1_2, AMQP_TLSvLATEST);
        if (c.ca_file.empty()) {
            auto* context = static_cast<SSL_CTX*>(amqp_ssl_socket_get_context(socket));
            SSL_CTX_set_default_verify_paths(context);
        } else if (amqp_ssl_socket_set_cacert(socket, c.ca_file.c_str()) != AMQP_STATUS_OK) {
            return fail(errc::invalid, "cannot read ca_file " + c.ca_file);
        }
        if (!c.client_certificate_file.empty() && amqp_ssl_socket_set_key(
                                                      socket,
                                                      c.client_certificate_file.c_str(),
                                                      c.client_key_file.c_str()
                                                  ) != AMQP_STATUS_OK) {
            return fail(errc::invalid, "cannot read " + c.client_certificate_file + " or its key");
        }
    }
    timeval limit = to_timeval(c.connect_timeout);
    SLUICE_TRY(check(amqp_socket_open_noblock(socket, to.host, to.port, &limit), address_.c_str()));
    fd_ = amqp_get_sockfd(state_);
    const int on = 1;
    const auto silence = static_cast<unsigned int>(2 * c.heartbeat.count());
    (void)::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)::setsockopt(fd_, IPPROTO_TCP, TCP_USER_TIMEOUT, &silence, sizeof silence);
    return {};
}

result<void>
wire::log_in(const amqp_connection_info& to, const std::string& name, const config& c) {
    timeval limit = to_timeval(c.connect_timeout);
    amqp_set_handshake_timeout(state_, &limit);
    amqp_set_rpc_timeout(state_, &limit);
    // consumer_cancel_notify: hear of a deleted queue. connection.blocked: hear of memory and disk
    // alarms.
    std::vector<amqp_table_entry_t> capabilities{
        flag_entry("consumer_cancel_notify"),
        flag_entry("connection.blocked"),
        flag_entry("publisher_confirms"),
        flag_entry("basic.nack")};
    amqp_table_entry_t nested{};
    nested.key = to_bytes("capabilities");
    nested.value.kind = AMQP_FIELD_KIND_TABLE;
    nested.value.value.table = to_table(capabilities);
    std::vector<amqp_table_entry_t> properties{nested, text_entry("connection_name", name)};
    const amqp_table_t table = to_table(properties);
    const int heartbeat = static_cast<int>(std::max<std::int64_t>(1, c.heartbeat.count() / 1000));
    const std::string vhost = *to.vhost ? to.vhost : "/";  // "…:5672/" means the default one
    const amqp_rpc_reply_t r = amqp_login_with_properties(
        state_,
        vhost.c_str(),
        0,
        AMQP_DEFAULT_FRAME_SIZE,
        heartbeat,
        &table,
        AMQP_SASL_METHOD_PLAIN,
        to.user,
        to.password
    );
    is_open_ = r.reply_type == AMQP_RESPONSE_NORMAL;
    if (is_open_) return {};
    if (r.reply_type == AMQP_RESPONSE_SERVER_EXCEPTION) {
        // Not errc::refused: a user may be about to be created, so it is tried again.
        return fail(errc::unavailable, "login: " + server_error(r).detail);
    }
    return check(r.library_error, "login");
}

result<void> wire::open_channel(amqp_channel_t channel) {
    amqp_channel_open(state_, channel);
    return check_reply();
}

result<void> wire::declare(amqp_channel_t channel, const topology& t) {
    for (const auto& q : t.queues) {
        std::vector<amqp_table_entry_t> arguments;
        for (const auto& [key, value] : q.arguments) {
            if (const auto* number = std::get_if<std::int64_t>(&value)) {
                arguments.push_back(integer_entry(key, *number));
            } else {
                arguments.push_back(text_entry(key, std::get<std::string>(value)));
            }
        }
        amqp_queue_declare(
            state_,
            channel,
            to_bytes(q.name),
            0,
            q.is_durable,
            0,
            0,
            to_table(arguments)
        );
        if (auto declared = check_reply(); !declared) {
            error e = declared.error();
            e.detail = "queue " + q.name + ": " + e.detail;
            return e;
        }
    }
    return {};
}

result<void> wire::publish(
    amqp_channel_t channel,
    const std::string& queue,
    const message& m,
    bool is_mandatory
) {
    std::vector<amqp_table_entry_t> headers;
    for (const auto& [key, value] : m.headers)
        headers.push_back(text_entry(key, value));
    amqp_basic_properties_t p{};
    const auto set = [&](amqp_flags_t flag, amqp_bytes_t& field, const std::string& value) {
        if (value.empty()) return;
        p._flags |= flag;
        field = to_bytes(value);
    };
    const std::string expiration = m.expiration_ms > 0 ? std::to_string(m.expiration_ms) : "";
    set(AMQP_BASIC_CONTENT_TYPE_FLAG, p.content_type, m.content_type);
    set(AMQP_BASIC_MESSAGE_ID_FLAG, p.message_id, m.message_id);
    set(AMQP_BASIC_CORRELATION_ID_FLAG, p.correlation_id, m.correlation_id);
    set(AMQP_BASIC_EXPIRATION_FLAG, p.expiration, expiration);
    p._flags |= AMQP_BASIC_DELIVERY_MODE_FLAG;
    p.delivery_mode = m.is_persistent ? 2 : 1;
    if (!headers.empty()) {
        p._flags |= AMQP_BASIC_HEADERS_FLAG;
        p.headers = to_table(headers);
    }
    const int status = amqp_basic_publish(
        state_,
        channel,
        amqp_empty_bytes,
        to_bytes(queue),
        is_mandatory,
        0,
        &p,
        to_bytes(m.body)
    );
    return check(status, "publish");
}

result<void> wire::send_method(amqp_channel_t channel, amqp_method_number_t id, void* decoded) {
    return check(amqp_send_method(state_, channel, id, decoded), "send");
}

result<bool> wire::next_frame(amqp_frame_t& frame) {
    timeval none{};
    amqp_maybe_release_buffers(state_);
    const int status = amqp_simple_wait_frame_noblock(state_, &frame, &none);
    if (status == AMQP_STATUS_OK) return true;
    if (status == AMQP_STATUS_TIMEOUT) return false;
    return check(status, "read").error();
}

void wire::close() {
    if (!is_open_) return;
    is_open_ = false;
    timeval limit{.tv_sec = 1, .tv_usec = 0};
    amqp_set_rpc_timeout(state_, &limit);
    amqp_connection_close(state_, AMQP_REPLY_SUCCESS);
}

cork::cork(int fd, bool is_wanted) : fd_(is_wanted ? fd : -1) {
    const int on = 1;
    if (fd_ >= 0) (void)::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &on, sizeof on);
}

cork::~cork() {
    const int off = 0;
    if (fd_ >= 0) (void)::setsockopt(fd_, IPPROTO_TCP, TCP_CORK, &off, sizeof off);
}

}  // namespace sluice::amqp
