// Why a use case said no, in the words of the error catalogue; handlers print it as a problem
// document without deciding anything further.
#pragma once

#include "sluice/domain/validation.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <vector>

namespace sluice::submission {

struct rejection {
    std::string code;    // in proto/errors.yaml
    std::string detail;  // for the client
    std::vector<domain::input_problem> problems;
    int retry_after_seconds = 0;
};

template <class T>
using outcome = boost::system::result<T, rejection>;

inline rejection reject(std::string code, std::string detail, int retry_after_seconds = 0) {
    return rejection{std::move(code), std::move(detail), {}, retry_after_seconds};
}

// A submission that breaks rules. The code says more than invalid_field when all problems are of
// one kind: the language alone, or limits alone.
rejection not_allowed(std::vector<domain::input_problem> problems);

}  // namespace sluice::submission
