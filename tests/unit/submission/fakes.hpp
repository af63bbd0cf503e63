// In-memory ports, and one world that holds them all. What happened is kept in one list of words,
// in order, because the order is what most of these tests are about.
#pragma once

#include "ports.hpp"

#include "sluice/runtime/event.hpp"

#include <boost/asio/io_context.hpp>

#include <map>
#include <string>
#include <vector>

namespace sluice::submission::testing {

using happenings = std::vector<std::string>;

class fixed_clock final : public clock {
public:
    wall_time now() const override { return from_unix_ms(1'763'700'000'000); }
    steady_time steady() const override { return steady_; }
    void advance(std::chrono::milliseconds by) { steady_ += by; }

private:
    steady_time steady_{std::chrono::hours(1)};
};

class fake_store final : public submission_store {
public:
    explicit fake_store(happenings& said) : said_(said) {}

    awaitable<result<insert_outcome>> insert(new_submission row) override {
        said_.push_back("insert");
        if (is_away) co_return fail(errc::unavailable);
        mail_to = row.mail_to;
        insert_outcome out{insert_outcome::kind::inserted, row.task.id};
        if (row.idempotency) {
            const auto [held, is_new] = keys.try_emplace(
                row.idempotency->key,
                row.task.id,
                row.idempotency->request_sha256
            );
            if (!is_new) {
                out.id = held->second.first;
                const bool is_same = held->second.second == row.idempotency->request_sha256;
                out.what =
                    is_same ? insert_outcome::kind::replayed : insert_outcome::kind::conflicting;
                co_return out;
            }
        }
        domain::submission_view view;
        view.id = row.task.id;
        view.user_id = row.task.user_id;
        view.correlation_id = row.task.correlation_id;
        view.language = row.task.language;
        view.created_at = row.task.created_at;
        view.limits = row.task.limits;
        rows[view.id] = view;
        co_return out;
    }
    awaitable<result<std::optional<insert_outcome>>> earlier(user_id, idempotency key, wall_time)
        override {
        std::optional<insert_outcome> out;
        const auto held = keys.find(key.key);
        if (held == keys.end()) co_return out;
        const bool is_same = held->second.second == key.request_sha256;
        using kind = insert_outcome::kind;
        out = insert_outcome{is_same ? kind::replayed : kind::conflicting, held->second.first};
        co_return out;
    }
    awaitable<result<std::optional<domain::submission_view>>> read(user_id owner, submission_id id)
        override {
        said_.push_back("read");
        if (is_away) co_return fail(errc::unavailable);
        std::optional<domain::submission_view> out;
        const auto found = rows.find(id);
        if (found != rows.end() && found->second.user_id == owner) out = found->second;
        co_return out;
    }
    awaitable<result<std::vector<submission_summary>>>
    list(user_id owner, history_filter filter, std::size_t limit) override {
        const auto before = filter.before;
        if (is_away) co_return fail(errc::unavailable);
        std::vector<submission_summary> out;
        for (auto row = rows.rbegin(); row != rows.rend() && out.size() < limit; ++row) {
            if (row->second.user_id != owner || (before && row->first >= *before)) continue;
            submission_summary s;
            s.id = row->first;
            s.status = row->second.status;
            out.push_back(s);
        }
        co_return out;
    }
    awaitable<result<bool>> request_cancel(user_id owner, submission_id id, wall_time) override {
        said_.push_back("request_cancel");
        if (is_away) co_return fail(errc::unavailable);
        const auto found = rows.find(id);
        co_return found != rows.end() && found->second.user_id == owner && !found->second.result;
    }
    void finish(submission_id id, domain::status status) {
        rows[id].status = status;
        domain::run_result r;
        r.id = id;
        r.status = status;
        rows[id].result = r;
    }

    bool is_away = false;
    std::map<submission_id, domain::submission_view> rows;
    std::map<std::string, std::pair<submission_id, std::string>> keys;
    std::optional<std::string> mail_to;  // of the last one

private:
    happenings& said_;
};

class fake_batches final : public batch_store {
public:
    explicit fake_batches(happenings& said) : said_(said) {}

