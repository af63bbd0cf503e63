// Theory of operation. libpq never blocks here: its socket sits in a stream_descriptor which waits
// for it, and which is released (never closed) because libpq owns the descriptor. Every statement
// is a little pipeline: [BEGIN] [PREPARE] EXECUTE, SYNC; the answers come back in that order and
// the pipeline is over when the SYNC is answered. Between send and that answer `is_busy_` is set: a
// caller that is cancelled or times out leaves it set, and the pool then throws the connection away
// instead of reading another's answer.
#include "connection.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/postgres/pool.hpp"
#include "sluice/runtime/with_deadline.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <map>

namespace sluice::postgres {
namespace {

constexpr auto as_tuple_awaitable = asio::as_tuple(asio::use_awaitable);

// Statements kept prepared on one connection; further texts run unprepared. SQL texts are constants
// of the program, so the bound is met only by a bug that builds SQL text at run time.
constexpr std::size_t max_prepared = 256;

// How much longer than the server's own statement_timeout the client waits before it calls the
// server silent.
constexpr std::chrono::milliseconds silence_slack{1000};

std::string first_line(const char* text) {
    std::string line(text ? text : "");
    if (const auto end = line.find('\n'); end != std::string::npos) line.resize(end);
    return line;
}

struct conninfo_deleter {
    void operator()(PQconninfoOption* o) const { PQconninfoFree(o); }
};

// What the URL itself sets.
result<std::map<std::string, std::string>> parse_url(const std::string& url) {
    char* message = nullptr;
    const std::unique_ptr<PQconninfoOption, conninfo_deleter> options(
        PQconninfoParse(url.c_str(), &message)
    );
    if (!options) {
        auto e = fail(errc::invalid, "postgres url: " + first_line(message));
        PQfreemem(message);
        return e;
    }
    std::map<std::string, std::string> set;
    for (const auto* o = options.get(); o->keyword; ++o) {
        if (o->val) set[o->keyword] = o->val;
    }
    return set;
}

// True when libpq would have to ask a name server, which would block the loop.
bool needs_lookup(const std::map<std::string, std::string>& url) {
    const auto host = url.find("host");
    if (host == url.end() || url.contains("hostaddr")) return false;
    if (host->second.empty() || host->second.front() == '/') return false;
    if (host->second.find(',') != std::string::npos) return false;
    boost::system::error_code not_an_address;
    asio::ip::make_address(host->second, not_an_address);
    return static_cast<bool>(not_an_address);
}

}  // namespace

error error_for_sqlstate(std::string_view state, std::string detail) {
    if (state == "23505") {
        return {make_error_code(postgres_errc::unique_violation), std::move(detail)};
    }
    if (state == "40001" || state == "40P01") {
        return {make_error_code(postgres_errc::serialization_failure), std::move(detail)};
    }
    if (state == "57014") return fail(errc::timeout, std::move(detail));
    // Class 53 is the server short of disk, memory or connections: it may take the same later.
    const bool is_away =
        state.starts_with("08") || state.starts_with("57P") || state.starts_with("53");
    return fail(is_away ? errc::unavailable : errc::refused, std::move(detail));
}

error to_error(const PGresult* failed) {
    const auto part = [&](int code) {
        const char* text = PQresultErrorField(failed, code);
        return std::string(text ? text : "");
    };
    const std::string state = part(PG_DIAG_SQLSTATE);
    // The DETAIL part is left out on purpose: it quotes the values of the row.
    std::string detail = state + " " + part(PG_DIAG_MESSAGE_PRIMARY);
    if (state.empty()) detail = first_line(PQresultErrorMessage(failed));
    return error_for_sqlstate(state, std::move(detail));
}

struct connection::batch {
    std::string sql;
    std::string preparing;  // name of the statement that this batch prepares, or empty
    bool begin = false;
};

connection::connection(asio::any_io_executor executor, std::string name, const config& c)
    : executor_(executor)
    , name_(std::move(name))
    , config_(c)
    , socket_(executor)
    , timer_(executor) {}

connection::~connection() {
    timer_.cancel();
    if (socket_.is_open()) socket_.release();  // before PQfinish, which closes it
    if (pg_) PQfinish(pg_);
}

void connection::arm(std::chrono::milliseconds limit) {
    is_expired_ = false;
    timer_.expires_after(limit);
    timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
        auto self = weak.lock();
        // disarm() may have come between the expiry and this call.
        if (ec || !self || self->timer_.expiry() > std::chrono::steady_clock::now()) return;
        self->is_expired_ = true;
        if (self->socket_.is_open()) self->socket_.cancel();
    });
}

