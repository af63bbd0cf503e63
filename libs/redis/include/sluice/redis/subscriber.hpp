// A connection for SUBSCRIBE. After a reconnection every channel is subscribed again and `on_gap`
// is called, because messages may have been missed: whoever needs them reads the stream or the row
// again.
#pragma once

#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/redis/config.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sluice::redis {

class subscriber {
public:
    using message_handler = std::function<void(std::string_view channel, std::string_view payload)>;

    subscriber(
        asio::any_io_executor executor,
        std::string name,
        config c,
        message_handler on_message,
        std::function<void()> on_gap
    );
    ~subscriber();

    awaitable<result<void>> connect(deadline until);
    bool is_connected() const;
    // Success once the server confirmed the subscription: a message published afterwards is
    // delivered.
    awaitable<result<void>> subscribe(std::string channel);
    void unsubscribe(std::string channel
    );  // no wait; late messages of the channel are still possible
    awaitable<void> close();

private:
    struct impl;
    std::shared_ptr<impl> impl_;
};

}  // namespace sluice::redis
