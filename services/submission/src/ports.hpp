// What the use cases need from the world. Adapters implement these against real servers, unit tests
// with fakes. A call that returns result<…> says errc::unavailable when its server is away.
#pragma once

#include "history_ports.hpp"
#include "mail_ports.hpp"
#include "outbox_level.hpp"
#include "probe.hpp"
#include "quotas/admission.hpp"
#include "search_level.hpp"

#include "sluice/core/clock.hpp"
#include "sluice/core/deadline.hpp"
#include "sluice/core/error.hpp"
#include "sluice/core/ids.hpp"
#include "sluice/domain/callback.hpp"
#include "sluice/domain/language.hpp"
#include "sluice/domain/live.hpp"
#include "sluice/domain/submission.hpp"
#include "sluice/runtime/asio_fwd.hpp"
#include "sluice/runtime/event.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace sluice::submission {

struct idempotency {
    std::string key;
    std::string request_sha256;  // 32 bytes
};

// A job of the older cloud job service (docs/api/system-a.md). It is committed with its submission,
// so that no crash leaves an upload that counts as run without one that runs it.
struct upload_job {
    uuid upload;
    std::int64_t upload_number = 0;
    std::string query;  // what is run, in words
};

struct new_submission {
    domain::task task;
    std::string encoded_task;  // what is published now and by every later sweep, byte for byte
    std::optional<submission::idempotency> idempotency;
    wall_time forget_keys_before;  // keys older than this count as absent
    std::optional<domain::callback> callback = {};
    std::string cache_key = {};               // 32 bytes; empty: its result is not kept for others
    std::vector<std::string> words = {};      // of its program, to be found by; empty: not kept
    std::optional<uuid> key_id = {};          // the API key that it came with
    bool is_held = false;                     // published when its user's turn comes
    std::optional<std::string> mail_to = {};  // told of its end
    std::optional<upload_job> job = {};
};

struct insert_outcome {
    // has_run: the upload of its job has, and was not enabled again; nothing is stored.
    enum class kind { inserted, replayed, conflicting, has_run };
    kind what = kind::inserted;
    submission_id id;         // of the earlier submission when replayed
    std::int64_t job_id = 0;  // when it came with a job
};

class submission_store {
public:
    virtual ~submission_store() = default;
    virtual awaitable<result<insert_outcome>> insert(new_submission row) = 0;
    // What this key made earlier, if it is known: replayed or conflicting. For who is refused
    // before an insert could tell.
    virtual awaitable<result<std::optional<insert_outcome>>>
    earlier(user_id owner, idempotency key, wall_time forget_keys_before) = 0;
    // Without a result its status is queued. nullopt: unknown, or another user's.
    virtual awaitable<result<std::optional<domain::submission_view>>>
    read(user_id owner, submission_id id) = 0;
    // Newest first.
    virtual awaitable<result<std::vector<submission_summary>>>
    list(user_id owner, history_filter filter, std::size_t limit) = 0;
    // Notes that the owner wants it ended. False: it has ended, or he has none of this id.
    virtual awaitable<result<bool>>
    request_cancel(user_id owner, submission_id id, wall_time at) = 0;
};

// The way to the worker that runs a submission, or will.
class control_sender {
public:
    virtual ~control_sender() = default;
    virtual awaitable<result<void>> cancel(submission_id id) = 0;
};

struct new_batch {
    uuid id;  // a UUIDv7
    sluice::correlation_id correlation_id;
    user_id owner;
    wall_time created_at;
    std::vector<new_submission> items;  // their own idempotency is not used
    std::optional<submission::idempotency> idempotency;
    wall_time forget_keys_before;
    std::optional<domain::callback> callback = {};  // of the whole
    std::optional<uuid> key_id = {};
    std::int64_t released = 0;  // the first so many; the others are held
    std::optional<std::string> mail_to = {};
};

struct batch_insert_outcome {
    enum class kind { inserted, replayed, conflicting, exists };
    kind what = kind::inserted;
    uuid id;  // of the earlier batch when replayed
};

struct stored_batch {
    domain::batch_view view;                // everything unfinished counts as queued
    std::vector<submission_id> unfinished;  // in the order of the request
};

struct batch_item {
    std::int64_t index = 0;
    submission_summary summary;
};

class batch_store {
public:
    virtual ~batch_store() = default;
    // All of it or nothing.
    virtual awaitable<result<batch_insert_outcome>> insert(new_batch batch) = 0;
    // nullopt: unknown, or another user's.
    virtual awaitable<result<std::optional<stored_batch>>>
    read(user_id owner, sluice::correlation_id id) = 0;
    virtual awaitable<result<std::optional<sluice::correlation_id>>>
    name_of(user_id owner, uuid id) = 0;
    // In the order of the request, those after `after` when given.
    virtual awaitable<result<std::vector<batch_item>>>
    items(uuid id, std::optional<std::int64_t> after, std::size_t limit) = 0;
};

