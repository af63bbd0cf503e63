// See search_jobs.hpp.
#include "search_jobs.hpp"

#include "job_text.hpp"
#include "read_submission.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/observe/log.hpp"

#include <deque>

namespace sluice::submission {
namespace {

constexpr std::size_t page_size = 100;
constexpr std::size_t pieces_at_a_time = 64;

struct followed {
    std::int64_t index = 0;
    submission_id id;
    std::unique_ptr<output_watch> watch;
    told_output told;
};

class follower {
public:
    follower(
        observe::context ctx,
        ports& p,
        job_search search,
        job_listener& listener,
        asio::any_io_executor executor
    )
        : ctx_(std::move(ctx))
        , p_(p)
        , search_(std::move(search))
        , listener_(listener)
        , woken_(std::move(executor)) {
        take_page(std::move(search_.first));
    }

    awaitable<std::optional<rejection>> run() {
        // Nothing is without a result for longer: the sweeper ends what is.
        const deadline until = deadline::in(2 * p_.lifetime);
        for (;;) {
            SLUICE_ASSERT(active_.size() <= followed_at_a_time);
            if (auto no = co_await fill(); no || is_gone_) co_return no;
            if (active_.empty()) co_return std::nullopt;
            if (p_.live->is_draining()) co_return stopping();
            auto woken = co_await woken_.wait(until);
            if (!woken) co_return broken_off(woken.error());
            woken_.reset();
            if (auto no = co_await look_at_all(); no || is_gone_) co_return no;
        }
    }

private:
    void take_page(batch_page page) {
        for (auto& item : page.items)
            waiting_.push_back(std::move(item));
        batch_ = page.view.id;
        has_more_ = page.next_cursor.has_value();
    }

    static rejection stopping() {
        return reject("shutting_down", "this server stops; search again", 1);
    }
    static rejection broken_off(const error& e) {
        if (e == errc::timeout) return reject("request_timeout", "the batch did not end in time");
        return reject("shutting_down", "the search was broken off");
    }

    // Takes up as many of the batch as may be followed; those that have ended pass at once.
    awaitable<std::optional<rejection>> fill() {
        while (active_.size() < followed_at_a_time && !is_gone_) {
            if (waiting_.empty() && has_more_) {
                auto items = co_await p_.batches.items(batch_, last_index_, page_size);
                if (!items) co_return storage_away(ctx_, items.error());
                has_more_ = items->size() == page_size;
                for (auto& item : *items)
                    waiting_.push_back(std::move(item));
            }
            if (waiting_.empty()) co_return std::nullopt;
            followed one;
            one.index = waiting_.front().index;
            one.id = waiting_.front().summary.id;
            const bool has_ended = domain::is_terminal(waiting_.front().summary.status);
            last_index_ = one.index;
            waiting_.pop_front();
            if (auto no = co_await begin(std::move(one), has_ended)) co_return no;
        }
        co_return std::nullopt;
    }

    // Listens first and looks after, so that nothing falls between.
    awaitable<std::optional<rejection>> begin(followed one, bool has_ended) {
        if (!has_ended) {
            if (p_.live->is_draining()) co_return stopping();
            one.watch = p_.live->watch(one.id, woken_);
            const auto listening = co_await one.watch->ready();
            if (!listening) {
                observe::warn(ctx_, "job_not_followed", {{"error", listening.error()}});
                co_return reject("storage_unavailable", "what runs cannot be followed now", 2);
            }
        }
        bool is_over = false;
        if (auto no = co_await look_at_end(one, is_over)) co_return no;
        if (is_over) co_return std::nullopt;
        if (auto no = co_await look_at_output(one)) co_return no;
        active_.push_back(std::move(one));
        co_return std::nullopt;
    }

    awaitable<std::optional<rejection>> look_at_all() {
        for (auto one = active_.begin(); one != active_.end() && !is_gone_;) {
            const bool has_output = one->watch->take_output();
            bool is_over = false;
            if (one->watch->take_end()) {
                if (auto no = co_await look_at_end(*one, is_over)) co_return no;
            }
            if (has_output && !is_over) {
                if (auto no = co_await look_at_output(*one)) co_return no;
            }
            one = is_over ? active_.erase(one) : std::next(one);
        }
        co_return std::nullopt;
    }

