// See account_service.hpp.
#include "account_service.hpp"

namespace sluice::submission {
namespace {

hash_costs hash_costs_of(const passwords_section& c) {
    hash_costs out;
    out.memory_bytes = static_cast<std::size_t>(c.hash_memory.value);
    out.iterations = static_cast<unsigned long long>(c.hash_iterations);
    out.threads = static_cast<std::size_t>(c.hash_threads);
    out.max_waiting = static_cast<std::size_t>(c.max_waiting);
    return out;
}

attempt_rules attempt_rules_of(const attempts_section& c) {
    return {c.per_account, c.per_address, c.window};
}

account_rules account_rules_of(const auth_section& c) {
    account_rules out;
    out.is_strict = c.passwords.strict;
    out.may_register = c.registration;
    out.session_lifetime = c.sessions.lifetime;
    out.session_idle = c.sessions.idle;
    out.max_sessions = c.sessions.max_per_user;
    out.max_keys = c.max_keys_per_user;
    return out;
}

}  // namespace

account_service::account_service(
    asio::any_io_executor executor,
    postgres::pool& pool,
    redis::client& redis,
    const clock& time,
    const auth_section& c
)
    : accounts_(pool)
    , owners_(pool)
    , tokens_(pool)
    , shared_tokens_(redis)
    , hasher_(hash_costs_of(c.passwords))
    , attempts_(redis, time, attempt_rules_of(c.attempts))
    , issued_(tokens_, shared_tokens_, time, account_rules_of(c))
    , ports_{accounts_, tokens_, shared_tokens_, issued_, hasher_, attempts_, time, account_rules_of(c)}
    , keeper_(executor, tokens_, shared_tokens_, issued_, time, account_rules_of(c))
    , login_(ports_) {}

}  // namespace sluice::submission