void connection::disarm() {
    timer_.expires_at(std::chrono::steady_clock::time_point::max());
}

awaitable<bool> connection::wait(asio::posix::stream_descriptor::wait_type what) {
    if (is_expired_) co_return false;
    auto [ec] = co_await socket_.async_wait(what, as_tuple_awaitable);
    co_return !ec && !is_expired_;
}

error connection::broken() {
    is_broken_ = true;
    if (is_expired_) return fail(errc::timeout, "the server did not answer in time");
    if (PQstatus(pg_) == CONNECTION_BAD) {
        return fail(errc::unavailable, first_line(PQerrorMessage(pg_)));
    }
    return fail(errc::cancelled, "the wait for the server was cancelled");
}

awaitable<result<void>> connection::connect() {
    arm(config_.connect_timeout);
    auto connected = co_await connect_until_done();
    disarm();
    if (!connected) is_broken_ = true;
    co_return connected;
}

// The addresses of the URL's host, comma-separated, found without blocking the loop; "" when none
// is needed.
awaitable<result<std::string>> connection::resolve(std::string url) {
    auto options = parse_url(url);
    if (!options) co_return options.error();
    if (!needs_lookup(*options)) co_return std::string();
    asio::ip::tcp::resolver resolver(executor_);
    const std::string host = (*options)["host"];
    auto [ec, found] = co_await resolver.async_resolve(host, "", as_tuple_awaitable);
    if (ec) co_return fail(errc::unavailable, "host " + host + ": " + ec.message());
    std::string addresses;
    for (const auto& entry : found) {
        if (!addresses.empty()) addresses += ',';
        addresses += entry.endpoint().address().to_string();
    }
    co_return addresses;
}

// PQconnectStart with our session settings. Plans are generic: a custom plan over partitions costs
// more than the statement that it is for (0.45 ms before 0.1 ms), and finds the same indexes. What
// the URL says about keepalives wins over ours; its `options` come after ours, so that they win as
// well.
result<void> connection::start(const std::string& addresses) {
    auto url = parse_url(config_.url.value);
    if (!url) return url.error();
    const std::string options =
        "-c statement_timeout=" + std::to_string(config_.statement_timeout.count()) +
        " -c timezone=UTC -c datestyle=ISO -c bytea_output=hex"
        " -c plan_cache_mode=force_generic_plan " +
        (*url)["options"];
    std::string hosts;
    for (std::size_t i = 0; !addresses.empty() && i <= addresses.size(); ++i) {
        if (i == addresses.size() || addresses[i] == ',') {
            hosts += (hosts.empty() ? "" : ",") + (*url)["host"];
        }
    }
    std::vector<const char*> names = {
        "keepalives_idle",
        "keepalives_interval",
        "keepalives_count",
        "tcp_user_timeout"};
    std::vector<const char*> values = {"15", "5", "3", "30000"};
    const auto add = [&](const char* name, const std::string& value) {
        names.push_back(name);
        values.push_back(value.c_str());
    };
    const std::string application = "sluice/" + name_;
    const std::string encoding = "UTF8";
    add("dbname", config_.url.value);
    if (!addresses.empty()) {
        add("host", hosts);
        add("hostaddr", addresses);
    }
    add("options", options);
    add("client_encoding", encoding);
    add("fallback_application_name", application);
    names.push_back(nullptr);
    values.push_back(nullptr);
    pg_ = PQconnectStartParams(names.data(), values.data(), 1);
    SLUICE_ASSERT(pg_ != nullptr);
    if (PQstatus(pg_) == CONNECTION_BAD) {
        return fail(errc::unavailable, first_line(PQerrorMessage(pg_)));
    }
    PQsetNoticeProcessor(
        pg_,
        [](void*, const char*) {},
        nullptr
    );  // libpq would print them to stderr
    return {};
}

