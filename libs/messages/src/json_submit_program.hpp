// A program beside the submission's own, as clients write it.
#pragma once

#include "json_input.hpp"

namespace sluice::messages {

struct program_fields {
    domain::program_request program;
    encoded_text source;
    std::optional<std::vector<domain::source_file>> files;
};

domain::program_request read_program(json& object, const std::string& path, problem_list& problems);

}  // namespace sluice::messages
