// The route table against its golden file, the OpenAPI document against the checked-in one, and
// both against each other.
#include "docs_page.hpp"
#include "openapi.hpp"
#include "routes.hpp"

#include "sluice/http/problem.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <set>
#include <sstream>

namespace sluice::submission {
namespace {

using nlohmann::json;

json read_json(const std::string& path) {
    std::ifstream file(path);
    INFO("missing or unreadable: " << path);
    REQUIRE(file.good());
    return json::parse(file);
}

// Every "$ref" below `node`.
void collect_references(const json& node, std::set<std::string>& out) {
    if (node.is_object() && node.contains("$ref")) out.insert(node["$ref"].get<std::string>());
    if (!node.is_structured()) return;
    for (const auto& child : node)
        collect_references(child, out);
}

}  // namespace

TEST_CASE("the route table is the one in tests/golden/routes.json") {
    CHECK(routes_document() == read_json("tests/golden/routes.json"));
}

TEST_CASE("docs/api/openapi.json is what the service answers") {
    // To renew it: sluice-submission --print-openapi > docs/api/openapi.json
    CHECK(openapi_document() == read_json("docs/api/openapi.json"));
}

TEST_CASE("every route is described and every description has a route") {
    std::size_t described = 0;
    const json document = openapi_document();
    for (const auto& [path, verbs] : document["paths"].items())
        described += verbs.size();
    CHECK(described == routes().size());
    CHECK(operation_docs().size() == routes().size());
}

TEST_CASE("every reference in the document leads somewhere") {
    const json document = openapi_document();
    std::set<std::string> references;
    collect_references(document, references);
    CHECK(references.size() > 5);
    for (const auto& reference : references) {
        INFO(reference);
        REQUIRE(reference.substr(0, 2) == "#/");
        CHECK(document.contains(json::json_pointer(reference.substr(1))));
    }
}

TEST_CASE("the document has the structure that OpenAPI 3.1 asks for") {
    const json document = openapi_document();
    CHECK(document["openapi"] == "3.1.0");
    CHECK(document["info"].contains("title"));
    CHECK(document["info"].contains("version"));
    std::set<std::string> ids;
    for (const auto& [path, verbs] : document["paths"].items()) {
        for (const auto& [verb, operation] : verbs.items()) {
            INFO(verb << " " << path);
            CHECK(ids.insert(operation["operationId"].get<std::string>()).second);
            CHECK_FALSE(operation["responses"].empty());
            for (const auto& [status, answer] : operation["responses"].items()) {
                CHECK(status.size() == 3);
                CHECK_FALSE(answer["description"].get<std::string>().empty());
            }
            const bool has_parameter = path.find('{') != std::string::npos;
            bool is_declared = false;
            for (const auto& p : operation.value("parameters", json::array())) {
                is_declared = is_declared || p["in"] == "path";
            }
            CHECK(has_parameter == is_declared);
        }
    }
}

TEST_CASE("every error code that the document names is in the catalogue") {
    for (const auto& doc : operation_docs()) {
        for (const auto code : doc.error_codes) {
            INFO(code);
            CHECK(http::find_error(code) != nullptr);
        }
    }
}

TEST_CASE("the page shows every operation and loads nothing") {
    const json document = openapi_document();
    const std::string page = docs_page(document);
    for (const auto& doc : operation_docs()) {
        CHECK(page.find("id=\"" + std::string(doc.id) + "\"") != std::string::npos);
    }
    for (const char* loader : {"<script", "<link", "<img", "src=", "@import", "url("}) {
        CHECK(page.find(loader) == std::string::npos);
    }
}

TEST_CASE("text of the document cannot become markup of the page") {
    json document = openapi_document();
    document["info"]["title"] = "<b>&\"";
    const std::string page = docs_page(document);
    CHECK(page.find("<b>") == std::string::npos);
    CHECK(page.find("&lt;b&gt;&amp;&quot;") != std::string::npos);
}

}  // namespace sluice::submission
