// What must exist before messages flow; declared on every (re)connection, idempotent. Declaring a
// queue that exists with other arguments fails with errc::refused and the broker's sentence.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace sluice::amqp {

using argument = std::variant<std::string, std::int64_t>;

struct queue_declaration {
    std::string name;
    bool is_durable = true;
    std::map<std::string, argument>
        arguments;  // {"x-queue-type","quorum"}, {"x-delivery-limit",3}, …
};

struct topology {
    std::vector<queue_declaration> queues;  // bound to the default exchange by their names

    // From any list of {name, is_durable, arguments}: the caller's own description of its queues,
    // which this library does not know.
    template <class Specs>
    static topology of(const Specs& specs) {
        topology t;
        for (const auto& spec : specs)
            t.queues.push_back({spec.name, spec.is_durable, spec.arguments});
        return t;
    }
};

}  // namespace sluice::amqp
