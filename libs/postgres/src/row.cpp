// Parameters into text, columns out of text. All values travel in text form except bytea
// parameters; the session is pinned to UTC, ISO dates and hex bytea when it is opened
// (connection.cpp).
#include "sluice/postgres/row.hpp"

#include "table.hpp"

#include "sluice/core/assert.hpp"
#include "sluice/core/digest.hpp"

#include <charconv>

namespace sluice::postgres {
namespace {

// "\x6869" → "hi".
std::string bytes_of(std::string_view text) {
    SLUICE_ASSERT(text.starts_with("\\x"));
    auto bytes = from_hex(text.substr(2));
    SLUICE_ASSERT(bytes.has_value());
    return std::move(*bytes);
}

// "2026-11-21 04:11:09.25+00" (the session's zone is UTC) → a time.
wall_time parse_timestamp(std::string_view text) {
    std::string iso(text);
    SLUICE_ASSERT(iso.size() >= 19);
    iso[10] = 'T';
    if (const auto plus = iso.find('+', 11); plus != std::string::npos) iso.resize(plus);
    iso += 'Z';
    auto t = parse_rfc3339(iso);
    SLUICE_ASSERT(t.has_value());
    return *t;
}

std::int64_t parse_integer(std::string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    SLUICE_ASSERT(error == std::errc() && end == text.data() + text.size());
    return value;
}

void append_quoted(std::string& out, std::string_view text) {
    out += '"';
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        out += c;
    }
    out += '"';
}

template <class Values, class Append>
param array_of(const Values& values, Append append) {
    std::string out = "{";
    for (const auto& value : values) {
        if (out.size() > 1) out += ',';
        append(out, value);
    }
    out += '}';
    return param(std::move(out));
}

}  // namespace

param::param(std::int64_t number) : value_(std::to_string(number)) {}
param::param(int number) : value_(std::to_string(number)) {}
param::param(bool flag) : value_(std::string(flag ? "true" : "false")) {}
param::param(const uuid& id) : value_(id.to_string()) {}
param::param(wall_time t) : value_(to_rfc3339(t)) {}

param uuid_array(const std::vector<uuid>& ids) {
    return array_of(ids, [](std::string& out, const uuid& id) { out += id.to_string(); });
}

param text_array(const std::vector<std::optional<std::string>>& values) {
    return array_of(values, [](std::string& out, const std::optional<std::string>& v) {
        if (v) {
            append_quoted(out, *v);
        } else {
            out += "NULL";
        }
    });
}

param bytea_array(const std::vector<std::optional<std::string>>& values) {
    return array_of(values, [](std::string& out, const std::optional<std::string>& v) {
        if (v) {
            // Hexadecimal needs no escapes but that of its own mark; results are megabytes.
            out += R"("\\x)";
            out += to_hex(*v);
            out += '"';
        } else {
            out += "NULL";
        }
    });
}

param int_array(const std::vector<std::optional<std::int64_t>>& values) {
    return array_of(values, [](std::string& out, const std::optional<std::int64_t>& v) {
        out += v ? std::to_string(*v) : "NULL";
    });
}

int row::storage::column(std::string_view name) const {
    const int count = PQnfields(result.get());
    for (int i = 0; i < count; ++i) {
        if (name == PQfname(result.get(), i)) return i;
    }
    const bool is_column_returned_by_the_statement = false;
    SLUICE_ASSERT(is_column_returned_by_the_statement);
    return -1;
}

namespace {

std::string_view view(const row::storage& table, int index, int column) {
    const PGresult* r = table.result.get();
    return {PQgetvalue(r, index, column), static_cast<std::size_t>(PQgetlength(r, index, column))};
}

// The text of a column, or nullopt for null.
std::optional<std::string_view> find(const row::storage& table, int index, std::string_view name) {
    const int column = table.column(name);
    if (PQgetisnull(table.result.get(), index, column)) return std::nullopt;
    return view(table, index, column);
}

std::string_view need(const row::storage& table, int index, std::string_view name) {
    auto value = find(table, index, name);
    SLUICE_ASSERT(value.has_value());
    return *value;
}

}  // namespace

bool row::is_null(std::string_view column) const {
    return !find(*table_, index_, column);
}

std::string row::text(std::string_view column) const {
    return std::string(need(*table_, index_, column));
}

std::optional<std::string> row::optional_text(std::string_view column) const {
    auto value = find(*table_, index_, column);
    return value ? std::optional(std::string(*value)) : std::nullopt;
}

std::int64_t row::integer(std::string_view column) const {
    return parse_integer(need(*table_, index_, column));
}

std::optional<std::int64_t> row::optional_integer(std::string_view column) const {
    auto value = find(*table_, index_, column);
    return value ? std::optional(parse_integer(*value)) : std::nullopt;
}

bool row::boolean(std::string_view column) const {
    return need(*table_, index_, column) == "t";
}

std::string row::bytea(std::string_view column) const {
    auto value = find(*table_, index_, column);
    return value ? bytes_of(*value) : std::string();
}

sluice::uuid row::uuid(std::string_view column) const {
    auto id = sluice::uuid::parse(need(*table_, index_, column));
    SLUICE_ASSERT(id.has_value());
    return *id;
}

wall_time row::time(std::string_view column) const {
    return parse_timestamp(need(*table_, index_, column));
}

std::optional<wall_time> row::optional_time(std::string_view column) const {
    auto value = find(*table_, index_, column);
    return value ? std::optional(parse_timestamp(*value)) : std::nullopt;
}

rows::rows() = default;
rows::rows(rows&&) noexcept = default;
rows& rows::operator=(rows&&) noexcept = default;
rows::~rows() = default;
rows::rows(std::unique_ptr<row::storage> table) : table_(std::move(table)) {}

std::size_t rows::size() const {
    return table_ ? static_cast<std::size_t>(PQntuples(table_->result.get())) : 0;
}

row rows::operator[](std::size_t index) const {
    SLUICE_ASSERT(index < size());
    return row(table_.get(), static_cast<int>(index));
}

std::int64_t rows::affected() const {
    if (!table_) return 0;
    const std::string_view text = PQcmdTuples(table_->result.get());
    return text.empty() ? 0 : parse_integer(text);
}

}  // namespace sluice::postgres
