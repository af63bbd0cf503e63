// Results and parameters of SQL statements. Parameters travel in binary-safe form; values come back
// as text or bytea and are converted by the accessor that names the type.
#pragma once

#include "sluice/core/clock.hpp"
#include "sluice/core/ids.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::postgres {

struct bytes {
    std::string value;
};
using null = std::monostate;

// One statement parameter: $1, $2, …
class param {
public:
    param(std::nullptr_t) {}
    param(std::string text) : value_(std::move(text)) {}
    param(const char* text) : value_(std::string(text)) {}
    param(std::string_view text) : value_(std::string(text)) {}
    param(std::int64_t number);
    param(int number);
    param(bool flag);
    param(bytes b) : value_(std::move(b)) {}
    param(const uuid& id);
    param(wall_time t);
    template <class Tag>
    param(const uuid_id<Tag>& id) : param(id.value()) {}
    template <class T>
    param(const std::optional<T>& v) {
        if (v) *this = param(*v);
    }
    const std::variant<null, std::string, bytes>& value() const { return value_; }

private:
    std::variant<null, std::string, bytes> value_;
};
// Array literals for "any($1::uuid[])" and unnest.
param uuid_array(const std::vector<uuid>& ids);
param text_array(const std::vector<std::optional<std::string>>& values);
param bytea_array(const std::vector<std::optional<std::string>>& values);
param int_array(const std::vector<std::optional<std::int64_t>>& values);

// One row; asking for a column that the statement did not return is a bug (asserted).
class row {
public:
    bool is_null(std::string_view column) const;
    std::string text(std::string_view column) const;  // asserts not null
    std::optional<std::string> optional_text(std::string_view column) const;
    std::int64_t integer(std::string_view column) const;
    std::optional<std::int64_t> optional_integer(std::string_view column) const;
    bool boolean(std::string_view column) const;
    std::string bytea(std::string_view column) const;  // decoded; empty for null
    sluice::uuid uuid(std::string_view column) const;
    wall_time time(std::string_view column) const;  // of a timestamptz
    std::optional<wall_time> optional_time(std::string_view column) const;

    struct storage;
    row(const storage* table, int index) : table_(table), index_(index) {}

private:
    const storage* table_;
    int index_;
};

class rows {
public:
    rows();
    rows(rows&&) noexcept;
    rows& operator=(rows&&) noexcept;
    ~rows();
    std::size_t size() const;
    bool empty() const { return size() == 0; }
    row operator[](std::size_t index) const;
    std::int64_t affected() const;  // rows inserted, updated or deleted

    explicit rows(std::unique_ptr<row::storage> table);

private:
    std::unique_ptr<row::storage> table_;
};

}  // namespace sluice::postgres
