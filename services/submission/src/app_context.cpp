// See app_context.hpp.
#include "app_context.hpp"

#include "config.hpp"
#include "docs_page.hpp"
#include "openapi.hpp"

#include "sluice/messages/json.hpp"

#include <nlohmann/json.hpp>

namespace sluice::submission {

std::string limits_json(const ports& p) {
    return messages::limits_document(p.limits, p.max_batch_items).dump();
}

app_context make_context(ports& p, const config& c) {
    const auto document = openapi_document();
    app_context out{
        p,
        c.tickets.websocket_url,
        limits_json(p),
        document.dump(),
        docs_page(document)};
    out.cookies = {
        c.auth.sessions.secure_cookies,
        c.auth.sessions.same_site == "strict" ? "Strict" : "Lax"};
    out.trusted_origins = c.http.cors_origins;
    return out;
}

}  // namespace sluice::submission
