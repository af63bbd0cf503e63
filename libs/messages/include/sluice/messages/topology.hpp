// Names and arguments of queues, Redis keys and channels: written here once, used by every service,
// and printed into deployments/rabbitmq/definitions.json (a test compares).
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/core/ids.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::messages {

// Queue names can be set in the configuration (section rabbitmq), these are the defaults.
struct queue_names {
    std::string submission_queue = "submission_queue";
    std::string execution_queue = "execution_queue";
    std::string progress_queue = "progress_queue";
    std::string submission_dead = "submission_dead";
    std::string execution_dead = "execution_dead";
};
void describe(config_visitor& v, queue_names& q);

inline constexpr std::int64_t delivery_limit = 3;  // redeliveries before submission_dead
// A result is returned to the queue whenever notification restarts or loses the broker, which says
// nothing against the result; a poisonous one is refused at once and needs no counting.
inline constexpr std::int64_t result_delivery_limit = 50;
inline constexpr std::int64_t queue_max_length = 100'000;
inline constexpr std::int64_t queue_max_bytes = std::int64_t{4} << 30;
inline constexpr std::int64_t progress_max_length = 10'000;
inline constexpr std::int64_t progress_max_bytes = std::int64_t{256} << 20;

struct queue_spec {
    std::string name;
    bool is_durable = true;
    std::map<std::string, std::variant<std::string, std::int64_t>> arguments;
};
// All five. Durable quorum queues with delivery limit and at-least-once dead-lettering (x-overflow
// reject-publish) for submission and execution; quorum dead-letter queues; progress: classic,
// transient, max-length, drop-head.
std::vector<queue_spec> all_queues(const queue_names& names);
std::vector<queue_spec> queues_of(const queue_names& names, const std::vector<std::string>& wanted);

// The broker's users, one for each service that speaks to it: the queues that the service declares,
// and its permissions as RabbitMQ's regular expressions (deployments/rabbitmq/README.md has the
// why).
struct broker_user {
    std::string name;
    std::vector<std::string> declares;
    std::string configure, write, read;
};
std::vector<broker_user> broker_users(const queue_names& names);

// Redis (the key rights of each service's ACL user follow these prefixes; docs/operations.md).
namespace keys {
std::string user_sessions(const user_id& u
);  // sluice:sessions:<user>   zset "<node>/<session>" → expiry, unix ms
std::string user_events(const user_id& u);  // sluice:events:<user>     stream, field "frame"
std::string submission_state(const submission_id& s
);  // sluice:state:<id>        hash status, event id per type
std::string finished_channel(const submission_id& s
);  // sluice:finished:<id>     pub/sub, payload: status
std::string node_channel(std::string_view node
);  // sluice:node:<node>       pub/sub, payload: routed_event
std::string ticket(std::string_view ticket
);  // sluice:ticket:<sha256>   ticket_entry, 60 s, single use
// sluice:token:<sha256 of it, hex>: a session or an API key, or that it was revoked (tokens.hpp).
std::string token(std::string_view sha256);
std::string account_attempts(std::string_view login_sha256
);  // sluice:attempts:account:<sha256>, a count
std::string address_attempts(std::string_view address);  // sluice:attempts:address:<address>
// The instances of a service ("execution"): who lives, what administrators want of them.
std::string instance_index(std::string_view service
);  // sluice:instances:<service>      zset instance id → expiry, unix ms
std::string instance(
    std::string_view service,
    std::string_view id
);  // sluice:instance:<service>:<id>  JSON report, expires
std::string admin_commands(std::string_view service
);  // sluice:commands:<service>  stream, field "m"; pub/sub channel of the same name wakes
std::string admin_answers(std::string_view service);  // sluice:answers:<service>   pub/sub
std::string admin_settings(std::string_view service
);  // sluice:settings:<service>  JSON: values that go over the configuration
// sluice:cache:<key, hex>: an encoded result that answers others like it; sluice:cache:index has
// all of them, zset hex → expiry, unix ms.
std::string cached_result(std::string_view digest);
inline constexpr std::string_view cache_index = "sluice:cache:index";
// sluice:history:text:<user>, what was made of a user's history, and sluice:history:changes:<user>,
// how often it has changed.
std::string history_text(const user_id& u);
std::string history_changes(const user_id& u);
std::string control_stream(const submission_id& s
);  // sluice:control:<id>      stream, field "m": Control
inline constexpr std::string_view control_channel =
    "sluice:control:wake";  // pub/sub, payload: the submission's id; every worker listens
std::string output_stream(const submission_id& s
);  // sluice:output:<id>       stream, field "m": Output; pub/sub channel of the same name
std::string attached(const submission_id& s
);  // sluice:attached:<id>     zset "<node>/<session>" → expiry, unix ms: who watches
// What a user has in flight (flight.hpp): all of it, what stands in the queue or runs, the sizes
// and keys of it.
std::string flight_all(const user_id& u);  // sluice:flight:all:<user>  zset id → expiry, unix ms
std::string flight_standing(const user_id& u);  // sluice:flight:standing:<user>  the same
std::string flight_facts(const user_id& u);     // sluice:flight:facts:<user>  hash
inline constexpr std::string_view flight_users =
    "sluice:flight:users";  // zset user → when something was accepted last, unix ms
inline constexpr std::string_view flight_known =
    "sluice:flight:known";  // set while nothing of the above was lost
inline constexpr std::string_view flight_keeper =
    "sluice:flight:keeper";  // who compares it just now
inline constexpr std::string_view flight_channel =
    "sluice:flight:ended";  // pub/sub, payload: a user of whom something waits
std::string request_rate(std::string_view whose);  // sluice:rate:<whose>  hash: a token bucket
}  // namespace keys

}  // namespace sluice::messages
