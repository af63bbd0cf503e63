// See persist_results.hpp.
#include "persist_results.hpp"

#include "route_event.hpp"

#include "sluice/domain/cacheable.hpp"
#include "sluice/messages/codec.hpp"
#include "sluice/observe/log.hpp"

#include <optional>
#include <set>

namespace sluice::notification {
namespace {

// One entry for each result: what is stored, or nullopt for one that the database refuses.
using outcomes = std::vector<std::optional<stored_result>>;

observe::context context_of(const domain::run_result& r) {
    observe::context c;
    c.correlation_id = r.correlation_id.to_string();
    c.submission_id = r.id.to_string();
    c.user_id = r.user_id;
    c.attempt = r.attempt;
    return c;
}

// Anything but the server's own "no" to the content may pass by itself.
bool is_passing(const error& e) {
    return e == errc::unavailable || e == errc::timeout || e == errc::cancelled ||
           e == errc::overloaded || e == errc::io || e == errc::shutting_down;
}

void note_stored(ports& p, const stored_result& s) {
    if (!s.is_new) return p.metrics.duplicates.increment();
    p.metrics.results.at(s.value.status).increment();
    observe::info(context_of(s.value), "result_persisted", {{"status", to_string(s.value.status)}});
}

// One by one, to find who is refused. An error when the server, not a result, is at fault.
awaitable<result<outcomes>> store_each(ports& p, std::vector<domain::run_result> results) {
    outcomes out;
    std::size_t refused = 0;
    for (const domain::run_result& r : results) {
        std::vector<domain::run_result> one(1, r);
        auto stored = co_await p.store.store(std::move(one));
        if (stored) {
            out.emplace_back(std::move(stored->front()));
            continue;
        }
        if (is_passing(stored.error())) co_return stored.error();
        auto healthy = co_await p.store.check();
        if (!healthy) co_return healthy.error();
        ++refused;
        out.emplace_back(std::nullopt);
        observe::error(context_of(r), "result_refused", {{"error", stored.error()}});
    }
    // A whole batch of bad results is far less likely than a full disk or a missing column.
    if (refused > 1 && refused == results.size()) co_return fail(errc::unavailable, "all refused");
    co_return out;
}

awaitable<result<outcomes>> store_batch(ports& p, std::vector<domain::run_result> results) {
    auto stored = co_await p.store.store(results);
    if (stored) {
        outcomes out;
        for (stored_result& s : *stored)
            out.emplace_back(std::move(s));
        co_return out;
    }
    if (is_passing(stored.error())) co_return stored.error();
    co_return co_await store_each(p, std::move(results));
}

// Nothing when this process drains.
awaitable<std::optional<outcomes>>
store_until_taken(ports& p, std::vector<domain::run_result> results) {
    for (int tries = 1;; ++tries) {
        auto stored = co_await store_batch(p, results);
        if (stored) co_return std::move(*stored);
        if (tries == 1) {
            observe::warn(
                {},
                "persist_failed",
                {{"results", results.size()}, {"error", stored.error()}}
            );
        }
        if (!co_await p.pause.wait(tries)) co_return std::nullopt;
    }
}

void note_pushed(ports& p, const stored_result& s) {
    const auto created = s.value.times.created_at;
    const auto took = created ? p.time.now() - *created : std::chrono::milliseconds(0);
    if (s.is_new && created) {
        p.metrics.end_to_end.observe(std::chrono::duration<double>(took).count());
    }
    observe::info(
        context_of(s.value),
        "event_pushed",
        {{"status", to_string(s.value.status)}, {"since_created_ms", took.count()}}
    );
}

// Before the end is told, since nothing of a submission comes after that. Best effort: the end has
// all of them too.
awaitable<void> tell_missing_tests(ports& p, const outcomes& stored) {
    for (const auto& s : stored) {
        if (!s || s->is_deleted || s->value.tests.empty()) continue;
        auto missing = route_tests(*s);
        static_cast<void>(co_await p.events.emit(std::move(missing)));
    }
}

// Best effort, and before the end is told: whoever asks for the same next is answered from it.
awaitable<void> keep_for_others(ports& p, const outcomes& stored) {
    if (p.cache == nullptr || p.cache->largest() == 0) co_return;
    for (const auto& s : stored) {
        if (!s || !s->is_new || s->cache_key.empty() || !domain::is_cacheable(s->value)) continue;
        auto encoded = messages::encode(s->value);
        if (encoded.size() > p.cache->largest()) continue;
        const auto kept = co_await p.cache->keep(s->cache_key, std::move(encoded));
        if (!kept) observe::warn({}, "result_not_cached", {{"error", kept.error()}});
    }
}

// Emits what is stored until all of it is out; `fates` says which are left when a drain comes
// first.
awaitable<void> emit_until_out(ports& p, outcomes& stored, std::vector<fate>& fates) {
    std::vector<std::size_t> left;
    for (std::size_t i = 0; i < stored.size(); ++i) {
        if (stored[i] && !stored[i]->is_deleted) left.push_back(i);
        if (stored[i] && stored[i]->is_deleted) fates[i] = fate::done;
    }
    for (int tries = 1; !left.empty(); ++tries) {
        std::vector<emission> events;
        for (const std::size_t i : left)
            events.push_back(route_result(*stored[i], p.frame_limit));
        auto answers = co_await p.events.emit(std::move(events));
        std::vector<std::size_t> failed;
        error last;
        for (std::size_t n = 0; n < left.size(); ++n) {
            if (answers[n]) {
                fates[left[n]] = fate::done;
                note_pushed(p, *stored[left[n]]);
            } else {
                failed.push_back(left[n]);
                last = answers[n].error();
            }
        }
        left = std::move(failed);
        if (left.empty()) co_return;
        if (tries == 1) {
            observe::warn({}, "emit_failed", {{"events", left.size()}, {"error", last}});
        }
        if (!co_await p.pause.wait(tries)) co_return;
    }
}

std::vector<uuid> batches_of(const outcomes& stored) {
    std::set<uuid> ids;
    for (const auto& s : stored) {
        if (s && s->batch_id) ids.insert(*s->batch_id);
    }
    return {ids.begin(), ids.end()};
}

awaitable<result<void>> emit_all(ports& p, std::vector<emission> events) {
    auto answers = co_await p.events.emit(std::move(events));
    for (const auto& answer : answers) {
        if (!answer) co_return answer.error();
    }
    co_return result<void>();
}

awaitable<result<void>> tell_finished(ports& p, std::vector<uuid> batches) {
    auto finished = co_await p.store.finished_batches(std::move(batches));
    if (!finished) co_return finished.error();
    std::vector<emission> events;
    for (const domain::batch_view& b : *finished)
        events.push_back(route_batch(b));
    if (events.empty()) co_return result<void>();
    auto told = co_await emit_all(p, std::move(events));
    if (!told) co_return told.error();
    for (const domain::batch_view& b : *finished) {
        observe::context ctx;
        ctx.correlation_id = b.correlation_id.to_string();
        ctx.user_id = b.user_id;
        observe::info(ctx, "batch_finished", {{"submissions", b.size}});
    }
    co_return result<void>();
}

// Whoever stores the last result of a batch sees, after that, all of them; of two who do so at the
// same time one or both. So the end is told at least once, by each result that comes (or comes
// again) after it, and the event sink makes it once. False when a drain came first.
awaitable<bool> tell_finished_until_out(ports& p, std::vector<uuid> batches) {
    if (batches.empty()) co_return true;
    for (int tries = 1;; ++tries) {
        auto told = co_await tell_finished(p, batches);
        if (told) co_return true;
        if (tries == 1) observe::warn({}, "batch_emit_failed", {{"error", told.error()}});
        if (!co_await p.pause.wait(tries)) co_return false;
    }
}

}  // namespace

awaitable<std::vector<fate>> persist_results(ports& p, std::vector<domain::run_result> results) {
    std::vector<fate> fates(results.size(), fate::give_back);
    const wall_time now = p.time.now();
    for (domain::run_result& r : results)
        r.times.persisted_at = now;
    auto stored = co_await store_until_taken(p, std::move(results));
    if (!stored) co_return fates;
    for (std::size_t i = 0; i < fates.size(); ++i) {
        if ((*stored)[i]) {
            note_stored(p, *(*stored)[i]);
        } else {
            fates[i] = fate::poison;
            p.metrics.poison.increment();
        }
    }
    // Beyond this point the results are safe; a user who asks sees them even if Redis is away.
    co_await keep_for_others(p, *stored);
    co_await tell_missing_tests(p, *stored);
    co_await emit_until_out(p, *stored, fates);
    const bool is_told = co_await tell_finished_until_out(p, batches_of(*stored));
    if (!is_told) {
        for (std::size_t i = 0; i < fates.size(); ++i) {
            if ((*stored)[i] && (*stored)[i]->batch_id) fates[i] = fate::give_back;
        }
    }
    co_return fates;
}

}  // namespace sluice::notification
