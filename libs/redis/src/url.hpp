// redis://[user[:password]@]host[:port][/db] and unix://[user[:password]@]/path[?db=N],
// percent-decoded.
#pragma once

#include "sluice/core/error.hpp"

#include <string>
#include <string_view>

namespace sluice::redis {

struct target {
    std::string socket_path;  // of unix://, else empty
    std::string host;
    std::string port = "6379";
    std::string user;
    std::string password;
    int database = 0;

    std::string to_string() const;  // for logs: no user, no password
};

// The message of an error never quotes the URL: it holds a password.
result<target> parse_url(std::string_view url);

}  // namespace sluice::redis
