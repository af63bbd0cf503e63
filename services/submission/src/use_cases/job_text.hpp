// How much of a submission's output a search has told, and what of the row is left to tell: pure.
#pragma once

#include "sluice/domain/live.hpp"
#include "sluice/domain/submission.hpp"

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

// UTF-8 whatever comes: each byte that is not part of a character becomes U+FFFD.
std::string readable(std::string_view bytes);

// Parts of at most `size` bytes, cut between characters.
std::vector<std::string_view> cut(std::string_view text, std::size_t size);

class told_output {
public:
    struct rest {
        domain::output_stream stream;
        std::string_view bytes;  // of the result
    };

    bool has(const domain::output_piece& p) const {
        return p.attempt < attempt_ || (p.attempt == attempt_ && p.seq <= seq_);
    }
    // True: something between the last piece and this one is missing.
    bool take(const domain::output_piece& p);
    // What the result has beyond that. It begins anew when the result is of another attempt, and
    // is nothing when pieces are missing: where it would go on is not known then.
    std::vector<rest> left(const domain::run_result& r) const;
    bool is_whole() const { return is_whole_; }
    std::int64_t attempt() const { return attempt_; }
    std::int64_t seq() const { return seq_; }

private:
    std::int64_t attempt_ = 1;
    std::int64_t seq_ = 0;
    std::array<std::size_t, 2> bytes_{};
    bool is_whole_ = true;
};

}  // namespace sluice::submission