    awaitable<result<batch_insert_outcome>> insert(new_batch batch) override {
        said_.push_back("insert batch");
        if (is_away) co_return fail(errc::unavailable);
        batch_insert_outcome out{batch_insert_outcome::kind::inserted, batch.id};
        if (batch.idempotency) {
            const auto [held, is_new] = keys.try_emplace(
                batch.idempotency->key,
                batch.id,
                batch.idempotency->request_sha256
            );
            if (!is_new) {
                out.id = held->second.first;
                const bool is_same = held->second.second == batch.idempotency->request_sha256;
                using kind = batch_insert_outcome::kind;
                out.what = is_same ? kind::replayed : kind::conflicting;
                co_return out;
            }
        }
        for (const auto& known : rows) {
            const bool is_same_owner = known.owner == batch.owner;
            if (is_same_owner && known.correlation_id == batch.correlation_id) {
                out.what = batch_insert_outcome::kind::exists;
                co_return out;
            }
        }
        rows.push_back(std::move(batch));
        co_return out;
    }
    awaitable<result<std::optional<stored_batch>>> read(user_id owner, sluice::correlation_id id)
        override {
        if (is_away) co_return fail(errc::unavailable);
        std::optional<stored_batch> out;
        for (const auto& b : rows) {
            if (b.owner != owner || b.correlation_id != id) continue;
            out.emplace();
            out->view.id = b.id;
            out->view.correlation_id = id;
            out->view.size = static_cast<std::int64_t>(b.items.size());
            out->view.created_at = b.created_at;
            out->view.counts[domain::status::queued] = out->view.size;
            for (const auto& item : b.items)
                out->unfinished.push_back(item.task.id);
        }
        co_return out;
    }
    awaitable<result<std::optional<sluice::correlation_id>>> name_of(user_id owner, uuid id)
        override {
        std::optional<sluice::correlation_id> out;
        for (const auto& b : rows) {
            if (b.owner == owner && b.id == id) out = b.correlation_id;
        }
        co_return out;
    }
    awaitable<result<std::vector<batch_item>>>
    items(uuid id, std::optional<std::int64_t> after, std::size_t limit) override {
        std::vector<batch_item> out;
        for (const auto& b : rows) {
            if (b.id != id) continue;
            for (std::size_t i = 0; i < b.items.size() && out.size() < limit; ++i) {
                const auto index = static_cast<std::int64_t>(i);
                if (index <= after.value_or(-1)) continue;
                batch_item item;
                item.index = index;
                item.summary.id = b.items[i].task.id;
                out.push_back(item);
            }
        }
        co_return out;
    }

    bool is_away = false;
    std::vector<new_batch> rows;
    std::map<std::string, std::pair<uuid, std::string>> keys;

private:
    happenings& said_;
};

class fake_queue final : public task_queue {
public:
    explicit fake_queue(happenings& said) : said_(said) {}
    awaitable<result<void>> publish(outgoing_task task) override {
        said_.push_back("publish");
        published.push_back(task);
        if (on_publish) on_publish(task.id);
        if (is_away) co_return fail(errc::unavailable);
        co_return result<void>();
    }
    void announce(const outgoing_task&) override { said_.push_back("announce"); }
    bool is_connected() const override { return !is_away; }

    bool is_away = false;
    std::vector<outgoing_task> published;
    std::function<void(submission_id)> on_publish;

private:
    happenings& said_;
};

class fake_marks final : public publication_marks {
public:
    void published(submission_id id) override { ids.push_back(id); }
    std::vector<submission_id> ids;
};

class fake_waiter final : public finish_waiter {
public:
    fake_waiter(asio::any_io_executor executor, happenings& said)
        : executor_(std::move(executor)), said_(said) {}

    std::unique_ptr<finish_watch> watch(submission_id id) override {
        said_.push_back("watch");
        return std::make_unique<one>(*this, id);
    }
    void finished(submission_id id) { event_of(id).set(); }

