// Several identity sources as one: the first that knows the token answers.
#pragma once

#include "../identity.hpp"

#include <vector>

namespace sluice::submission {

class identity_sources final : public identity_source {
public:
    explicit identity_sources(std::vector<identity_source*> sources)
        : sources_(std::move(sources)) {}

    awaitable<result<std::optional<identity>>> of_token(std::string token) override {
        for (identity_source* source : sources_) {
            auto found = co_await source->of_token(token);
            if (!found || *found) co_return found;
        }
        co_return std::optional<identity>();
    }

private:
    std::vector<identity_source*> sources_;
};

}  // namespace sluice::submission
