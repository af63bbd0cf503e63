// Names and addresses are ASCII: what cannot be typed twice the same way opens doors to look-alikes.
// Passwords are any text. The list of common ones is short because the rules around it (length,
// repetition, runs, words of the account) refuse most of the long lists already.
#include "names.hpp"

#include "sluice/messages/json.hpp"

#include <algorithm>
#include <array>

namespace sluice::submission {
namespace {

// What people choose when ten characters are asked for, lower case and without digits at the end.
constexpr std::array<std::string_view, 47> common_words{
    "password",   "passwort",   "passw0rd",   "p@ssword",   "p@ssw0rd",  "motdepasse", "contrasena",
    "qwerty",     "qwertyuiop", "qwertz",     "azerty",     "asdfgh",    "asdfghjkl",  "zxcvbnm",
    "qazwsx",     "qazwsxedc",  "1q2w3e4r",   "1q2w3e4r5t", "q1w2e3r4",  "zaq12wsx",   "iloveyou",
    "letmein",    "welcome",    "monkey",     "dragon",     "sunshine",  "princess",   "football",
    "baseball",   "superman",   "batman",     "trustno",    "starwars",  "master",     "shadow",
    "michael",    "jennifer",   "computer",   "internet",   "whatever",  "changeme",   "secret",
    "default",    "administrator", "admin",   "sluice",     "testtest"};

bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_one_of(char c, std::string_view more) {
    return is_alnum(c) || more.find(c) != std::string_view::npos;
}

std::size_t utf8_length(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

// "aaaaaaaaaa", "ababababab", "1234567890", "qwerty…" backwards: few distinct steps.
bool is_monotonous(std::string_view text) {
    std::array<bool, 256> seen{};
    std::size_t distinct = 0;
    std::size_t longest_run = 1;
    std::size_t run = 1;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (!seen[byte]) ++distinct;
        seen[byte] = true;
        if (i < 2) continue;
        const int step = text[i] - text[i - 1];
        const bool goes_on = step == text[i - 1] - text[i - 2] && step >= -1 && step <= 1;
        run = goes_on ? run + 1 : 1;
        longest_run = std::max(longest_run, run);
    }
    return distinct < 5 || longest_run + 4 > text.size();
}

std::string without_trailing_digits(std::string text) {
    constexpr std::string_view ends = "0123456789!.?*#$_-";
    while (!text.empty() && ends.find(text.back()) != std::string_view::npos)
        text.pop_back();
    return text;
}

bool is_common(const std::string& lower) {
    const std::string stem = without_trailing_digits(lower);
    return std::any_of(common_words.begin(), common_words.end(), [&](std::string_view word) {
        if (lower == word || stem == word) return true;
        // "passwordpassword": the word over and over.
        if (stem.size() % word.size() != 0) return false;
        for (std::size_t i = 0; i < stem.size(); i += word.size()) {
            if (stem.compare(i, word.size(), word) != 0) return false;
        }
        return !stem.empty();
    });
}

bool is_made_of(const std::string& lower, std::string_view word) {
    constexpr std::size_t shortest_word = 3;
    constexpr std::size_t others = 4;
    const std::string w = folded(word);
    if (w.size() < shortest_word) return false;
    return lower.find(w) != std::string::npos && lower.size() < w.size() + others;
}

}  // namespace

std::optional<std::string> name_problem(std::string_view name) {
    if (name.empty()) return "must not be empty";
    if (name.size() > max_name_length) return "is longer than 64 characters";
    const bool is_fine = std::all_of(name.begin(), name.end(), [](char c) {
        return is_one_of(c, "._-");
    });
    if (!is_fine || !is_alnum(name.front())) {
        return "may hold letters, digits, '.', '_' and '-' only, and begins with a letter or digit";
    }
    return std::nullopt;
}

std::optional<std::string> email_problem(std::string_view email) {
    if (email.size() > max_email_length) return "is longer than 254 characters";
    const std::size_t at = email.find('@');
    if (at == std::string_view::npos || at == 0 || at > 64) return "is no e-mail address";
    const std::string_view local = email.substr(0, at);
    const std::string_view domain = email.substr(at + 1);
    const bool is_local_fine = std::all_of(local.begin(), local.end(), [](char c) {
        return is_one_of(c, ".!#$%&'*+/=?^_`{|}~-");
    });
    const bool is_domain_fine = std::all_of(domain.begin(), domain.end(), [](char c) {
        return is_one_of(c, ".-");
    });
    const bool has_empty_part = email.find("..") != std::string_view::npos ||
                                local.front() == '.' || local.back() == '.' || domain.empty() ||
                                !is_alnum(domain.front()) || !is_alnum(domain.back());
    if (!is_local_fine || !is_domain_fine || has_empty_part) return "is no e-mail address";
    return std::nullopt;
}

std::string folded(std::string_view login) {
    std::string out(login);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    }
    return out;
}

std::optional<std::string> password_problem(
    std::string_view password,
    std::string_view name,
    std::string_view email,
    bool is_strict
) {
    if (password.empty()) return "must not be empty";
    if (password.size() > max_password_length) return "is longer than 1024 bytes";
    if (password.find('\0') != std::string_view::npos) return "must not hold a NUL";
    if (!messages::is_valid_utf8(password)) return "is not UTF-8";
    if (!is_strict) return std::nullopt;
    if (utf8_length(password) < min_strict_password) return "is shorter than 10 characters";
    const std::string lower = folded(password);
    if (is_common(lower)) return "is one of the commonest passwords";
    if (is_monotonous(lower)) return "repeats a few characters or counts them up";
    if (is_made_of(lower, name) || is_made_of(lower, email) ||
        is_made_of(lower, email.substr(0, email.find('@')))) {
        return "is made of the account's own name";
    }
    return std::nullopt;
}

}  // namespace sluice::submission
