// Prints to stdout because a person, or a script, called it.
#include "accounts_tool.hpp"

#include "accounts/names.hpp"
#include "accounts/tokens.hpp"
#include "adapters/argon2_hasher.hpp"
#include "adapters/postgres_accounts.hpp"

#include "sluice/runtime/gate.hpp"

#include <boost/asio/io_context.hpp>

#include <cstdio>

namespace sluice::submission {
namespace {

constexpr std::size_t made_up_length = 24;  // of base64url: 144 bits

enum class outcome_of_making { made, there_is_one, name_taken };

awaitable<result<outcome_of_making>>
make(postgres::pool& pool, const config& settings, account who, std::string hash) {
    SLUICE_CO_TRY(co_await pool.connect(deadline::in(settings.start_timeout)));
    postgres_accounts accounts(pool);
    const auto before = co_await accounts.has_admin();
    if (!before) co_return before.error();
    if (*before) co_return outcome_of_making::there_is_one;
    const auto number = co_await accounts.insert(std::move(who), std::move(hash));
    if (!number) co_return number.error();
    if (*number) co_return outcome_of_making::made;
    // Another installer was quicker, or an ordinary user has the name.
    const auto after = co_await accounts.has_admin();
    if (!after) co_return after.error();
    co_return *after ? outcome_of_making::there_is_one : outcome_of_making::name_taken;
}

result<outcome_of_making> run(const config& settings, account who, std::string hash) {
    asio::io_context io;
    runtime::gate tasks(io.get_executor(), [](const std::string&, std::exception_ptr thrown) {
        std::rethrow_exception(thrown);
    });
    postgres::pool pool(io.get_executor(), "create-admin", settings.postgres);
    result<outcome_of_making> made = fail(errc::internal);
    const auto work = [&]() -> awaitable<void> {
        made = co_await make(pool, settings, std::move(who), std::move(hash));
        co_await pool.close();
    };
    tasks.spawn("create_admin", work());
    io.run();
    return made;
}

int complain(const std::string& what) {
    std::fprintf(stderr, "no administrator was made: %s\n", what.c_str());
    return 1;
}

}  // namespace

int create_first_admin(const config& settings) {
    const first_admin_section& wanted = settings.auth.first_admin;
    const bool is_email = wanted.name.find('@') != std::string::npos;
    if (const auto wrong = is_email ? email_problem(wanted.name) : name_problem(wanted.name)) {
        return complain("auth.first_admin.name " + *wrong);
    }
    const bool is_made_up = !wanted.password.is_set();
    const std::string password = is_made_up
                                     ? make_token(token_kind::session).substr(4, made_up_length)
                                     : wanted.password.value;
    const bool is_strict = settings.auth.passwords.strict || settings.environment == "production";
    if (const auto wrong = password_problem(password, wanted.name, "", is_strict)) {
        return complain("auth.first_admin.password " + *wrong);
    }
    hash_costs costs;
    costs.memory_bytes = static_cast<std::size_t>(settings.auth.passwords.hash_memory.value);
    costs.iterations = static_cast<unsigned long long>(settings.auth.passwords.hash_iterations);
    auto hash = argon2_hasher::hash_now(costs, password);
    if (!hash) return complain(describe(hash.error()));
    account who;
    who.created_at = system_clock().now();
    who.id = uuid::time_v7(unix_ms(who.created_at)).to_string();
    (is_email ? who.email : who.name) = wanted.name;
    who.role = role::admin;
    const auto made = run(settings, std::move(who), std::move(*hash));
    if (!made) return complain(describe(made.error()));
    if (*made == outcome_of_making::name_taken) {
        return complain("an account that is no administrator's is called " + wanted.name);
    }
    if (*made == outcome_of_making::there_is_one) {
        std::printf("there is an administrator already\n");
    } else if (is_made_up) {
        std::printf(
            "made the administrator %s, password %s\n",
            wanted.name.c_str(),
            password.c_str()
        );
    } else {
        std::printf("made the administrator %s\n", wanted.name.c_str());
    }
    std::fflush(stdout);
    return 0;
}

}  // namespace sluice::submission
