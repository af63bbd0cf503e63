// The files of a program that came as a zip archive, read in memory within bounds. Nothing that the
// archive says of itself is believed: names are checked, sizes are counted while they come.
#pragma once

#include "sluice/domain/submission.hpp"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace sluice::submission {

struct zip_bounds {
    std::size_t max_files = 256;
    std::size_t max_entries = 1024;      // folders are entries as well
    std::size_t max_bytes = 4 << 20;     // of all files, unpacked
    std::size_t max_ratio = 200;         // unpacked : packed …
    std::size_t ratio_from = 256 << 10;  // … of files larger than this
};

struct zip_refusal {
    std::string entry;  // its name, fit for printing; empty: the whole archive
    std::string why;
};

bool looks_like_zip(std::string_view bytes);

// In the archive's order, folders left out. Computes long: not for the event loop.
std::variant<std::vector<domain::source_file>, zip_refusal>
unzip_program(std::string_view archive, const zip_bounds& bounds = {});

}  // namespace sluice::submission
