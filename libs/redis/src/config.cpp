// Names the Redis settings for files, environment and the reference page.
#include "sluice/redis/config.hpp"

namespace sluice::redis {

void describe(config_visitor& v, config& c) {
    v.field(
        "url",
        c.url,
        "redis://user:password@host:6379/0 or unix:///path/to/socket?db=0; no TLS"
    );
    v.field("connect_timeout", c.connect_timeout, "longest wait for one connection to be made");
    v.field("command_timeout", c.command_timeout, "longest wait for the answer to a command");
}

}  // namespace sluice::redis
