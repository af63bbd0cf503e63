// Every object is its owner's and the administrators': whose eyes a request looks through.
#pragma once

#include "../app_context.hpp"

#include "sluice/http/message.hpp"

namespace sluice::submission {

// The caller; for an administrator the submission's owner, when there is such a submission.
inline awaitable<user_id>
viewed_owner(app_context& app, user_id caller, bool is_admin, submission_id id) {
    if (!is_admin || app.owners == nullptr) co_return caller;
    auto owner = co_await app.owners->owner_of(id);
    // If it cannot be told, the use case will say so.
    if (!owner || !*owner) co_return caller;
    co_return std::move(**owner);
}

// Of lists: the caller, or whom an administrator names by ?user_id.
inline user_id viewed_user(const http::request& request) {
    const auto named = request.query.find("user_id");
    return request.is_admin && named != request.query.end() ? named->second : request.user_id;
}

}  // namespace sluice::submission
