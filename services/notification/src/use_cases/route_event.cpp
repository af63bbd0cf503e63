// See route_event.hpp.
#include "route_event.hpp"

#include "sluice/core/json_text.hpp"
#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace sluice::notification {
namespace {

constexpr int queued_rank = 1;
constexpr int running_rank = 2;
constexpr int compiled_rank = 3;
constexpr int finished_rank = 4;

wall_time end_of(const domain::run_result& r) {
    if (r.times.persisted_at) return *r.times.persisted_at;
    return r.times.ended_at.value_or(wall_time{});
}

domain::submission_view view_of(const stored_result& stored) {
    const domain::run_result& r = stored.value;
    domain::submission_view v;
    v.id = r.id;
    v.correlation_id = r.correlation_id;
    v.user_id = r.user_id;
    v.language = r.language;
    v.version = stored.version;
    v.status = r.status;
    v.created_at = r.times.created_at.value_or(wall_time{});
    v.limits = r.limits;
    v.result = r;
    return v;
}

// Every text of a result that may be long.
template <class Shorten>
void for_each_text(domain::run_result& r, Shorten shorten) {
    for (auto* text : {&r.stdout_bytes, &r.stderr_bytes, &r.checker_output})
        shorten(*text);
    if (r.compile) shorten(r.compile->output);
    const auto shorten_run = [&shorten](domain::run_report& run) {
        shorten(run.stdout_bytes);
        shorten(run.stderr_bytes);
    };
    for (auto& test : r.tests) {
        shorten_run(test.run);
        shorten(test.checker_output);
    }
    if (!r.comparison) return;
    shorten(r.comparison->input);
    if (r.comparison->first) shorten_run(*r.comparison->first);
    if (r.comparison->second) shorten_run(*r.comparison->second);
}

void shorten(std::string& text, std::size_t most) {
    if (text.size() <= most) return;
    // Not in the middle of a UTF-8 character: the text would turn into base64 by that alone.
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U)
        --most;
    text.resize(most);
}

std::size_t text_size(domain::run_result& r) {
    std::size_t sum = 0;
    for_each_text(r, [&sum](const std::string& text) { sum += text.size(); });
    return sum;
}

std::string frame_of(domain::submission_view v, wall_time at, std::size_t limit) {
    // Megabytes are not printed first to see that they are too many.
    if (text_size(*v.result) <= limit) {
        std::string whole = json_text(messages::finished_frame(v, at));
        if (whole.size() <= limit) return whole;
    }
    for (std::size_t most = limit / 3;; most /= 2) {
        for_each_text(*v.result, [most](std::string& text) { shorten(text, most); });
        auto frame = messages::finished_frame(v, at);
        frame["data"]["partial"] = true;
        std::string text = json_text(frame);
        if (text.size() <= limit) return text;
        if (most > 0) continue;
        // So many tests that their numbers alone are too much; the total stays.
        frame["data"].erase("tests");
        return json_text(frame);
    }
}

// A submission's id is a UUIDv7: it begins with the milliseconds of its making (RFC 9562, 5.7).
wall_time made_at(submission_id id) {
    std::int64_t ms = 0;
    for (std::size_t i = 0; i < 6; ++i)
        ms = ms << 8 | id.value().bytes()[i];
    return from_unix_ms(ms);
}

// Two instances share the queue of progress, so what came later may be told first.
domain::progress queued_before(const domain::progress& running) {
    domain::progress p;
    p.kind = domain::progress_kind::queued;
    p.id = running.id;
    p.correlation_id = running.correlation_id;
    p.user_id = running.user_id;
    p.language = running.language;
    p.at = made_at(running.id);
    return p;
}

}  // namespace

emission route_progress(const domain::progress& p) {
    emission e;
    e.id = p.id;
    e.user_id = p.user_id;
    e.status = to_string(domain::status::running);
    switch (p.kind) {
        case domain::progress_kind::queued:
            e.rank = queued_rank;
            e.type = "submission.queued";
            e.status = to_string(domain::status::queued);
            e.frame = json_text(messages::queued_frame(p));
            break;
        case domain::progress_kind::running:
            e.rank = running_rank;
            e.type = "submission.running";
            e.frame = json_text(messages::running_frame(p));
            e.queued_frame = json_text(messages::queued_frame(queued_before(p)));
            break;
        case domain::progress_kind::compiled:
            e.rank = compiled_rank;
            e.type = "submission.compiled";
            e.frame = json_text(messages::compiled_frame(p));
            break;
        case domain::progress_kind::test_finished:
            e.rank = compiled_rank;
            e.type = "test.finished";
            e.part = std::to_string(p.test_index);
            e.frame = json_text(messages::test_frame(p));
            break;
    }
    return e;
}

emission route_result(const stored_result& stored, std::size_t frame_limit) {
    const domain::run_result& r = stored.value;
    emission e;
    e.id = r.id;
    e.user_id = r.user_id;
    e.rank = finished_rank;
    e.type = "submission.finished";
    e.status = to_string(r.status);
    e.is_final = true;
    e.frame = frame_of(view_of(stored), end_of(r), frame_limit);
    return e;
}

std::vector<emission> route_tests(const stored_result& stored) {
    const domain::run_result& r = stored.value;
    std::vector<emission> all;
    for (std::size_t i = 0; i < r.tests.size(); ++i) {
        if (!r.tests[i].was_run) continue;
        domain::progress p;
        p.kind = domain::progress_kind::test_finished;
        p.id = r.id;
        p.correlation_id = r.correlation_id;
        p.user_id = r.user_id;
        p.at = end_of(r);
        p.test = r.tests[i];
        p.test->run.stdout_bytes.clear();
        p.test->run.stderr_bytes.clear();
        p.test_index = static_cast<std::int64_t>(i);
        p.test_count = static_cast<std::int64_t>(r.tests.size());
        all.push_back(route_progress(p));
        all.back().only_if_missing = true;
    }
    return all;
}

emission route_batch(const domain::batch_view& b) {
    emission e;
    e.id = submission_id(b.id);
    e.user_id = b.user_id;
    e.rank = finished_rank;
    e.type = "batch.finished";
    e.status = "finished";
    e.frame = json_text(messages::batch_frame(b));
    return e;
}

}  // namespace sluice::notification