awaitable<result<void>> connection::connect_until_done() {
    auto addresses = co_await resolve(config_.url.value);
    if (!addresses) co_return addresses.error();
    SLUICE_CO_TRY(start(*addresses));
    auto step = PGRES_POLLING_WRITING;
    while (step != PGRES_POLLING_OK) {
        if (step == PGRES_POLLING_FAILED) {
            co_return fail(errc::unavailable, first_line(PQerrorMessage(pg_)));
        }
        // libpq may have closed one socket and opened another under the same number, so it is
        // registered again before every wait.
        if (socket_.is_open()) socket_.release();
        boost::system::error_code ec;
        socket_.assign(PQsocket(pg_), ec);
        if (ec) co_return fail(errc::io, ec.message());
        const auto what = step == PGRES_POLLING_WRITING ? asio::posix::stream_descriptor::wait_write
                                                        : asio::posix::stream_descriptor::wait_read;
        if (!co_await wait(what)) {
            co_return fail(errc::unavailable, "no connection within connect_timeout");
        }
        step = PQconnectPoll(pg_);
    }
    PQsetnonblocking(pg_, 1);
    if (!PQenterPipelineMode(pg_)) {
        co_return fail(errc::internal, first_line(PQerrorMessage(pg_)));
    }
    co_return result<void>();
}

result<connection::batch>
connection::send(const std::string& sql, const std::vector<param>& params, bool begin) {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
    for (const auto& p : params) {
        if (const auto* text = std::get_if<std::string>(&p.value())) {
            if (text->find('\0') != std::string::npos) {
                return fail(errc::invalid, "a NUL byte in a text parameter");
            }
            values.push_back(text->c_str());
            lengths.push_back(static_cast<int>(text->size()));
            formats.push_back(0);
        } else if (const auto* b = std::get_if<bytes>(&p.value())) {
            values.push_back(b->value.data());
            lengths.push_back(static_cast<int>(b->value.size()));
            formats.push_back(1);
        } else {
            values.push_back(nullptr);
            lengths.push_back(0);
            formats.push_back(0);
        }
    }
    const int count = static_cast<int>(params.size());
    batch b{.sql = sql, .preparing = {}, .begin = begin};
    const auto send_params = [&](const char* text, int n) {
        return PQsendQueryParams(
                   pg_,
                   text,
                   n,
                   nullptr,
                   values.data(),
                   lengths.data(),
                   formats.data(),
                   0
               ) == 1;
    };
    is_busy_ = true;
    bool is_sent = !begin || send_params("BEGIN", 0);
    auto known = prepared_.find(sql);
    if (known == prepared_.end() && prepared_.size() >= max_prepared) {
        is_sent = is_sent && send_params(sql.c_str(), count);
    } else {
        if (known == prepared_.end()) {
            b.preparing = "s" + std::to_string(next_statement_++);
            is_sent = is_sent && PQsendPrepare(pg_, b.preparing.c_str(), sql.c_str(), 0, nullptr);
        }
        const std::string& name = b.preparing.empty() ? known->second : b.preparing;
        is_sent = is_sent && PQsendQueryPrepared(
                                 pg_,
                                 name.c_str(),
                                 count,
                                 values.data(),
                                 lengths.data(),
                                 formats.data(),
                                 0
                             );
    }
    if (!is_sent || !PQpipelineSync(pg_)) return broken();
    return b;
}

