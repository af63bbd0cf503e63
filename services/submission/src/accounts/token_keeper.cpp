// See token_keeper.hpp. Each of the three may fail; it is tried again at its next turn.
#include "token_keeper.hpp"

#include "sluice/observe/log.hpp"

#include <utility>

namespace sluice::submission {
namespace {

constexpr std::size_t revocations_at_once = 500;

}  // namespace

token_keeper::token_keeper(
    asio::any_io_executor executor,
    token_store& store,
    shared_tokens& shared,
    issued_tokens& tokens,
    const clock& time,
    account_rules rules
)
    : store_(store)
    , shared_(shared)
    , tokens_(tokens)
    , time_(time)
    , rules_(rules)
    , stopped_(std::move(executor)) {}

awaitable<void> token_keeper::run() {
    for (int turn = 1;; turn = turn % turns_between_removals + 1) {
        const auto ended = co_await stopped_.wait(deadline::in(revocation_interval));
        const bool is_last = ended || ended.error() != errc::timeout;
        co_await tell_withdrawn();
        co_await tell_revocations();
        if (is_last || turn % turns_between_uses == 0) co_await write_uses();
        if (is_last) co_return;
        if (turn == turns_between_removals) co_await remove_expired();
    }
}

void token_keeper::withdraw(std::vector<std::string> gone, const std::vector<std::string>& come) {
    for (std::string& one : gone) {
        come_.erase(one);
        gone_.insert(std::move(one));
    }
    come_.insert(come.begin(), come.end());
}

awaitable<void> token_keeper::tell_withdrawn() {
    if (gone_.empty() && come_.empty()) co_return;
    auto gone = std::exchange(gone_, {});
    auto come = std::exchange(come_, {});
    std::vector<std::string> revoked(gone.begin(), gone.end());
    std::vector<std::string> welcome(come.begin(), come.end());
    auto told = co_await shared_.revoked(std::move(revoked));
    if (told) told = co_await shared_.forget(std::move(welcome));
    if (told) {
        observe::info({}, "configured_tokens_withdrawn", {{"count", gone.size()}});
        co_return;
    }
    // Next turn; what has changed once more meanwhile is newer.
    std::erase_if(come, [this](const std::string& one) { return gone_.contains(one); });
    gone_.merge(gone);
    come_.merge(come);
}

awaitable<void> token_keeper::write_uses() {
    auto uses = tokens_.take_uses();
    if (uses.empty()) co_return;
    std::vector<token_use> rows;
    std::vector<std::string> sessions;
    std::vector<std::string> keys;
    for (auto& [sha256, one] : uses) {
        token_use row;
        row.id = one.id;
        row.at = one.at;
        rows.push_back(row);
        (one.kind == token_kind::session ? sessions : keys).push_back(sha256);
    }
    const auto done = co_await store_.used(std::move(rows));
    if (!done) observe::warn({}, "token_uses_lost", {{"error", done.error()}});
    static_cast<void>(co_await shared_.used(std::move(sessions), rules_.session_idle));
    static_cast<void>(co_await shared_.used(std::move(keys), rules_.shared_lifetime));
}

awaitable<void> token_keeper::tell_revocations() {
    auto left = co_await store_.revocations_left(revocations_at_once);
    if (!left || left->empty()) co_return;
    tokens_.forget(*left);
    const auto told = co_await shared_.revoked(*left);
    if (!told) co_return;
    const std::size_t count = left->size();
    const auto done = co_await store_.forget_revocations(std::move(*left));
    if (done) {
        observe::info({}, "revocations_made_up_for", {{"count", count}});
    } else {
        observe::warn({}, "revocations_not_cleared", {{"error", done.error()}});
    }
}

awaitable<void> token_keeper::remove_expired() {
    const wall_time now = time_.now();
    const auto gone = co_await store_.remove_expired(now, now - rules_.session_idle);
    if (gone && *gone > 0) observe::info({}, "tokens_expired", {{"count", *gone}});
}

}  // namespace sluice::submission
