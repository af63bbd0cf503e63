// Where requests are counted, as the two fronts (HTTP and gRPC) see it.
#pragma once

#include "limits.hpp"

#include "sluice/runtime/asio_fwd.hpp"

namespace sluice::submission {

struct request_verdict {
    std::optional<rejection> refused;
    std::vector<std::pair<std::string, std::string>> headers;  // none: no limit
};

class request_gate {
public:
    virtual ~request_gate() = default;
    // Counts one request.
    virtual awaitable<request_verdict> request(quota_subject who) = 0;
};

}  // namespace sluice::submission