awaitable<result<void>> connection::flush() {
    for (;;) {
        const int left = PQflush(pg_);
        if (left == 0) co_return result<void>();
        if (left < 0 || !co_await wait(asio::posix::stream_descriptor::wait_write)) {
            co_return broken();
        }
        // The server may have to be read before it reads on.
        if (!PQconsumeInput(pg_)) co_return broken();
    }
}

// The next PGresult of the pipeline; the nulls that end each command are skipped.
awaitable<result<result_ptr>> connection::next_result() {
    for (;;) {
        while (PQisBusy(pg_)) {
            if (!co_await wait(asio::posix::stream_descriptor::wait_read)) co_return broken();
            if (!PQconsumeInput(pg_)) co_return broken();
        }
        result_ptr next(PQgetResult(pg_));
        if (PQstatus(pg_) == CONNECTION_BAD) co_return broken();
        if (next) co_return std::move(next);
    }
}

// Reads the answers of one batch up to its SYNC. The first error is the batch's; the rest is
// skipped by the server.
awaitable<result<rows>> connection::collect(batch b) {
    std::optional<error> failure;
    result_ptr last;
    int answers = 0;
    const int prepare_at = b.preparing.empty() ? -1 : (b.begin ? 1 : 0);
    for (;;) {
        auto next = co_await next_result();
        if (!next) co_return next.error();
        const auto status = PQresultStatus(next->get());
        if (status == PGRES_PIPELINE_SYNC) break;
        if (status == PGRES_FATAL_ERROR && !failure) {
            failure = to_error(next->get());
            const char* state = PQresultErrorField(next->get(), PG_DIAG_SQLSTATE);
            // A plan that a schema change made invalid, or a statement that the server forgot.
            if (state &&
                (std::string_view(state) == "0A000" || std::string_view(state) == "26000")) {
                forget(b.sql);
            }
        } else if (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK) {
            if (answers == prepare_at) prepared_[b.sql] = b.preparing;
            last = std::move(*next);
        }
        ++answers;
    }
    is_busy_ = false;
    if (failure) co_return std::move(*failure);
    auto table = std::make_unique<row::storage>();
    table->result = std::move(last);
    co_return rows(std::move(table));
}

awaitable<result<rows>> connection::run(std::string sql, std::vector<param> params, bool begin) {
    SLUICE_ASSERT(is_usable());
    stop_watching();
    const bool was_prepared = prepared_.contains(sql);
    auto sent = send(sql, params, begin);
    if (!sent) co_return sent.error();
    if (config_.statement_timeout.count() > 0) arm(config_.statement_timeout + silence_slack);
    auto flushed = co_await flush();
    if (!flushed) co_return flushed.error();
    auto answer = co_await collect(std::move(*sent));
    disarm();
    const bool is_stale = !answer && was_prepared && !prepared_.contains(sql);
    if (is_stale && is_usable() && !is_in_transaction()) {
        // Nothing was done; prepared afresh it fails for its own reasons only.
        co_return co_await run(std::move(sql), std::move(params), begin);
    }
    co_return answer;
}

bool connection::is_usable() const {
    return pg_ && !is_broken_ && !is_busy_ && PQstatus(pg_) == CONNECTION_OK;
}

bool connection::is_in_transaction() const {
    return PQtransactionStatus(pg_) != PQTRANS_IDLE;
}

void connection::watch_idle(std::function<void()> on_lost) {
    const auto number = ++watch_number_;
    socket_.async_wait(
        asio::posix::stream_descriptor::wait_read,
        [weak = weak_from_this(), number, on_lost](boost::system::error_code ec) {
            auto self = weak.lock();
            if (ec || !self || self->watch_number_ != number) return;
            // Read what came: a notice is dropped, a goodbye marks the connection as bad.
            if (PQconsumeInput(self->pg_)) PQisBusy(self->pg_);
            if (self->is_usable()) {
                self->watch_idle(on_lost);
            } else {
                self->is_broken_ = true;
                on_lost();
            }
        }
    );
}

void connection::stop_watching() {
    ++watch_number_;
    socket_.cancel();
}

}  // namespace sluice::postgres
