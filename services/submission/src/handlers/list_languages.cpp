// GET /api/v1/languages: the catalogue, with what the live workers have of it.
#include "answers.hpp"
#include "handlers.hpp"

#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {
namespace {

// nullopt when no worker is known: then nobody can say.
std::optional<domain::language_availability>
availability_of(const worker_knowledge& known, const std::string& id) {
    if (!known.is_known) return std::nullopt;
    if (const auto* found = known.find(id)) return *found;
    domain::language_availability none;
    none.id = id;
    none.reason = "no live worker knows this language";
    return none;
}

}  // namespace

awaitable<http::response> list_languages(app_context& app, http::request) {
    const worker_knowledge known = co_await app.p.workers.fresh();
    nlohmann::json out;
    out["items"] = nlohmann::json::array();
    for (const auto& language : app.p.languages) {
        out["items"].push_back(messages::to_json(language, availability_of(known, language.id)));
    }
    co_return http::json_response(200, out.dump());
}

}  // namespace sluice::submission
