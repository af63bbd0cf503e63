// An attack as its file describes it: a small program in C or Python whose first lines are
// "// key: value" (or "# key: value"). README.md beside attacks/ lists the keys.
#pragma once

#include <map>
#include <string>
#include <vector>

namespace sluice::sandbox::test {

struct attack {
    std::string name;                         // "fork_bomb.c"
    std::map<std::string, std::string> keys;  // "expect" → "exit=0 limit=none"

    bool has(const std::string& key) const { return keys.contains(key); }
    // Empty when the key is not there.
    std::string value(const std::string& key) const;
    // The comma-separated names of a list.
    std::vector<std::string> list(const std::string& key) const;
};

// Folders of the sources and of the compiled programs; the environment (SLUICE_ATTACK_SOURCES,
// SLUICE_ATTACK_BINARIES) goes before what was compiled in, for a test in another machine.
std::string attack_sources();
std::string attack_binaries();

attack read_attack(const std::string& name);
// All of them, in alphabetical order; SLUICE_ATTACK=word in the environment picks those whose name
// contains it.
std::vector<attack> all_attacks();

// In the guest that runs what could hurt the host (SLUICE_GUEST=1).
bool is_guest();

std::vector<std::string> words_of(const std::string& text);

}  // namespace sluice::sandbox::test
