// See redis_canceller.hpp. A stream that is full of orders has a cancel among them or a client that
// floods; the first wish stays.
#include "redis_canceller.hpp"

#include "sluice/messages/live.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

const redis::script append_script(messages::control_append_script);

}  // namespace

awaitable<result<void>> redis_canceller::cancel(submission_id id) {
    domain::control_message m;
    m.kind = domain::control_kind::cancel;
    std::vector<std::string> keys{messages::keys::control_stream(id)};
    // Orders have room of their own behind the bounds of input, which are the websocket service's.
    std::vector<std::string> arguments{
        messages::encode(m),
        "0",
        "order",
        "0",
        "1000000",
        std::to_string(keep_.count()),
        std::string(messages::keys::control_channel),
        id.to_string()};
    const auto done = co_await client_.eval(append_script, std::move(keys), std::move(arguments));
    if (!done) co_return done.error();
    co_return result<void>();
}

}  // namespace sluice::submission
