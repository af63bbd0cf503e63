// The tokens of the configuration, for a first start and for programs of the operator's own.
#pragma once

#include "identity.hpp"

#include "sluice/http/bearer.hpp"

#include <set>
#include <vector>

namespace sluice::submission {

class configured_tokens final : public identity_source {
public:
    // `admins` are user ids.
    configured_tokens(http::bearer_tokens tokens, const std::vector<std::string>& admins);
    awaitable<result<std::optional<identity>>> of_token(std::string token) override;
    // Digests of the tokens that are good no longer, and of those that are now.
    struct change {
        std::vector<std::string> gone;
        std::vector<std::string> come;
    };
    change replace(http::bearer_tokens tokens, const std::vector<std::string>& admins) {
        change out{tokens_.missing_in(tokens), tokens.missing_in(tokens_)};
        tokens_ = std::move(tokens);
        admins_ = {admins.begin(), admins.end()};
        return out;
    }

private:
    http::bearer_tokens tokens_;
    std::set<user_id> admins_;
};

}  // namespace sluice::submission
