// See webhook_dispatcher.hpp.
#include "webhook_dispatcher.hpp"

#include "sluice/observe/log.hpp"

#include <random>

namespace sluice::notification {

std::string_view name_of(webhook_event e) {
    return e == webhook_event::batch_finished ? "batch.finished" : "submission.finished";
}

observe::context context_of(const webhook_delivery& d) {
    observe::context c;
    c.user_id = d.user_id;
    if (d.event == webhook_event::submission_finished) c.submission_id = d.subject.to_string();
    return c;
}

namespace {

constexpr std::chrono::seconds housekeeping_interval{30};
constexpr int max_settle_tries = 5;

std::uint64_t random_number() {
    static std::mt19937_64 source{std::random_device{}()};
    return source();
}

void note_settled(
    const char* channel,
    const webhook_delivery& d,
    const webhook_answer& a,
    const webhook_verdict& v
) {
    observe::info(
        context_of(d),
        std::string(channel) + "_settled",
        {{"delivery_id", d.id.to_string()},
         {"host", d.host},
         {"attempt", d.attempt},
         {"http_status", a.http_status.value_or(0)},
         {"error", a.error},
         {"is_delivered", v.what == webhook_verdict::kind::delivered},
         {"is_last", v.what != webhook_verdict::kind::again}}
    );
}

std::string metric(const delivery_channel& c, const char* what) {
    return std::string("sluice_notification_") + c.name() + what;
}

observe::counter count_of(const delivery_channel& c, const char* outcome) {
    return observe::metrics::instance().get_counter(
        metric(c, "_attempts_total"),
        "Attempts to deliver, by what came of them",
        {{"outcome", outcome}}
    );
}

void remove_one(std::map<std::string, std::int64_t>& counts, const std::string& name) {
    const auto found = counts.find(name);
    if (found != counts.end() && --found->second <= 0) counts.erase(found);
}

}  // namespace

webhook_dispatcher::webhook_dispatcher(
    asio::any_io_executor executor,
    webhook_queue& queue,
    delivery_channel& channel,
    const clock& time,
    delivery_settings settings,
    runtime::gate& deliveries
)
    : queue_(queue)
    , channel_(channel)
    , time_(time)
    , settings_(std::move(settings))
    , deliveries_(deliveries)
    , wanted_(executor)
    , delivered_(count_of(channel, "delivered"))
    , retried_(count_of(channel, "retried"))
    , failed_(count_of(channel, "failed"))
    , in_flight_gauge_(observe::metrics::instance().get_gauge(
          metric(channel, "s_in_flight"),
          "Deliveries that are being sent"
      ))
    , due_gauge_(observe::metrics::instance().get_gauge(
          metric(channel, "s_due"),
          "Deliveries that are due and wait for a place, up to 10000"
      ))
    , seconds_(observe::metrics::instance().get_histogram(
          metric(channel, "_seconds"),
          "Duration of one attempt to deliver",
          observe::seconds_buckets()
      )) {}

void webhook_dispatcher::stop() {
    is_stopping_ = true;
    wanted_.set();
}

awaitable<void> webhook_dispatcher::run() {
    while (!is_stopping_) {
        wanted_.reset();
        co_await start_due();
        co_await keep_house();
        if (is_stopping_) co_return;
        const auto woken = co_await wanted_.wait(deadline::in(settings_.interval));
        if (!woken && woken.error() == errc::cancelled) co_return;
    }
}

awaitable<std::size_t> webhook_dispatcher::start_due() {
    std::size_t started = 0;
    while (!is_stopping_ && in_flight_ < settings_.concurrency) {
        webhook_limits limits;
        limits.free_places = settings_.concurrency - in_flight_;
        limits.per_host = settings_.per_host;
        limits.per_user = settings_.per_user;
        // Whoever outlives this was not slow: it is gone.
        limits.lease = 2 * settings_.timeout + std::chrono::seconds(10);
        auto claimed = co_await queue_.claim(limits, load_);
        if (!claimed) {
            observe::warn({}, "delivery_claim_failed", {{"error", claimed.error()}});
            co_return started;
        }
        if (claimed->empty()) co_return started;
        for (webhook_delivery& d : *claimed) {
            take_place(d);
            const webhook_delivery copy = d;
            // Dropped unstarted while draining: its lease ends by itself.
            if (!deliveries_.spawn(channel_.name(), deliver(std::move(d)))) give_place(copy);
            ++started;
        }
    }
    co_return started;
}

awaitable<void> webhook_dispatcher::deliver(webhook_delivery d) {
    std::string failure;
    try {
        co_await try_once(d);
    } catch (const std::exception& e) {
        failure = e.what();
    }
    // The lease brings it back.
    if (!failure.empty()) observe::error(context_of(d), "delivery_broke", {{"message", failure}});
    give_place(d);
    wake();
}

awaitable<void> webhook_dispatcher::try_once(webhook_delivery d) {
    webhook_answer answer;
    webhook_verdict verdict;
    auto tried = co_await channel_.attempt(d);
    if (!tried) {
        observe::warn(context_of(d), "delivery_unread", {{"error", tried.error()}});
        co_return;
    }
    if (!*tried) {
        answer.error = "what this told of has been deleted";
        answer.at = time_.now();
    } else {
        answer = std::move(**tried);
        verdict = judge(d, answer, settings_.retries, time_.now(), random_number());
        seconds_.observe(std::chrono::duration<double>(answer.took).count());
    }
    co_await settle(std::move(d), std::move(answer), verdict);
}

awaitable<void>
webhook_dispatcher::settle(webhook_delivery d, webhook_answer answer, webhook_verdict verdict) {
    using kind = webhook_verdict::kind;
    auto& counter = verdict.what == kind::delivered ? delivered_
                    : verdict.what == kind::again   ? retried_
                                                    : failed_;
    counter.increment();
    // Unsettled it would be sent again when its lease ends, which is worth some patience.
    for (int tries = 1;; ++tries) {
        const auto settled = co_await queue_.settle(d, answer, verdict);
        if (settled) co_return note_settled(channel_.name(), d, answer, verdict);
        if (tries == max_settle_tries || is_stopping_) {
            observe::warn(context_of(d), "delivery_unsettled", {{"error", settled.error()}});
            co_return;
        }
        runtime::event pause(co_await asio::this_coro::executor);
        const auto waited = co_await pause.wait(deadline::in(std::chrono::milliseconds(200)));
        if (waited.error() == errc::cancelled) co_return;
    }
}

awaitable<void> webhook_dispatcher::keep_house() {
    if (time_.steady() < next_housekeeping_) co_return;
    next_housekeeping_ = time_.steady() + housekeeping_interval;
    const auto gone = co_await queue_.forget(settings_.keep);
    if (!gone) {
        observe::warn({}, "delivery_retention_failed", {{"error", gone.error()}});
    } else if (*gone > 0) {
        observe::info({}, "deliveries_forgotten", {{"deliveries", *gone}});
    }
    const auto due = co_await queue_.due();
    if (due) due_gauge_.set(static_cast<double>(*due));
}

void webhook_dispatcher::take_place(const webhook_delivery& d) {
    ++in_flight_;
    ++load_.hosts[d.host];
    ++load_.users[d.user_id];
    in_flight_gauge_.add(1);
}

void webhook_dispatcher::give_place(const webhook_delivery& d) {
    --in_flight_;
    remove_one(load_.hosts, d.host);
    remove_one(load_.users, d.user_id);
    in_flight_gauge_.add(-1);
}

}  // namespace sluice::notification
