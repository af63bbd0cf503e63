// Plain HTML put together from the document, so that the page cannot say anything else than it
// does.
#include "docs_page.hpp"

#include "sluice/core/html_text.hpp"

#include <nlohmann/json.hpp>

#include <cctype>

namespace sluice::submission {
namespace {

using nlohmann::json;

constexpr const char* head = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice API</title>
<style>
:root { color-scheme: light dark; --line: #8886; --soft: #8881; --accent: #0a7f6f; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 0 auto; padding: 1.5rem; }
h1 { margin-bottom: 0; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); padding-bottom: .3rem; }
h3 { margin: 1.2rem 0 .4rem; font-size: 1rem; }
nav ul { columns: 2; padding-left: 1.2rem; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, monospace; font-size: .9em; }
pre { background: var(--soft); padding: .8rem; overflow-x: auto; border-radius: .4rem; }
table { border-collapse: collapse; width: 100%; font-size: .93rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid var(--line); }
th { white-space: nowrap; }
.verb { color: var(--accent); font-weight: 700; margin-right: .5rem; }
.soft { opacity: .75; }
@media (max-width: 40rem) { nav ul { columns: 1; } table { display: block; overflow-x: auto; } }
</style>
</head>
<body>
)html";

constexpr const char* first_steps = R"html(<h2 id="start">First steps</h2>
<p>Send a bearer token with every call. A program, and its result in the same answer:</p>
<pre>curl -s "$SLUICE_URL/api/v1/submissions?wait=10" \
  -H "Authorization: Bearer $SLUICE_TOKEN" -H "Content-Type: application/json" \
  -d '{"language": "python3", "source": "print(6 * 7)"}'</pre>
)html";

