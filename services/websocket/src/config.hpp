// Every setting of the websocket service in one struct; libraries get their part, only app.cpp sees
// the whole.
#pragma once

#include "sluice/core/config.hpp"
#include "sluice/http/admin.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/redis/config.hpp"
#include "sluice/ws/server.hpp"

#include <chrono>
#include <map>
#include <string>

namespace sluice::websocket {

inline constexpr const char* demo_token = "demo-token";

struct auth_config {
    std::map<std::string, std::string> tokens{{demo_token, "demo"}};  // bearer token → user id
};
void describe(config_visitor& v, auth_config& c);

struct sessions_config {
    std::string node;  // empty: host:pid:random
    std::chrono::milliseconds ttl{60000};
    std::chrono::milliseconds heartbeat{20000};
};
void describe(config_visitor& v, sessions_config& c);

struct replay_config {
    std::int64_t page = 100;          // events read at a time
    std::int64_t max_buffered = 256;  // live events kept while a session replays
};
void describe(config_visitor& v, replay_config& c);

// What clients may send to their submissions.
struct steering_config {
    byte_size max_input = 1_MiB;  // of one submission, all stdin frames together
    std::int64_t max_frames = 20'000;
    std::chrono::milliseconds ttl{std::chrono::hours(24)};
};
void describe(config_visitor& v, steering_config& c);

struct config {
    std::string environment = "development";
    observe::log_config log;
    http::admin_config admin;
    ws::server_config ws;
    redis::config redis;
    auth_config auth;
    sessions_config sessions;
    replay_config replay;
    steering_config steering;
    std::chrono::milliseconds connect_timeout{60000};
    std::chrono::milliseconds drain_grace{20000};
};
void describe(config_visitor& v, config& c);

// Settings that contradict each other and, in production, what is safe on a laptop only; one
// sentence each.
std::vector<std::string> unfit_settings(const config& c);

}  // namespace sluice::websocket
