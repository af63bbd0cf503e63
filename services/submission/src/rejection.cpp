// Which code of the catalogue tells best what is wrong.
#include "rejection.hpp"

#include <algorithm>

namespace sluice::submission {

rejection not_allowed(std::vector<domain::input_problem> problems) {
    const auto all = [&problems](auto is) {
        return !problems.empty() && std::all_of(problems.begin(), problems.end(), is);
    };
    std::string code = "invalid_field";
    if (all([](const auto& p) { return p.field == "language" && p.code != "required"; })) {
        code = "unknown_language";
    } else if (all([](const auto& p) { return p.field.starts_with("limits."); })) {
        code = "limit_out_of_range";
    }
    rejection no = reject(std::move(code), "the submission is not acceptable as it is");
    no.problems = std::move(problems);
    return no;
}

}  // namespace sluice::submission
