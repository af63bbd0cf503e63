// Reads headers; knows nothing of running.
#include "attack_file.hpp"

#include "jail_fixture.hpp"

#include <algorithm>
#include <cstdlib>
#include <sstream>

namespace sluice::sandbox::test {

namespace {

std::string from_environment(const char* name, const char* otherwise) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0' ? value : otherwise;
}

}  // namespace

std::string attack_sources() {
    return from_environment("SLUICE_ATTACK_SOURCES", SLUICE_ATTACK_SOURCES);
}

std::string attack_binaries() {
    return from_environment("SLUICE_ATTACK_BINARIES", SLUICE_ATTACK_BINARIES);
}

bool is_guest() {
    return from_environment("SLUICE_GUEST", "0") == "1";
}

std::string attack::value(const std::string& key) const {
    const auto found = keys.find(key);
    return found == keys.end() ? std::string() : found->second;
}

std::vector<std::string> attack::list(const std::string& key) const {
    std::string text = value(key);
    std::replace(text.begin(), text.end(), ',', ' ');
    return words_of(text);
}

attack read_attack(const std::string& name) {
    attack a{name, {}};
    std::istringstream lines(read_file(attack_sources() + "/" + name));
    std::string key;
    for (std::string line; std::getline(lines, line);) {
        const std::size_t start = line.starts_with("// ") ? 3 : line.starts_with("# ") ? 2 : 0;
        if (start == 0) break;
        const std::size_t word = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", start);
        const bool is_key = word != std::string::npos && line.compare(word, 2, ": ") == 0;
        if (is_key) key = line.substr(start, word - start);
        if (key.empty()) break;
        // A line without a key goes on with the last one.
        std::string& value = a.keys[key];
        value += is_key ? line.substr(word + 2) : " " + line.substr(start);
    }
    return a;
}

std::vector<attack> all_attacks() {
    const std::string wanted = from_environment("SLUICE_ATTACK", "");
    std::vector<std::string> names = words_of(SLUICE_ATTACK_NAMES);
    std::sort(names.begin(), names.end());
    std::vector<attack> found;
    for (const std::string& name : names) {
        if (name.find(wanted) != std::string::npos) found.push_back(read_attack(name));
    }
    return found;
}

std::vector<std::string> words_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> out;
    for (std::string word; in >> word;)
        out.push_back(word);
    return out;
}

}  // namespace sluice::sandbox::test
