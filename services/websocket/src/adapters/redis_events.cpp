// See redis_events.hpp.
#include "redis_events.hpp"

#include "sluice/messages/json.hpp"
#include "sluice/messages/topology.hpp"

namespace sluice::websocket {

awaitable<result<std::vector<stored_event>>>
redis_events::read(sluice::user_id user, stream_id after, std::int64_t count) {
    std::vector<std::string> command{
        "XRANGE",
        messages::keys::user_events(user),
        "(" + after.to_string(),
        "+",
        "COUNT",
        std::to_string(count),
    };
    auto answer = co_await client_.command(std::move(command));
    if (!answer) co_return answer.error();
    std::vector<stored_event> out;
    for (const redis::reply& entry : answer->items) {
        // [id, [name, value, …]]
        if (entry.items.size() != 2) co_return fail(errc::io, "XRANGE: an entry of another shape");
        const auto id = stream_id::parse(entry.items[0].text);
        if (!id) co_return fail(errc::io, "XRANGE: an id of another shape");
        const auto& fields = entry.items[1].items;
        stored_event e{*id, nullptr};
        for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
            if (fields[i].text != "frame") continue;
            e.frame = std::make_shared<const std::string>(
                messages::with_event_id(fields[i + 1].text, entry.items[0].text)
            );
        }
        if (!e.frame) co_return fail(errc::io, "XRANGE: an entry without a frame");
        out.push_back(std::move(e));
    }
    co_return out;
}

}  // namespace sluice::websocket
