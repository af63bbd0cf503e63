// The words of programs, by which their owner finds them again. Pure.
#pragma once

#include "sluice/domain/submission.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::submission {

// Runs of letters, digits and '_' in lower case (ASCII), each once, sorted; anything from UTF-8
// beyond ASCII is a letter. A file that is not UTF-8 gives the words of its ASCII. Bounded: of a
// huge program the words of its beginning.
std::vector<std::string> program_words(std::span<const domain::source_file> files);

// The words of what a user looks for, at most 16; empty: there are none in it.
std::vector<std::string> search_words(std::string_view text);

// Words as PostgreSQL's tsquery: all of them, each as the beginning of a word.
std::string words_query(const std::vector<std::string>& words);

}  // namespace sluice::submission
