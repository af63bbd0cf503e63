// Every setting of the submission service, with its default. config.yaml beside src/ shows the same
// values to people; a unit test compares the two.
#pragma once

#include "grpc/grpc_config.hpp"
#include "uploads/uploads_config.hpp"

#include "sluice/amqp/config.hpp"
#include "sluice/core/config.hpp"
#include "sluice/domain/callback.hpp"
#include "sluice/domain/limits.hpp"
#include "sluice/http/admin.hpp"
#include "sluice/http/server.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/postgres/config.hpp"
#include "sluice/redis/config.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace sluice::submission {

// The token that a fresh checkout answers to; refused in production.
inline constexpr const char* demo_token = "demo-token";

struct log_section {
    std::string level = "info";
};
void describe(config_visitor& v, log_section& c);

// The connection's settings and the queue names, flat in one section.
struct rabbitmq_section {
    amqp::config connection;
    messages::queue_names queues;
};
void describe(config_visitor& v, rabbitmq_section& c);

struct passwords_section {
    bool strict = false;
    byte_size hash_memory = 64_MiB;
    std::int64_t hash_iterations = 2;
    std::int64_t hash_threads = 2;
    std::int64_t max_waiting = 64;
};
void describe(config_visitor& v, passwords_section& c);

struct attempts_section {
    std::int64_t per_account = 10;
    std::int64_t per_address = 100;
    std::chrono::milliseconds window{300'000};
};
void describe(config_visitor& v, attempts_section& c);

struct sessions_section {
    std::chrono::milliseconds lifetime{std::chrono::hours(24 * 30)};
    std::chrono::milliseconds idle{std::chrono::hours(24 * 7)};
    std::int64_t max_per_user = 50;
    bool secure_cookies = false;
    std::string same_site = "lax";
};
void describe(config_visitor& v, sessions_section& c);

// Who makes the first account: --create-admin.
struct first_admin_section {
    std::string name = "admin";
    secret password;
};
void describe(config_visitor& v, first_admin_section& c);

struct auth_section {
    std::map<std::string, std::string> tokens{{demo_token, "demo"}};
    std::vector<std::string> admins;
    bool registration = true;
    std::int64_t max_keys_per_user = 50;
    passwords_section passwords;
    attempts_section attempts;
    sessions_section sessions;
    first_admin_section first_admin;
};
void describe(config_visitor& v, auth_section& c);

struct outbox_section {
    std::int64_t max_pending = 10'000;
    std::chrono::milliseconds confirm_timeout{2000};
    std::chrono::milliseconds settle_after{5000};
    std::chrono::milliseconds sweep_interval{5000};
    std::int64_t batch = 100;
    std::chrono::milliseconds requeue_after{600'000};
    std::int64_t max_publishes = 3;
};
void describe(config_visitor& v, outbox_section& c);

struct quota_section {
    std::int64_t requests_per_second = 1000;
    std::int64_t submissions_in_flight = 10'000;
    std::int64_t cpu_seconds_per_day = 86'400;
    byte_size stored_bytes = 10_GiB;
};
void describe(config_visitor& v, quota_section& c);

// Of API keys, beside the quotas of their user.
struct key_quota_section {
    std::int64_t requests_per_second = 0;
    std::int64_t submissions_in_flight = 0;
    std::int64_t cpu_seconds_per_day = 0;
    byte_size stored_bytes = 0_B;
};
void describe(config_visitor& v, key_quota_section& c);

struct quotas_section {
    quota_section user;
    key_quota_section per_key;
    std::int64_t max_queued = 50'000;
    std::int64_t window = 0;
};
void describe(config_visitor& v, quotas_section& c);

struct submissions_section {
    std::chrono::milliseconds lifetime{3'600'000};
    std::chrono::milliseconds idempotency_keep{86'400'000};
    std::int64_t max_batch_items = 500;
};
void describe(config_visitor& v, submissions_section& c);

struct history_section {
    std::int64_t keep_days = 0;
    std::int64_t keep_count = 0;
    std::int64_t partition_days = 7;
    std::chrono::milliseconds sweep_interval{std::chrono::hours(1)};
    bool full_text = false;
};
void describe(config_visitor& v, history_section& c);

struct cache_section {
    bool enabled = true;
    bool shared = false;
};
void describe(config_visitor& v, cache_section& c);

struct compatibility_section {
    bool system_a = true;
    bool system_d = true;
    bool system_e = true;
};
void describe(config_visitor& v, compatibility_section& c);

struct jobs_section {
    std::int64_t max_searches = 200;
};
void describe(config_visitor& v, jobs_section& c);

// Changes to libs/domain's table: {"memory_bytes": "536870912"}.
struct limits_section {
    std::map<std::string, std::string> defaults;
    std::map<std::string, std::string> maxima;
};
void describe(config_visitor& v, limits_section& c);

struct migrations_section {
    bool on_start = false;
};
void describe(config_visitor& v, migrations_section& c);

// Interfaces of older systems.
struct tickets_section {
    std::string websocket_url;
};
void describe(config_visitor& v, tickets_section& c);

struct mail_section {
    bool enabled = false;
};
void describe(config_visitor& v, mail_section& c);

struct config {
    std::string environment = "development";
    log_section log;
    http::server_config http;
    grpc_config grpc;
    http::admin_config admin;
    rabbitmq_section rabbitmq;
    redis::config redis;
    postgres::config postgres;
    auth_section auth;
    outbox_section outbox;
    submissions_section submissions;
    quotas_section quotas;
    history_section history;
    cache_section cache;
    compatibility_section compatibility;
    jobs_section jobs;
    limits_section limits;
    domain::callback_policy webhooks;
    mail_section mail;
    tickets_section tickets;
    uploads_section uploads;
    migrations_section migrations;
    std::string migrations_folder = "deployments/postgres/migrations";
    secret postgres_owner_url;
    std::string languages_folder = "deployments/languages";
    std::chrono::milliseconds start_timeout{10'000};
    std::chrono::milliseconds drain_grace{20'000};
};
void describe(config_visitor& v, config& c);

// What must be changed before this may run, one sentence each: limits that do not fit the table,
// and what production refuses because it is safe on a laptop only.
std::vector<std::string> unfit_settings(const config& c);

// The limits table with the operator's changes. Throws config_error for an unknown name, a value
// that is no number, or a default above its maximum.
domain::limit_policy make_limit_policy(const limits_section& c);

}  // namespace sluice::submission
