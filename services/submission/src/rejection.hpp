// Why a use case said no, in the words of the error catalogue; handlers print it as a problem
// document without deciding anything further.
#pragma once

#include "sluice/domain/validation.hpp"

#include <boost/system/result.hpp>

#include <string>
#include <utility>
#include <vector>

namespace sluice::submission {

struct rejection {
    std::string code;    // in proto/errors.yaml
    std::string detail;  // for the client
    std::vector<domain::input_problem> problems;
    int retry_after_seconds = 0;
    std::vector<std::pair<std::string, std::string>> headers = {};  // of the answer over HTTP
    std::string member_name = {}, member_json = {};                 // one more in the document
};

template <class T>
using outcome = boost::system::result<T, rejection>;

inline rejection reject(std::string code, std::string detail, int retry_after_seconds = 0) {
    rejection no;
    no.code = std::move(code);
    no.detail = std::move(detail);
    no.retry_after_seconds = retry_after_seconds;
    return no;
}

// A submission that breaks rules. The code says more than invalid_field when all problems are of
// one kind: the language alone, or limits alone.
rejection not_allowed(std::vector<domain::input_problem> problems);

}  // namespace sluice::submission