    bool is_away = false;

private:
    class one final : public finish_watch {
    public:
        one(fake_waiter& owner, submission_id id) : owner_(owner), id_(id) {}
        awaitable<result<void>> ready() override {
            owner_.said_.push_back("ready");
            if (owner_.is_away) co_return fail(errc::unavailable);
            co_return result<void>();
        }
        awaitable<result<void>> next(deadline until) override {
            owner_.said_.push_back("next");
            auto woken = co_await owner_.event_of(id_).wait(until);
            if (woken) owner_.event_of(id_).reset();
            co_return woken;
        }

    private:
        fake_waiter& owner_;
        submission_id id_;
    };
    runtime::event& event_of(submission_id id) {
        auto& e = events_[id];
        if (!e) e = std::make_unique<runtime::event>(executor_);
        return *e;
    }

    asio::any_io_executor executor_;
    happenings& said_;
    std::map<submission_id, std::unique_ptr<runtime::event>> events_;
};

class fake_states final : public state_reader {
public:
    awaitable<std::vector<bool>> running(std::vector<submission_id> ids) override {
        std::vector<bool> out;
        for (const auto& id : ids) {
            out.push_back(std::find(known.begin(), known.end(), id) != known.end());
        }
        co_return out;
    }
    std::vector<submission_id> known;
};

class fake_workers final : public worker_reader {
public:
    const worker_knowledge& last_known() const override { return last; }
    awaitable<worker_knowledge> fresh() override {
        last = now;
        co_return now;
    }
    void know(std::string id, bool is_available, std::string reason = "") {
        now.is_known = true;
        domain::language_availability a;
        a.id = std::move(id);
        a.is_available = is_available;
        a.reason = std::move(reason);
        now.languages.push_back(a);
        last = now;
    }
    worker_knowledge last, now;
};

class fake_tickets final : public ticket_store {
public:
    awaitable<result<void>> put(std::string ticket, ticket_maker maker, std::chrono::seconds lives)
        override {
        if (is_away) co_return fail(errc::unavailable);
        stored[std::move(ticket)] = {std::move(maker.owner), lives};
        co_return result<void>();
    }
    bool is_away = false;
    std::map<std::string, std::pair<user_id, std::chrono::seconds>> stored;
};

class fake_control final : public control_sender {
public:
    explicit fake_control(happenings& said) : said_(said) {}
    awaitable<result<void>> cancel(submission_id) override {
        said_.push_back("cancel");
        if (is_away) co_return fail(errc::unavailable);
        co_return result<void>();
    }
    bool is_away = false;

private:
    happenings& said_;
};

class fake_ids final : public id_source {
public:
    submission_id next_submission(wall_time now) override {
        return submission_id(uuid::time_v7(unix_ms(now)));
    }
    sluice::correlation_id next_correlation() override {
        return sluice::correlation_id(uuid::random_v4());
    }
    std::string next_ticket() override { return "ticket-" + std::to_string(++tickets_); }

private:
    int tickets_ = 0;
};

inline std::vector<domain::language> small_catalogue() {
    domain::language python;
    python.id = "python3";
    python.name = "Python 3";
    python.aliases = {"python"};
    python.source_file = "main.py";
    python.extensions = {".py"};
    python.run = {"/usr/bin/python3", "{source}", "{args}"};
    python.packages = {"python3"};
    return {python};
}

struct world {
    happenings said;
    asio::io_context io;
    fixed_clock time;
    std::vector<domain::language> languages = small_catalogue();
    fake_store store{said};
    fake_batches batches{said};
    fake_queue queue{said};
    fake_marks marks;
    outbox_level outbox{
        2,
        observe::metrics::instance().get_gauge(
            "sluice_submission_outbox_pending",
            "accepted tasks that the broker has not confirmed"
        )};
    fake_waiter waiter{io.get_executor(), said};
    fake_states states;
    fake_workers workers;
    fake_tickets tickets;
    fake_ids ids;
    fake_control control{said};
    ports p{
        store,
        batches,
        queue,
        marks,
        outbox,
        waiter,
        states,
        workers,
        tickets,
        ids,
        time,
        languages,
        domain::limit_policy::from_table(),
        5,
        std::chrono::hours(1),
        std::chrono::hours(24),
        probe::make(),
        &control};
};

}  // namespace sluice::submission::testing
