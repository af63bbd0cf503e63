// What history, usage and the result cache need from the world: ports beside those of ports.hpp.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace sluice::submission {

// A row of the history: no program text.
struct submission_summary {
    submission_id id;
    sluice::correlation_id correlation_id;
    std::string language;
    std::string version;
    domain::status status = domain::status::queued;
    wall_time created_at;
    std::optional<wall_time> finished_at;
    std::string limit_hit;
    std::int64_t cpu_us = 0;
    std::int64_t wall_us = 0;
    std::int64_t memory_peak_bytes = 0;
    bool is_cached = false;
};

// Which submissions of a user are meant; what is not set does not narrow.
struct history_filter {
    std::optional<submission_id> before = {};   // those that are older than this one
    std::vector<domain::status> statuses = {};  // running counts as queued here
    std::vector<std::string> languages = {};
    std::optional<wall_time> created_after = {}, created_before = {};  // from the first, to below
    std::optional<sluice::correlation_id> correlation_id = {};
    std::vector<std::string> words = {};  // beginnings of words, all of which the program has
};

struct ended_submission {
    submission_id id;
    std::string cache_key;  // of the copy of its result that may be in the cache
    user_id owner;
};

struct usage_day {
    std::string day;  // "2026-11-21", UTC
    std::int64_t submissions = 0, cached = 0;
    std::int64_t cpu_us = 0, wall_us = 0, stored_bytes = 0;
    std::map<domain::status, std::int64_t> counts;  // without those that are zero
};

// A submission with its program, for lists that show both.
struct stored_program {
    submission_id id;
    wall_time created_at;
    std::string source;  // of the main file
    domain::status status = domain::status::queued;
    std::optional<domain::run_result> result;
};

class history_store {
public:
    virtual ~history_store() = default;
    // Of these those that have ended: the one of this id, or the oldest that are older than `time`.
    virtual awaitable<result<std::vector<ended_submission>>>
    ended(user_id owner, submission_id id) = 0;
    virtual awaitable<result<std::vector<ended_submission>>>
    ended_before(user_id owner, wall_time time, std::size_t limit) = 0;
    // The oldest that have ended, of users who have more than `keep`.
    virtual awaitable<result<std::vector<ended_submission>>>
    beyond(std::int64_t keep, std::size_t limit) = 0;
    // Rows, results and whatever else is of them. How many there were.
    virtual awaitable<result<std::int64_t>>
    remove(user_id owner, std::vector<submission_id> ids) = 0;
    // The days of the last thirty that have any, newest first; and of all time, with an empty day.
    virtual awaitable<result<std::vector<usage_day>>> usage(user_id owner, wall_time now) = 0;
    // Newest first; fewer when they are large.
    virtual awaitable<result<std::vector<stored_program>>>
    newest(user_id owner, std::size_t limit) = 0;
};

// What Redis holds of submissions.
class live_copies {
public:
    virtual ~live_copies() = default;
    // State, output, events and cached results of these of one user.
    virtual awaitable<result<void>>
    forget(user_id owner, std::vector<ended_submission> submissions) = 0;
};

struct kept_history {
    std::string version;              // of the user's history as it is now
    std::optional<std::string> text;  // what was kept of just this version
};

// A text made of a user's history, kept until something changes in it.
class history_texts {
public:
    virtual ~history_texts() = default;
    // nullopt: it cannot be told.
    virtual awaitable<std::optional<kept_history>> find(user_id owner) = 0;
    // `version`: found before the history was read.
    virtual awaitable<void> keep(user_id owner, std::string version, std::string text) = 0;
    virtual awaitable<void> changed(user_id owner) = 0;
};

struct history_ports {
    history_store* store = nullptr;
    live_copies* copies = nullptr;
    bool has_full_text = false;
    history_texts* texts = nullptr;  // null: nothing is kept
};

class cached_results {
public:
    virtual ~cached_results() = default;
    // nullopt: none. What is there is no more than bytes that somebody wrote.
    virtual awaitable<result<std::optional<std::string>>> find(std::string key) = 0;
};

// The way that results take. Success: confirmed.
class result_feed {
public:
    virtual ~result_feed() = default;
    virtual awaitable<result<void>> publish(domain::run_result value) = 0;
};

struct cache_ports {
    cached_results* store = nullptr;  // null: everything is run
    result_feed* feed = nullptr;
    bool is_shared = false;  // results of other users will do
};

}  // namespace sluice::submission
