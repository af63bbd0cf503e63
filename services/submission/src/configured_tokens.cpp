// See configured_tokens.hpp.
#include "configured_tokens.hpp"

namespace sluice::submission {

configured_tokens::configured_tokens(
    http::bearer_tokens tokens,
    const std::vector<std::string>& admins
)
    : tokens_(std::move(tokens)), admins_(admins.begin(), admins.end()) {}

awaitable<result<std::optional<identity>>> configured_tokens::of_token(std::string token) {
    auto user = tokens_.user_of(token);
    if (!user) co_return std::optional<identity>();
    const bool is_admin = admins_.contains(*user);
    identity found{std::move(*user), is_admin ? role::admin : role::user};
    co_return std::optional<identity>(std::move(found));
}

}  // namespace sluice::submission
