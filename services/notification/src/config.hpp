// Every setting of the notification service in one struct; libraries get their part, only app.cpp
// sees the whole.
#pragma once

#include "webhook_rules.hpp"

#include "sluice/amqp/config.hpp"
#include "sluice/core/config.hpp"
#include "sluice/domain/callback.hpp"
#include "sluice/http/admin.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/postgres/config.hpp"
#include "sluice/redis/config.hpp"

#include <chrono>
#include <string>

namespace sluice::notification {

// Connection and queue names, flat in one section.
struct rabbitmq_config {
    amqp::config connection;
    messages::queue_names queues;
};
void describe(config_visitor& v, rabbitmq_config& c);

struct batch_config {
    std::int64_t max_results = 256;
    byte_size max_bytes = 8_MiB;  // of encoded results; one that is larger goes alone
    std::int64_t in_flight = 4;   // batches at the same time: one commits while the next fills
    std::int64_t prefetch = 512;  // bounds memory while PostgreSQL or Redis is away
};
void describe(config_visitor& v, batch_config& c);

struct events_config {
    std::int64_t stream_length = 1000;
    std::chrono::milliseconds stream_ttl{std::chrono::hours(24)};
    std::chrono::milliseconds state_ttl{std::chrono::hours(24)};
    byte_size frame_limit = 256_KiB;  // must be well below the websocket service's send buffer
};
void describe(config_visitor& v, events_config& c);

struct sweeper_config {
    std::chrono::milliseconds interval{5000};
    std::chrono::milliseconds grace{30000};
    std::chrono::milliseconds lookback{std::chrono::hours(24 * 7)};
    std::int64_t batch = 200;
};
void describe(config_visitor& v, sweeper_config& c);

struct webhooks_config {
    domain::callback_policy policy;
    std::int64_t concurrency = 32;  // threads
    std::int64_t per_host = 4;
    std::int64_t per_user = 8;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{10000};
    webhook_retries retries;
    byte_size max_body = 1_MiB;
    std::chrono::milliseconds keep{std::chrono::hours(24 * 7)};
    std::chrono::milliseconds interval{1000};
    std::string ca_file;
};
void describe(config_visitor& v, webhooks_config& c);

struct cache_config {
    std::chrono::milliseconds keep{std::chrono::hours(24)};
    byte_size max_result = 64_KiB;
    std::int64_t max_entries = 10'000;
};
void describe(config_visitor& v, cache_config& c);

struct mail_config {
    secret smtp_url;  // empty: no mail is sent
    std::string username;
    secret password;
    std::string from = "Sluice <sluice@localhost>";
    std::string public_url;
    bool require_tls = true;
    std::string ca_file;
    std::int64_t concurrency = 4;  // threads
    std::int64_t per_host = 2;
    std::int64_t per_user = 2;
    std::chrono::milliseconds connect_timeout{5000};
    std::chrono::milliseconds timeout{30000};
    webhook_retries retries{
        std::chrono::seconds(30),
        std::chrono::hours(1),
        12,
        std::chrono::hours(24)};
    byte_size max_output = 4_KiB;
    std::chrono::milliseconds keep{std::chrono::hours(24 * 7)};
    std::chrono::milliseconds interval{5000};

    bool is_on() const { return !smtp_url.value.empty(); }
};
void describe(config_visitor& v, mail_config& c);

struct config {
    std::string environment = "development";
    observe::log_config log;
    http::admin_config admin;
    rabbitmq_config rabbitmq;
    redis::config redis;
    postgres::config postgres;
    batch_config batch;
    events_config events;
    sweeper_config sweeper;
    webhooks_config webhooks;
    cache_config cache;
    mail_config mail;
    std::chrono::milliseconds connect_timeout{60000};
    std::chrono::milliseconds drain_grace{20000};
};
void describe(config_visitor& v, config& c);

// What is safe on a laptop only, in production; one sentence each.
std::vector<std::string> unfit_settings(const config& c);

}  // namespace sluice::notification
