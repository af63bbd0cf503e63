// One connection for commands, pipelined: concurrent callers share it and answers match calls in
// order. Fails fast while disconnected; reconnects with backoff. hiredis formats and parses, Asio
// moves the bytes.
#pragma once

#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/redis/config.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace sluice::redis {

// An answer, copied out of hiredis. An error answer of the server is a result error
// (errc::refused), not a reply.
struct reply {
    enum class kind { nil, text, integer, array };
    kind type = kind::nil;
    std::string text;
    std::int64_t integer = 0;
    std::vector<reply> items;
    bool is_nil() const { return type == kind::nil; }
};

// A Lua script, sent by EVALSHA; loaded again when the server forgot it (NOSCRIPT). Construct once,
// at namespace scope.
class script {
public:
    explicit script(std::string source);
    const std::string& source() const { return source_; }
    const std::string& sha1() const { return sha1_; }

private:
    std::string source_;
    std::string sha1_;
};

class client {
public:
    client(asio::any_io_executor executor, std::string name, config c);
    ~client();

    awaitable<result<void>> connect(deadline until);
    bool is_connected() const;

    // {"SET", key, value, "EX", "60"}. Arguments are binary-safe. errc::unavailable when
    // disconnected or when the connection broke (the command may have run); errc::timeout after the
    // configured command_timeout; errc::refused with the server's error text (errc::unavailable for
    // LOADING and its like); errc::overloaded when too many wait.
    awaitable<result<reply>> command(std::vector<std::string> arguments);
    awaitable<result<reply>>
    eval(const script& s, std::vector<std::string> keys, std::vector<std::string> arguments);
    // Many commands in one write; one result for each, in order.
    awaitable<std::vector<result<reply>>> pipeline(std::vector<std::vector<std::string>> commands);

    awaitable<void> close();

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace sluice::redis
