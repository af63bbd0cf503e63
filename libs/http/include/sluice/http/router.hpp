// THE route table of a service is an array of route<App>; the router, 404 and 405, metric labels
// and OpenAPI all come from it. Patterns: literal segments and {name} for exactly one non-empty
// segment.
#pragma once

#include "sluice/http/message.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::http {

enum class access { open, user, admin };

// Streamed: the handler is called before the body is there, and reads it (request.body_stream).
enum class body_form { whole, streamed };

template <class App>
struct route {
    verb method;
    std::string_view pattern;
    awaitable<response> (*handler)(App&, request);
    std::string_view summary;
    access who = access::user;
    std::size_t body_limit = 0;  // bytes; 0: no body allowed
    scope need = scope::automatic;
    body_form body = body_form::whole;
};

// What `automatic` means for a route.
constexpr scope needed_scope(verb method, access who, scope need) {
    if (need != scope::automatic) return need;
    if (who == access::admin) return scope::admin;
    return method == verb::get || method == verb::head ? scope::read : scope::submit;
}

// The router's own, type-erased form.
struct bound_route {
    verb method;
    std::string pattern;
    std::function<awaitable<response>(request)> handler;
    std::string summary;
    access who;
    std::size_t body_limit;
    scope need = scope::automatic;
    body_form body = body_form::whole;
};

struct match_result {
    const bound_route* route = nullptr;  // nullptr: see path_known
    bool path_known = false;             // true without route: 405
    std::string allow;                   // for 405: "GET, POST"
    std::map<std::string, std::string> params;
};

class router {
public:
    template <class App>
    static router bind(std::span<const route<App>> table, App& app) {
        router r;
        for (const route<App>& row : table) {
            auto call = [&app, handler = row.handler](request q) {
                return handler(app, std::move(q));
            };
            r.add(bound_route{
                row.method,
                std::string(row.pattern),
                std::move(call),
                std::string(row.summary),
                row.who,
                row.body_limit,
                row.need,
                row.body});
        }
        return r;
    }
    void add(bound_route row);  // an automatic scope becomes the one that it means
    // HEAD matches a GET route when none of its own exists.
    match_result match(verb method, std::string_view path) const;
    const std::vector<bound_route>& routes() const { return routes_; }

private:
    std::vector<bound_route> routes_;
};

// Decodes %XX and splits the query ("+" is a space there). False for malformed escapes or NUL.
bool parse_target(
    std::string_view target,
    std::string& path,
    std::map<std::string, std::string>& query
);

}  // namespace sluice::http
