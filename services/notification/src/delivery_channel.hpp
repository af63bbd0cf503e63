// A way to tell a user of an end: webhooks and mail are two. The dispatcher knows when something is
// sent, how often, and beside how much else; a channel knows what is sent and how.
#pragma once

#include "webhook_ports.hpp"

#include "sluice/observe/context.hpp"

namespace sluice::notification {

class delivery_channel {
public:
    virtual ~delivery_channel() = default;
    virtual const char* name() const = 0;  // "webhook": of metrics and log events
    // One attempt. nullopt: what it would tell of has been deleted. An error: it could not be read
    // now, and nothing was sent.
    virtual awaitable<result<std::optional<webhook_answer>>> attempt(webhook_delivery d) = 0;
};

observe::context context_of(const webhook_delivery& d);
std::string_view name_of(webhook_event e);

}  // namespace sluice::notification
