// The settings' names, bounds and comments; services/websocket/config.yaml is tested against them.
#include "config.hpp"

namespace sluice::websocket {

void describe(config_visitor& v, auth_config& c) {
    v.live().secret_keys(
        "tokens",
        c.tokens,
        "bearer token → user id; the demo token is refused in production"
    );
}

void describe(config_visitor& v, sessions_config& c) {
    v.field("node", c.node, "name of this node, unique among all; empty: host:pid:random");
    v.field("ttl", c.ttl, "a session that is not refreshed for this long is taken for gone");
    v.field("heartbeat", c.heartbeat, "how often this node refreshes its sessions");
}

void describe(config_visitor& v, replay_config& c) {
    v.live().field(
        "page",
        c.page,
        "events read at a time for a client that comes back",
        {.minimum = 1, .maximum = 1000}
    );
    v.live().field(
        "max_buffered",
        c.max_buffered,
        "live events kept for a session that still replays; above, it replays once more instead",
        {.minimum = 1, .maximum = 10000}
    );
}

void describe(config_visitor& v, steering_config& c) {
    v.live().field("max_input", c.max_input, "input of one submission, all frames together");
    v.live().field(
        "max_frames",
        c.max_frames,
        "frames with input for one submission",
        {.minimum = 1, .maximum = 1000000}
    );
    v.live()
        .field("ttl", c.ttl, "how long they are kept after the last; longer than submissions wait");
}

void describe(config_visitor& v, config& c) {
    v.choice(
        "environment",
        c.environment,
        {"development", "production"},
        "production refuses what is insecure outside a laptop"
    );
    v.section("log", c.log, "");
    v.section("admin", c.admin, "internal listener: metrics, health");
    v.section("ws", c.ws, "the public listener");
    v.section("redis", c.redis, "sessions, event streams, tickets and this node's channel");
    v.section("auth", c.auth, "who may connect");
    v.section("sessions", c.sessions, "how this node tells where its users are");
    v.section("replay", c.replay, "what a client gets that comes back");
    v.section("steering", c.steering, "what clients may send to their programs");
    v.field("connect_timeout", c.connect_timeout, "longest wait for Redis at start");
    v.live()
        .field("drain_grace", c.drain_grace, "time for clients to take their leave after SIGTERM");
}

std::vector<std::string> unfit_settings(const config& c) {
    std::vector<std::string> problems;
    if (c.sessions.heartbeat * 2 > c.sessions.ttl) {
        problems.push_back(
            "sessions.heartbeat must be at most half of sessions.ttl, or sessions expire while "
            "their connections live."
        );
    }
    if (c.environment == "production") {
        if (c.ws.allowed_origins.empty()) {
            problems.push_back(
                "ws.allowed_origins is empty, so any web page may connect: refused in production. "
                "List the origins of your pages."
            );
        }
        for (const std::string& origin : c.ws.allowed_origins) {
            if (origin != "*") continue;
            problems.push_back("ws.allowed_origins holds '*': list the origins of your pages.");
        }
        if (c.auth.tokens.contains(demo_token)) {
            problems.push_back(
                "auth.tokens holds the demo token: refused in production. Set SLUICE__AUTH__TOKENS "
                "to tokens of your own."
            );
        }
        const std::string& redis = c.redis.url.value;
        if (redis.starts_with("redis://") && redis.find('@') == std::string::npos) {
            problems.push_back(
                "redis.url has no user and password: refused in production. Give this service an "
                "ACL user of its own."
            );
        }
    }
    return problems;
}

}  // namespace sluice::websocket
