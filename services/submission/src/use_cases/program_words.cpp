// See program_words.hpp. The bounds keep a tsvector far below its megabyte, so that no program can
// make its own insert fail.
#include "program_words.hpp"

#include "sluice/messages/json.hpp"

#include <algorithm>
#include <set>

namespace sluice::submission {
namespace {

constexpr std::size_t max_word_bytes = 64;
constexpr std::size_t max_total_bytes = std::size_t{200} << 10;
constexpr std::size_t max_searched = 16;

bool is_ascii_word(unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool continues_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

// Not in the middle of a character.
std::string cut(std::string word) {
    if (word.size() <= max_word_bytes) return word;
    std::size_t end = max_word_bytes;
    while (end > 0 && continues_character(word[end]))
        --end;
    word.resize(end);
    return word;
}

// Calls `take` for each word until it says false.
template <class Take>
void for_each_word(std::string_view text, Take take) {
    const bool is_text = messages::is_valid_utf8(text);
    std::string word;
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const auto c = i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
        const auto byte = static_cast<unsigned char>(c);
        if (is_ascii_word(byte) || (is_text && byte >= 0x80)) {
            word += static_cast<char>(byte >= 'A' && byte <= 'Z' ? byte - 'A' + 'a' : byte);
        } else if (!word.empty()) {
            if (!take(cut(std::move(word)))) return;
            word.clear();
        }
    }
}

}  // namespace

std::vector<std::string> program_words(std::span<const domain::source_file> files) {
    std::set<std::string> words;
    std::size_t total = 0;
    for (const auto& file : files) {
        for_each_word(file.content, [&](std::string word) {
            const std::size_t size = word.size() + 8;  // what PostgreSQL keeps beside it
            if (words.insert(std::move(word)).second) total += size;
            return total < max_total_bytes;
        });
    }
    return {words.begin(), words.end()};
}

std::vector<std::string> search_words(std::string_view text) {
    std::vector<std::string> words;
    for_each_word(text, [&words](std::string word) {
        if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
        return words.size() < max_searched;
    });
    return words;
}

std::string words_query(const std::vector<std::string>& words) {
    std::string query;
    for (const auto& word : words) {
        if (!query.empty()) query += " & ";
        query += "'" + word + "':*";  // no word holds a quote or a backslash
    }
    return query;
}

}  // namespace sluice::submission
