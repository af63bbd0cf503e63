// GET /api/v1/limits and GET /api/v1/languages.
#include "json_views.hpp"

#include "sluice/messages/json.hpp"

namespace sluice::messages {
namespace {

std::string_view unit_of(std::string_view limit_name) {
    if (limit_name.ends_with("_ms")) return "ms";
    return limit_name.ends_with("_bytes") ? "bytes" : "count";
}

struct bound_row {
    std::string_view name;
    std::size_t domain::submission_bounds::*field;
};
constexpr std::array<bound_row, 14> bound_table{{
    {"max_files", &domain::submission_bounds::max_files},
    {"max_source_bytes", &domain::submission_bounds::max_source_bytes},
    {"max_stdin_bytes", &domain::submission_bounds::max_stdin_bytes},
    {"max_args", &domain::submission_bounds::max_args},
    {"max_arg_bytes", &domain::submission_bounds::max_arg_bytes},
    {"max_env", &domain::submission_bounds::max_env},
    {"max_env_bytes", &domain::submission_bounds::max_env_bytes},
    {"max_expected_bytes", &domain::submission_bounds::max_expected_bytes},
    {"max_tests", &domain::submission_bounds::max_tests},
    {"max_test_name_bytes", &domain::submission_bounds::max_test_name_bytes},
    {"max_tests_bytes", &domain::submission_bounds::max_tests_bytes},
    {"max_test_weight", &domain::submission_bounds::max_test_weight},
    {"max_comparison_rounds", &domain::submission_bounds::max_comparison_rounds},
    {"max_comparison_ms", &domain::submission_bounds::max_comparison_ms},
}};

json own_limits(const domain::language& l) {
    json object = json::object();
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        const auto& value = l.run_limits.values[i];
        if (value) object[std::string(domain::limit_table[i].name)] = *value;
    }
    return object;
}

struct described_language {
    const domain::language& language;
    const std::optional<domain::language_availability>& availability;
};

const std::vector<output_field<described_language>>& language_table() {
    using entry = described_language;
    const auto names = [](std::string_view description) {
        return shape::list_of(shape::text(""), description);
    };
    static const std::vector<output_field<entry>> table{
        {"id", shape::text("for `language`"), [](const entry& e) { return e.language.id; }},
        {"name", shape::text("for people"), [](const entry& e) { return e.language.name; }},
        {"aliases",
         names("accepted for `language` too"),
         [](const entry& e) { return e.language.aliases; }},
        {"available",
         shape::or_null(shape::boolean("some worker can run it; null: no worker said so yet")),
         [](const entry& e) {
             return e.availability ? json(e.availability->is_available) : json(nullptr);
         }},
        {"version",
         shape::or_null(shape::text("as installed")),
         [](const entry& e) {
             const bool is_known = e.availability && !e.availability->version.empty();
             return is_known ? json(e.availability->version) : json(nullptr);
         }},
        {"unavailable_reason",
         shape::or_null(shape::text("what is missing, and what brings it")),
         [](const entry& e) {
             const bool is_known = e.availability && !e.availability->reason.empty();
             return is_known ? json(e.availability->reason) : json(nullptr);
         }},
        {"source_file",
         shape::text("name of a lone source"),
         [](const entry& e) { return e.language.source_file; }},
        {"extensions",
         names("endings of its source files"),
         [](const entry& e) { return e.language.extensions; }},
        {"compiled",
         shape::boolean("has a compile step"),
         [](const entry& e) { return !e.language.compile.empty(); }},
        {"compile_arg_patterns",
         names("regular expressions; each compile argument must match one in full"),
         [](const entry& e) { return e.language.compile_arg_patterns; }},
        {"default_limits",
         shape::map_of(shape::integer(""), "where its defaults differ from GET /api/v1/limits"),
         [](const entry& e) { return own_limits(e.language); }},
        {"packages",
         names("Debian packages that bring it"),
         [](const entry& e) { return e.language.packages; }},
        {"judge0_ids",
         shape::list_of(shape::integer(""), "ids in Judge0"),
         [](const entry& e) { return e.language.judge0_ids; }},
        {"piston_aliases",
         names("names in Piston"),
         [](const entry& e) { return e.language.piston_aliases; }},
        {"example",
         shape::text("a program that prints a greeting"),
         [](const entry& e) { return e.language.example; }},
    };
    return table;
}

}  // namespace

json limits_document(const domain::limit_policy& p, std::size_t max_batch_items) {
    json limits = json::array();
    for (std::size_t i = 0; i < domain::limit_table.size(); ++i) {
        const auto& row = domain::limit_table[i];
        limits.push_back({
            {"name", row.name},
            {"unit", unit_of(row.name)},
            {"default", p.defaults[i]},
            {"minimum", std::min(row.minimum, p.maxima[i])},
            {"maximum", p.maxima[i]},
            {"meaning", row.meaning},
        });
    }
    json bounds = json::object();
    const domain::submission_bounds in_force;
    for (const auto& row : bound_table)
        bounds[std::string(row.name)] = in_force.*row.field;
    if (max_batch_items > 0) bounds["max_batch_items"] = max_batch_items;
    return {{"limits", std::move(limits)}, {"bounds", std::move(bounds)}};
}

json to_json(
    const domain::language& l,
    const std::optional<domain::language_availability>& availability
) {
    json object = json::object();
    write_fields(language_table(), described_language{l, availability}, object);
    return object;
}

json limits_document_schema() {
    const json row = {
        {"type", "object"},
        {"properties",
         {{"name", shape::text("")},
          {"unit", shape::one_of({"ms", "bytes", "count"}, "")},
          {"default", shape::integer("")},
          {"minimum", shape::integer("")},
          {"maximum", shape::integer("")},
          {"meaning", shape::text("")}}},
        {"required", {"name", "unit", "default", "minimum", "maximum", "meaning"}},
    };
    return {
        {"type", "object"},
        {"description",
         "Every limit with its default and bounds, and what a body may hold at most"},
        {"properties",
         {{"limits", shape::list_of(row, "")},
          {"bounds", shape::map_of(shape::integer(""), "beside the limits of a run")}}},
        {"required", {"limits", "bounds"}},
    };
}

json language_schema() {
    return object_schema(language_table(), "A language and whether it can be run");
}

}  // namespace sluice::messages
