// One libpq connection on the loop, in pipeline mode for its whole life: whatever belongs together
// (BEGIN, PREPARE, the statement) leaves in one write and costs one round trip. One statement at a
// time.
#pragma once

#include "table.hpp"

#include "sluice/core/error.hpp"
#include "sluice/postgres/config.hpp"
#include "sluice/runtime/asio_fwd.hpp"

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace sluice::postgres {

// What the server or libpq said, as an error: SQLSTATE decides the code, its text is the detail.
error to_error(const PGresult* failed);
error error_for_sqlstate(std::string_view sqlstate, std::string detail);

class connection : public std::enable_shared_from_this<connection> {
public:
    connection(asio::any_io_executor executor, std::string name, const config& c);
    ~connection();
    connection(const connection&) = delete;
    connection& operator=(const connection&) = delete;

    awaitable<result<void>> connect();

    // One statement; `begin` sends BEGIN in front of it in the same write. Not usable afterwards if
    // the caller went away in the middle, the server did not answer in time, or the connection
    // broke.
    awaitable<result<rows>> run(std::string sql, std::vector<param> params, bool begin);

    // False: broken, or an answer is still outstanding; close it and make another.
    bool is_usable() const;
    bool is_in_transaction() const;
    bool has_failed_transaction() const { return PQtransactionStatus(pg_) == PQTRANS_INERROR; }

    // Calls `on_lost` when the server hangs up while nobody uses the connection; until the next
    // run().
    void watch_idle(std::function<void()> on_lost);
    void stop_watching();

private:
    struct batch;
    awaitable<result<void>> connect_until_done();
    awaitable<result<std::string>> resolve(std::string url);
    result<void> start(const std::string& addresses);
    result<batch> send(const std::string& sql, const std::vector<param>& params, bool begin);
    awaitable<result<void>> flush();
    awaitable<result<result_ptr>> next_result();
    awaitable<result<rows>> collect(batch b);
    awaitable<bool> wait(asio::posix::stream_descriptor::wait_type what);
    error broken();
    void arm(std::chrono::milliseconds limit);
    void disarm();
    void forget(const std::string& sql) { prepared_.erase(sql); }

    asio::any_io_executor executor_;
    std::string name_;
    config config_;
    PGconn* pg_ = nullptr;
    asio::posix::stream_descriptor socket_;
    asio::steady_timer timer_;  // the client's own limit, for a server that went silent
    std::unordered_map<std::string, std::string> prepared_;  // SQL text → statement name
    std::uint64_t watch_number_ = 0;
    int next_statement_ = 0;
    bool is_busy_ = false;
    bool is_expired_ = false;
    bool is_broken_ = false;
};

}  // namespace sluice::postgres
