// Every setting of the execution service in one struct; libraries get their part, only app.cpp sees
// the whole.
#pragma once

#include "toolchain_reader.hpp"

#include "sluice/amqp/config.hpp"
#include "sluice/core/config.hpp"
#include "sluice/http/admin.hpp"
#include "sluice/messages/topology.hpp"
#include "sluice/observe/log.hpp"
#include "sluice/redis/config.hpp"
#include "sluice/sandbox/launcher.hpp"

#include <chrono>
#include <string>

namespace sluice::execution {

// Connection and queue names, flat in one section.
struct rabbitmq_config {
    amqp::config connection;
    messages::queue_names queues;
};
void describe(config_visitor& v, rabbitmq_config& c);

struct compile_cache_config {
    byte_size max_bytes = 256_MiB;
    std::int64_t max_entries = 512;  // each holds one descriptor
};
void describe(config_visitor& v, compile_cache_config& c);

struct compile_config {
    byte_size max_artefact_bytes = 64_MiB;
    std::int64_t max_artefact_files = 512;
    byte_size max_output = 64_KiB;
};
void describe(config_visitor& v, compile_config& c);

// Interpreters that wait for their program (`warm` in a language file).
struct warm_config {
    bool is_enabled = true;
    std::chrono::milliseconds quiet_time{20};
    std::vector<std::string> without;  // ids of languages
};
void describe(config_visitor& v, warm_config& c);

// One interpreter in each slot that the programs of named users are forked from (`warm.forks` in a
// language file); docs/security.md says what they share.
struct fork_config {
    std::vector<std::string> users;  // ids; empty: nobody
    std::int64_t runs = 1000;
    std::vector<std::string> without;  // ids of languages
};
void describe(config_visitor& v, fork_config& c);

// Output while programs run, and those who watch and steer them.
struct live_config {
    std::chrono::milliseconds first_hold{20};
    std::chrono::milliseconds shortest_window{25};
    std::chrono::milliseconds longest_window{200};
    byte_size waiting = 64_KiB;
    byte_size kept = 1_MiB;
    std::chrono::milliseconds kept_for{std::chrono::minutes(10)};
    std::chrono::milliseconds idle_time{std::chrono::minutes(2)};
    std::chrono::milliseconds disconnect_grace{10000};
};
void describe(config_visitor& v, live_config& c);

// Flat at the top level of the file.
struct worker_config {
    std::string id;  // empty: host:pid:random
    std::string run_as = "nobody";
    std::string languages_folder = "deployments/languages";
    std::string prepared_folder = "/var/cache/sluice";
    std::int64_t active_slots = 0;  // 0: all
    std::int64_t prefetch = 0;      // 0: as many as active slots
    std::int64_t reserve = 1;       // beyond prefetch, while runs are short
    std::int64_t max_unpublished = 64;
    std::chrono::milliseconds publish_timeout{5000};
    std::chrono::milliseconds start_timeout{60000};
    std::chrono::milliseconds announce_every{10000};
};
void describe(config_visitor& v, worker_config& c);

struct config {
    std::string environment = "development";
    observe::log_config log;
    http::admin_config admin;
    rabbitmq_config rabbitmq;
    redis::config redis;
    sandbox::sandbox_config sandbox;
    compile_config compile;
    compile_cache_config compile_cache;
    toolchain_config toolchains;
    warm_config warm_runtimes;
    fork_config fork_server;
    live_config live;
    worker_config worker;
    std::chrono::milliseconds drain_grace{20000};

    // How many sandboxes exist.
    std::int64_t slot_count() const;
    bool is_production() const { return environment == "production"; }
};
void describe(config_visitor& v, config& c);

// What is safe on a laptop only, in production; one sentence each.
std::vector<std::string> unfit_settings(const config& c);

}  // namespace sluice::execution