std::string text_of(const json& object, const char* key) {
    const auto found = object.find(key);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

std::string code(const std::string& text) {
    return "<code>" + html_escaped(text) + "</code>";
}

std::string upper(std::string text) {
    for (char& c : text)
        c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

std::string schema_link(const std::string& reference) {
    const std::string name = reference.substr(reference.rfind('/') + 1);
    return "<a href=\"#schema-" + html_escaped(name) + "\">" + html_escaped(name) + "</a>";
}

// "integer", "list of File", "string or null": the type of a schema in words.
std::string type_text(const json& schema) {
    if (!schema.is_object()) return "any";
    if (const auto ref = schema.find("$ref"); ref != schema.end()) {
        return schema_link(ref->get<std::string>());
    }
    for (const char* kind : {"oneOf", "anyOf"}) {
        if (!schema.contains(kind)) continue;
        std::string out;
        for (const auto& part : schema[kind])
            out += (out.empty() ? "" : " or ") + type_text(part);
        return out;
    }
    const auto type = schema.find("type");
    if (type == schema.end())
        return schema.contains("const") ? html_escaped(schema["const"].dump()) : "any";
    if (type->is_array()) {
        std::string out;
        for (const auto& part : *type)
            out += (out.empty() ? "" : " or ") + part.get<std::string>();
        return out;
    }
    if (*type == "array" && schema.contains("items"))
        return "list of " + type_text(schema["items"]);
    return html_escaped(type->get<std::string>());
}

// Bounds, default and allowed values, as far as the schema has them.
std::string rules_text(const json& schema) {
    std::string out;
    if (!schema.is_object()) return out;
    for (const char* key :
         {"format",
          "default",
          "minimum",
          "maximum",
          "minLength",
          "maxLength",
          "maxItems",
          "maxProperties",
          "pattern"}) {
        if (!schema.contains(key)) continue;
        const json& value = schema[key];
        const std::string shown = value.is_string() ? value.get<std::string>() : value.dump();
        out += (out.empty() ? "" : ", ") + std::string(key) + " " + code(shown);
    }
    if (schema.contains("enum")) {
        std::string values;
        for (const auto& v : schema["enum"]) {
            values += (values.empty() ? "" : ", ") +
                      code(v.is_string() ? v.get<std::string>() : v.dump());
        }
        out += (out.empty() ? "one of " : ", one of ") + values;
    }
    return out;
}

std::string row(std::initializer_list<std::string> cells) {
    std::string out = "<tr>";
    for (const auto& cell : cells)
        out += "<td>" + cell + "</td>";
    return out + "</tr>\n";
}

std::string parameters_table(const json& operation) {
    if (!operation.contains("parameters")) return "";
    std::string out = "<h3>Parameters</h3>\n<table>\n";
    for (const auto& p : operation["parameters"]) {
        out += row(
            {code(text_of(p, "name")) + " <span class=\"soft\">" + html_escaped(text_of(p, "in")) +
                 "</span>",
             type_text(p["schema"]) + " " + rules_text(p["schema"]),
             html_escaped(text_of(p, "description"))}
        );
    }
    return out + "</table>\n";
}

std::string answers_table(const json& operation) {
    std::string out = "<h3>Answers</h3>\n<table>\n";
    for (const auto& [status, answer] : operation["responses"].items()) {
        std::string body;
        if (answer.contains("content")) {
            for (const auto& [type, content] : answer["content"].items()) {
                body += code(type);
                if (content.contains("schema")) body += " " + type_text(content["schema"]);
            }
        }
        out += row({code(status), body, html_escaped(text_of(answer, "description"))});
    }
    return out + "</table>\n";
}

std::string
operation_section(const std::string& path, const std::string& verb, const json& operation) {
    std::string out = "<h2 id=\"" + html_escaped(text_of(operation, "operationId")) +
                      "\"><span class=\"verb\">" + upper(verb) + "</span>" + code(path) +
                      "</h2>\n<p><strong>" + html_escaped(text_of(operation, "summary")) +
                      ".</strong> " + html_escaped(text_of(operation, "description")) + "</p>\n";
    const bool is_open = operation.contains("security") && operation["security"].empty();
    if (is_open) out += "<p class=\"soft\">Needs no token.</p>\n";
    out += parameters_table(operation);
    if (operation.contains("requestBody")) {
        for (const auto& [type, content] : operation["requestBody"]["content"].items()) {
            out +=
                "<h3>Body</h3>\n<p>" + code(type) + " " + type_text(content["schema"]) + "</p>\n";
        }
    }
    return out + answers_table(operation);
}

std::string schema_section(const std::string& name, const json& schema) {
    std::string out =
        "<h3 id=\"schema-" + html_escaped(name) + "\">" + html_escaped(name) + "</h3>\n";
    if (const auto text = text_of(schema, "description"); !text.empty()) {
        out += "<p>" + html_escaped(text) + "</p>\n";
    }
    const auto properties = schema.find("properties");
    if (properties == schema.end()) {
        return out + "<p>" + type_text(schema) + " " + rules_text(schema) + "</p>\n";
    }
    const json required = schema.value("required", json::array());
    out += "<table>\n";
    for (const auto& [field, part] : properties->items()) {
        const bool is_required =
            std::find(required.begin(), required.end(), field) != required.end();
        out += row(
            {code(field) + (is_required ? " <span class=\"soft\">always</span>" : ""),
             type_text(part) + " " + rules_text(part),
             html_escaped(text_of(part, "description"))}
        );
    }
    return out + "</table>\n";
}

}  // namespace

std::string docs_page(const nlohmann::json& openapi) {
    const json& info = openapi["info"];
    std::string menu;
    std::string sections;
    for (const auto& [path, verbs] : openapi["paths"].items()) {
        for (const auto& [verb, operation] : verbs.items()) {
            menu += "<li><a href=\"#" + html_escaped(text_of(operation, "operationId")) + "\">" +
                    html_escaped(text_of(operation, "summary")) + "</a> <span class=\"soft\">" +
                    upper(verb) + " " + html_escaped(path) + "</span></li>\n";
            sections += operation_section(path, verb, operation);
        }
    }
    std::string schemas;
    for (const auto& [name, schema] : openapi["components"]["schemas"].items()) {
        schemas += schema_section(name, schema);
    }
    return head + std::string("<h1>") + html_escaped(text_of(info, "title")) +
           " API</h1>\n<p class=\"soft\">version " + html_escaped(text_of(info, "version")) +
           " · <a href=\"/openapi.json\">openapi.json</a></p>\n<p>" +
           html_escaped(text_of(info, "description")) + "</p>\n<nav><ul>\n" + menu +
           "</ul></nav>\n" + first_steps + sections + "<h2 id=\"schemas\">Shapes</h2>\n" + schemas +
           "</body>\n</html>\n";
}

}  // namespace sluice::submission
