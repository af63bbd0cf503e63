// What ties a log line to a request and a submission. Passed by value, first parameter; never
// thread_local (two coroutines of one thread would log with each other's ids: house.md, C3).
#pragma once

#include <string>

namespace sluice::observe {

struct context {
    std::string correlation_id;  // empty when not yet known
    std::string submission_id;
    std::string traceparent;  // W3C Trace Context, as received or made at the edge
    std::string user_id;
    int attempt = 0;  // 0: not a redelivered task
};

// A fresh traceparent ("00-<32 hex>-<16 hex>-01"); `is_valid_traceparent` checks one from outside.
std::string make_traceparent();
bool is_valid_traceparent(const std::string& text);

}  // namespace sluice::observe