    awaitable<std::optional<rejection>> look_at_output(followed& one) {
        for (bool has_more = true; has_more && !is_gone_;) {
            auto pieces = co_await p_.live
                              ->read(one.id, one.told.attempt(), one.told.seq(), pieces_at_a_time);
            if (!pieces) {
                observe::warn(ctx_, "job_output_unread", {{"error", pieces.error()}});
                co_return reject("storage_unavailable", "what runs cannot be followed now", 2);
            }
            has_more = pieces->size() == pieces_at_a_time;
            for (const auto& piece : *pieces) {
                if (one.told.has(piece)) continue;
                const bool is_gap = one.told.take(piece);
                co_await tell_text(one, piece.stream, piece.data, piece.at, is_gap);
                if (is_gone_) break;
            }
        }
        co_return std::nullopt;
    }

    awaitable<std::optional<rejection>> look_at_end(followed& one, bool& is_over) {
        auto found = co_await p_.store.read(search_.owner, one.id);
        if (!found) co_return storage_away(ctx_, found.error());
        is_over = !*found || domain::is_terminal((*found)->status);
        if (!is_over || !*found) co_return std::nullopt;  // or it was deleted meanwhile
        const auto& view = **found;
        job_event end;
        end.index = one.index;
        end.id = one.id;
        end.at = view.created_at;
        end.result = view.status;
        if (view.result) {
            end.at = view.result->times.ended_at.value_or(view.created_at);
            // With a gap the row cannot be joined to what was told; what Redis has still can.
            if (!one.told.is_whole()) {
                if (auto no = co_await look_at_output(one)) co_return no;
            }
            for (const auto& rest : one.told.left(*view.result)) {
                co_await tell_text(one, rest.stream, rest.bytes, end.at, false);
            }
        }
        if (!is_gone_) co_await tell(std::move(end));
        co_return std::nullopt;
    }

    // `bytes` stay where they are until this has ended.
    awaitable<void> tell_text(
        followed& one,
        domain::output_stream stream,
        std::string_view bytes,
        wall_time at,
        bool is_gap
    ) {
        for (const std::string_view part : cut(bytes, job_chunk_bytes)) {
            if (is_gone_) co_return;
            job_event event;
            event.index = one.index;
            event.id = one.id;
            event.at = at;
            event.stream = stream;
            event.text = readable(part);
            event.is_gap = std::exchange(is_gap, false);
            co_await tell(std::move(event));
        }
    }

    awaitable<void> tell(job_event event) {
        const bool is_taken = co_await listener_.tell(std::move(event));
        is_gone_ = is_gone_ || !is_taken;
    }

    observe::context ctx_;
    ports& p_;
    job_search search_;
    job_listener& listener_;
    runtime::event woken_;
    uuid batch_;
    std::deque<batch_item> waiting_;
    std::int64_t last_index_ = -1;
    bool has_more_ = false;
    bool is_gone_ = false;
    std::vector<followed> active_;  // its watches go before the event they set
};

}  // namespace

namespace {

// As if they had come as a batch: the newest `page_size` of those with this id, the oldest first.
awaitable<outcome<batch_page>>
read_singles(observe::context ctx, ports& p, user_id owner, sluice::correlation_id id) {
    history_filter with_id;
    with_id.correlation_id = id;
    const auto found = co_await p.store.list(std::move(owner), std::move(with_id), page_size);
    if (!found) co_return storage_away(ctx, found.error());
    if (found->empty()) {
        co_return reject("not_found", "nothing of yours has this correlation id");
    }
    batch_page page;
    page.view.correlation_id = id;
    for (auto each = found->rbegin(); each != found->rend(); ++each)
        page.items.push_back({std::int64_t(page.items.size()), *each});
    co_return page;
}

}  // namespace

awaitable<outcome<job_search>>
begin_search(observe::context ctx, ports& p, user_id owner, sluice::correlation_id id) {
    job_search search{p.searches->enter(), {}, owner};
    if (!search.place) {
        co_return reject("too_many_requests", "too many searches are followed here", 5);
    }
    const std::optional<std::int64_t> from_its_start;
    auto first = co_await read_batch(ctx, p, owner, id, from_its_start, page_size);
    if (!first && first.error().code == "not_found") {
        first = co_await read_singles(std::move(ctx), p, std::move(owner), id);
    }
    if (!first) co_return first.error();
    search.first = std::move(*first);
    co_return search;
}

awaitable<std::optional<rejection>>
follow_jobs(observe::context ctx, ports& p, job_search search, job_listener& listener) {
    auto executor = co_await asio::this_coro::executor;
    follower all(std::move(ctx), p, std::move(search), listener, std::move(executor));
    co_return co_await all.run();
}

}  // namespace sluice::submission
