// See start_checks.hpp.
#include "start_checks.hpp"

#include "sluice/observe/log.hpp"

namespace sluice::submission {

result<void> unless_away(const char* server, const result<void>& connected) {
    if (connected) return {};
    if (connected.error() == errc::invalid || connected.error() == errc::cancelled) {
        return connected.error();
    }
    observe::warn({}, "server_away", {{"server", server}, {"error", connected.error()}});
    return {};
}

awaitable<result<void>> check_schema(const postgres::pool& pool, postgres_outbox& outbox) {
    if (!pool.is_connected()) co_return result<void>();
    const auto counted = co_await outbox.count(1);
    if (counted || !(counted.error() == errc::refused)) co_return result<void>();
    co_return fail(
        errc::refused,
        "the database lacks our tables or rights; run sluice-submission --migrate (" +
            counted.error().detail + ")"
    );
}

}  // namespace sluice::submission
