// Redis' protocol by way of hiredis: commands into bytes, bytes into replies. No I/O.
#pragma once

#include "sluice/core/error.hpp"
#include "sluice/redis/client.hpp"

#include <hiredis/hiredis.h>

#include <memory>
#include <string>
#include <vector>

namespace sluice::redis {

// Appends the command in wire form.
void append_command(std::string& out, const std::vector<std::string>& arguments);

class parser {
public:
    parser();
    void feed(const char* data, std::size_t size);
    // Appends the answers that are complete; errc::io when the bytes make no sense. An error answer
    // of the server is a value: its result holds the error.
    result<void> take(std::vector<result<reply>>& answers);

private:
    struct deleter {
        void operator()(redisReader* r) const { redisReaderFree(r); }
    };
    std::unique_ptr<redisReader, deleter> reader_;
};

}  // namespace sluice::redis
