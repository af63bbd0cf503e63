// Small flat JSON bodies: which fields there are, and of which type. An unknown field or a wrong
// type is told by name.
#pragma once

#include "../rejection.hpp"

#include "sluice/http/message.hpp"

#include <nlohmann/json.hpp>

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

class body_fields {
public:
    static outcome<body_fields>
    parse(const http::request& q, std::initializer_list<std::string_view> known);

    // Empty when absent or null.
    std::string text(const char* name);
    bool flag(const char* name);
    std::vector<std::string> texts(const char* name);
    // An object whose values are strings.
    std::vector<std::pair<std::string, std::string>> text_map(const char* name);
    void require(const char* name);

    // What was wrong with those asked for; nullopt: nothing. Wrong types are 400, missing ones 422.
    std::optional<rejection> problems() const;

private:
    void wrong(const char* name, const char* code, const char* message);

    nlohmann::json fields_;
    std::vector<domain::input_problem> problems_;
};

}  // namespace sluice::submission
