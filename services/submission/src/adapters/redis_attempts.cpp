// The keys hold a digest of the login: what people type by mistake (their password, say) stands
// nowhere.
#include "redis_attempts.hpp"

#include "../accounts/tokens.hpp"

#include "sluice/messages/topology.hpp"

namespace sluice::submission {
namespace {

// KEYS: the address, the account (if there is one). ARGV: their limits, the window in ms. Answers
// with the milliseconds to wait, 0: go on.
const redis::script attempt_script(R"(
for i = 1, #KEYS do
    local n = redis.call('INCR', KEYS[i])
    local left = redis.call('PTTL', KEYS[i])
    if left < 0 then
        redis.call('PEXPIRE', KEYS[i], ARGV[3])
        left = tonumber(ARGV[3])
    end
    if n > tonumber(ARGV[i]) then return math.max(left, 1) end
end
return 0)");

const redis::script succeeded_script(R"(
redis.call('DEL', KEYS[2])
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then redis.call('DECR', KEYS[1]) end
return 0)");

std::vector<std::string> keys_of(const std::string& login, const std::string& address) {
    std::vector<std::string> keys{messages::keys::address_attempts(address)};
    if (!login.empty()) keys.push_back(messages::keys::account_attempts(digest_of_token(login)));
    return keys;
}

}  // namespace

awaitable<attempt_verdict> redis_attempts::attempt(std::string login, std::string address) {
    address = counted_address(address);
    std::vector<std::string> arguments{
        std::to_string(rules_.per_address),
        std::to_string(rules_.per_account),
        std::to_string(rules_.window.count())};
    const auto answer =
        co_await client_.eval(attempt_script, keys_of(login, address), std::move(arguments));
    if (!answer) co_return own_.attempt(login, address, time_.steady());
    attempt_verdict out;
    out.is_allowed = answer->integer == 0;
    out.retry_after = std::chrono::milliseconds(answer->integer);
    co_return out;
}

awaitable<void> redis_attempts::succeeded(std::string login, std::string address) {
    address = counted_address(address);
    own_.succeeded(login, address);
    if (login.empty()) co_return;
    std::vector<std::string> none;
    static_cast<void>(
        co_await client_.eval(succeeded_script, keys_of(login, address), std::move(none))
    );
}

}  // namespace sluice::submission