struct outgoing_task {
    submission_id id;
    sluice::correlation_id correlation_id;
    user_id owner;
    std::string language;
    std::string body;  // the encoded task
    wall_time created_at;
    wall_time deadline_at;
    std::string traceparent;    // empty for those of the sweeper
    bool is_announced = false;  // its owner was told "queued" when it was accepted
};

class task_queue {
public:
    virtual ~task_queue() = default;
    // Tells the owner's event stream "queued", then hands over the task. Success: confirmed.
    virtual awaitable<result<void>> publish(outgoing_task task) = 0;
    // Tells the owner "queued" and nothing else: the task itself is published later.
    virtual void announce(const outgoing_task& task) = 0;
    virtual bool is_connected() const = 0;
};

// Remembers that a task reached the broker; written later and many at once.
class publication_marks {
public:
    virtual ~publication_marks() = default;
    virtual void published(submission_id id) = 0;
};

// Hears of the end of one submission while it exists.
class finish_watch {
public:
    virtual ~finish_watch() = default;
    // Once it succeeded, no end that happens afterwards is missed.
    virtual awaitable<result<void>> ready() = 0;
    // Success: ended, or something may have been missed; the row tells. Otherwise timeout,
    // shutting_down or cancelled.
    virtual awaitable<result<void>> next(deadline until) = 0;
};

class finish_waiter {
public:
    virtual ~finish_waiter() = default;
    virtual std::unique_ptr<finish_watch> watch(submission_id id) = 0;  // begins at once
};

// Hears of the output and of the end of one submission while it exists. It sets the event that it
// was made with, and says on being asked what there is to look at; the stored output and the row
// tell what it is.
class output_watch {
public:
    virtual ~output_watch() = default;
    // Once it succeeded, nothing that happens afterwards is missed.
    virtual awaitable<result<void>> ready() = 0;
    // Whether there may be something new since it was asked last.
    virtual bool take_output() = 0;
    virtual bool take_end() = 0;
};

class live_output {
public:
    virtual ~live_output() = default;
    // `woken` outlives the watch.
    virtual std::unique_ptr<output_watch> watch(submission_id id, runtime::event& woken) = 0;
    // What is stored behind this place, in order.
    virtual awaitable<result<std::vector<domain::output_piece>>>
    read(submission_id id, std::int64_t attempt, std::int64_t seq, std::size_t count) = 0;
    // The service ends: whoever follows stops.
    virtual bool is_draining() const = 0;
};

class state_reader {
public:
    virtual ~state_reader() = default;
    // For each id: whether it is known to be running. All false when nothing is known.
    virtual awaitable<std::vector<bool>> running(std::vector<submission_id> ids) = 0;
};

// What the live workers can run. Not known while no worker lives or Redis is away.
struct worker_knowledge {
    bool is_known = false;
    std::int64_t slots = 0;  // of all together
    std::vector<domain::language_availability>
        languages;  // one for each id, the best of all workers

    const domain::language_availability* find(std::string_view id) const {
        for (const auto& l : languages) {
            if (l.id == id) return &l;
        }
        return nullptr;
    }
};

class worker_reader {
public:
    virtual ~worker_reader() = default;
    // What was known last, without waiting; may be old.
    virtual const worker_knowledge& last_known() const = 0;
    // At most two seconds old.
    virtual awaitable<worker_knowledge> fresh() = 0;
};

// Whose a ticket is, and the digest of the token that it was asked for with: what revokes the one
// revokes the other.
struct ticket_maker {
    user_id owner;
    std::string token_sha256;
};

class ticket_store {
public:
    virtual ~ticket_store() = default;
    virtual awaitable<result<void>>
    put(std::string ticket, ticket_maker maker, std::chrono::seconds lives) = 0;
};

class id_source {
public:
    virtual ~id_source() = default;
    virtual submission_id next_submission(wall_time now) = 0;
    virtual sluice::correlation_id next_correlation() = 0;
    virtual std::string next_ticket() = 0;
};

struct ports {
    submission_store& store;
    batch_store& batches;
    task_queue& queue;
    publication_marks& marks;
    outbox_level& outbox;
    finish_waiter& waiter;
    state_reader& states;
    worker_reader& workers;
    ticket_store& tickets;
    id_source& ids;
    const clock& time;
    const std::vector<domain::language>& languages;
    domain::limit_policy limits;
    std::size_t max_batch_items;
    std::chrono::milliseconds lifetime;
    std::chrono::milliseconds idempotency_keep;
    submission::probe probe;
    control_sender* control = nullptr;
    live_output* live = nullptr;
    search_level* searches = nullptr;
    bool is_paused = false;  // by an administrator: nothing new is accepted
    domain::callback_policy callbacks = {};
    history_ports history = {};
    cache_ports cache = {};
    admission_control* admission = nullptr;  // null: no quotas, nothing is held
    mail_book* mail = nullptr;
};

}  // namespace sluice::submission
