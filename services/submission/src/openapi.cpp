// Puts the document together. Errors of one status share one answer that lists their codes.
#include "openapi.hpp"

#include "authenticate.hpp"
#include "compat/system_e.hpp"
#include "routes.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/http/problem.hpp"
#include "sluice/messages/json.hpp"
#include "sluice/runtime/build_info.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <map>

namespace sluice::submission {
namespace {

using nlohmann::json;

json reference(std::string_view component) {
    json out;
    out["$ref"] = "#/components/schemas/" + std::string(component);
    return out;
}

const operation_doc& doc_of(const http::route<app_context>& route) {
    const auto& docs = operation_docs();
    const auto same = [&route](const operation_doc& d) {
        return d.method == route.method && d.path == route.pattern;
    };
    const auto found = std::find_if(docs.begin(), docs.end(), same);
    SLUICE_ASSERT(found != docs.end());
    return *found;
}

json parameters_of(const operation_doc& doc) {
    json out = json::array();
    for (const auto& p : doc.parameters) {
        json entry;
        entry["name"] = std::string(p.name);
        entry["in"] = std::string(p.in);
        entry["required"] = p.in == "path";
        entry["schema"] = json::parse(p.schema);
        entry["description"] = std::string(p.meaning);
        out.push_back(std::move(entry));
    }
    return out;
}

// Those of the entry, and those that come before a handler is asked: who calls is found out and
// counted first (authenticate.cpp). Whoever queues work can find the queue or a quota full.
std::vector<std::string_view>
codes_of(const http::route<app_context>& route, const operation_doc& doc) {
    std::vector<std::string_view> out = doc.error_codes;
    const auto add = [&out](std::string_view code) {
        if (std::find(out.begin(), out.end(), code) == out.end()) out.push_back(code);
    };
    if (std::find(out.begin(), out.end(), "queue_unavailable") != out.end()) {
        add("queue_full");
        add("quota_exceeded");
    }
    add("payload_too_large");  // where no body is taken, too
    if (route.who == http::access::open) return out;
    if (route.pattern != run_page_path) add("unauthorized");  // that sends people to /login
    add("forbidden");
    if (route.who == http::access::user) add("too_many_requests");
    add("storage_unavailable");
    return out;
}

void add_problems(const std::vector<std::string_view>& codes, json& responses) {
    std::map<unsigned, std::string> by_status;
    for (const auto code : codes) {
        const auto* entry = http::find_error(code);
        SLUICE_ASSERT(entry != nullptr);
        std::string& text = by_status[entry->status];
        if (!text.empty()) text += "; ";
        text += std::string(code) + ": " + std::string(entry->title);
    }
    for (const auto& [status, text] : by_status) {
        json& answer = responses[std::to_string(status)];
        answer["description"] = text;
        answer["content"]["application/problem+json"]["schema"] = reference("Problem");
    }
}

json responses_of(const http::route<app_context>& route, const operation_doc& doc) {
    json out = json::object();
    for (const auto& a : doc.answers) {
        json& answer = out[std::to_string(a.status)];
        answer["description"] = std::string(a.meaning);
        if (a.content_type.empty()) continue;
        json& content = answer["content"][std::string(a.content_type)];
        content = json::object();
        if (!a.schema.empty()) content["schema"] = reference(a.schema);
    }
    add_problems(codes_of(route, doc), out);
    return out;
}

json operation_of(const http::route<app_context>& route) {
    const operation_doc& doc = doc_of(route);
    json out;
    out["operationId"] = std::string(doc.id);
    out["summary"] = std::string(route.summary);
    out["description"] = std::string(doc.description);
    out["responses"] = responses_of(route, doc);
    if (!doc.parameters.empty()) out["parameters"] = parameters_of(doc);
    if (!doc.request_schema.empty()) {
        out["requestBody"]["required"] = true;
        json& body = out["requestBody"]["content"][std::string(doc.request_type)];
        body["schema"] = reference(doc.request_schema);
    }
    if (route.who == http::access::open) {
        out["security"] = json::array();
    } else {
        const auto need = http::needed_scope(route.method, route.who, route.need);
        out["x-scope"] = std::string(http::to_string(need));
    }
    return out;
}

std::string lower(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

}  // namespace

nlohmann::json openapi_document() {
    json out;
    out["openapi"] = "3.1.0";
    out["info"]["title"] = "Sluice";
    out["info"]["version"] = std::string(runtime::this_build().version);
    out["info"]["description"] =
        "Runs programs in a sandbox: post one, and read or be pushed what came of it. Every error "
        "is "
        "a problem document (RFC 9457) whose code is stable.";
    out["info"]["license"]["name"] = "MIT";
    out["info"]["license"]["identifier"] = "MIT";
    out["servers"] = json::array();
    out["servers"].push_back({{"url", "/"}});
    for (const auto& route : routes()) {
        const std::string verb = lower(std::string(http::to_string(route.method)));
        out["paths"][std::string(route.pattern)][verb] = operation_of(route);
    }
    json schemas = own_schemas();
    schemas.update(admin_schemas());
    schemas.update(messages::json_schemas());
    schemas.update(job_schemas());
    out["components"]["schemas"] = std::move(schemas);
    json& bearer = out["components"]["securitySchemes"]["bearer"];
    bearer["type"] = "http";
    bearer["scheme"] = "bearer";
    json& cookie = out["components"]["securitySchemes"]["cookie"];
    cookie["type"] = "apiKey";
    cookie["in"] = "cookie";
    cookie["name"] = std::string(session_cookie);
    out["security"] = json::array();
    for (const char* scheme : {"bearer", "cookie"}) {
        json requirement;
        requirement[scheme] = json::array();
        out["security"].push_back(std::move(requirement));
    }
    return out;
}

}  // namespace sluice::submission
