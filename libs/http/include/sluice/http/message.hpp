// HTTP messages as our code sees them: no Beast in sight. Header names compare without case.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/observe/context.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sluice::http {

enum class verb { get, head, post, put, patch, delete_, options };
std::string_view to_string(verb v);
std::optional<verb> parse_verb(std::string_view text);

class header_list {
public:
    void set(std::string name, std::string value);  // replaces
    void add(std::string name, std::string value);
    std::string_view get(std::string_view name) const;  // the first; empty when absent
    bool contains(std::string_view name) const;
    const std::vector<std::pair<std::string, std::string>>& all() const { return items_; }

private:
    std::vector<std::pair<std::string, std::string>> items_;
};

// What a caller's token must have been made for. `automatic`: read for GET and HEAD, admin where
// only administrators may call, submit for the rest.
enum class scope { automatic, read, submit, admin, account };
std::string_view to_string(scope s);

// The body of a request while it comes, for routes that take it piece by piece. One read at a time;
// it ends with the handler.
class body_reader {
public:
    virtual ~body_reader() = default;
    // What Content-Length says; nullopt: sent in chunks.
    virtual std::optional<std::uint64_t> size() const = 0;
    // The next bytes; empty: that was all. errc::timeout: they came too slowly; errc::overloaded:
    // above the route's limit; errc::invalid: malformed; errc::cancelled: the client has gone.
    virtual awaitable<result<std::string>> read() = 0;
};

struct request {
    verb method = verb::get;
    std::string target;                         // as received
    std::string path;                           // percent-decoded, no query
    std::map<std::string, std::string> query;   // decoded; the last of equal names wins
    std::map<std::string, std::string> params;  // from the route pattern: {"id": "…"}
    header_list headers;
    std::string body;
    body_reader* body_stream = nullptr;  // of a route with a streamed body, instead of `body`
    std::string client_address;          // behind a trusted proxy: from X-Forwarded-For
    scope needs = scope::automatic;      // of the route; set before the authenticator is asked
    // Set by the authenticator, empty for public routes.
    std::string user_id;
    std::string session_id;  // when the token is a session's
    std::string key_id;      // when it is an API key
    bool is_admin = false;
    header_list answer_headers;  // go with the answer, whatever it is, unless it has them already
    observe::context ctx;
};

// Where an answer's body goes while it is made. One write at a time.
class body_writer {
public:
    virtual ~body_writer() = default;
    // Once the bytes are handed over; false: the client has gone, or takes none of them in time.
    virtual awaitable<bool> write(std::string bytes) = 0;
};

// Makes a body; false: it could not be finished, which the client sees by the connection's end. It
// is cancelled when the client goes.
using streamed_body = std::function<awaitable<bool>(body_writer&)>;

struct response {
    unsigned status = 200;
    header_list headers;
    std::string body;
    bool close_connection = false;
    streamed_body stream = {};  // instead of `body`
};

response json_response(unsigned status, std::string json);

}  // namespace sluice::http
