// For sluice-slot-manager-weak only. The launcher looks for a file `walls-down` in the folder of
// the name it was started by (a link that the test made in a folder of its own) each time it opens
// a slot: words that are names of walls, and perhaps `die-at=MOMENT`, upon which the file is
// removed, so that it happens once. A slot manager gets the same words by its environment.
#ifndef SLUICE_TEST_WALLS
#error "this file belongs to the test build of the slot manager only"
#endif

#include "walls.hpp"

#include "small_io.hpp"

#include <signal.h>
#include <sys/mman.h>

#include <cstdlib>
#include <string>

namespace sluice::sandbox {

namespace {

constexpr std::string_view variable = "SLUICE_WALLS_DOWN=";

constexpr const char* names[] = {
#define SLUICE_NAME(name) #name,
    SLUICE_WALLS(SLUICE_NAME)
#undef SLUICE_NAME
};

struct settings {
    std::string file;
    std::string words;
    std::string environment;
    char* pointers[2] = {nullptr, nullptr};
    bool is_down[std::size(names)] = {};
    std::string die_at;
    // Shared by all that descend from this process: a moment kills once.
    bool* has_died = nullptr;
};

settings& current() {
    static settings s;
    return s;
}

void apply(std::string words) {
    settings& s = current();
    s.words = std::move(words);
    s.die_at.clear();
    for (bool& down : s.is_down)
        down = false;
    std::string_view left = s.words;
    while (!left.empty()) {
        const std::size_t end = std::min(left.find_first_of(" \n"), left.size());
        const std::string_view word = left.substr(0, end);
        left.remove_prefix(std::min(end + 1, left.size()));
        if (word.empty()) continue;
        if (word.starts_with("die-at=")) {
            s.die_at = word.substr(7);
            continue;
        }
        bool is_known = false;
        for (std::size_t i = 0; i < std::size(names); ++i) {
            if (word != names[i]) continue;
            s.is_down[i] = true;
            is_known = true;
        }
        // A wall that nobody knows would let a control pass that took nothing away.
        if (!is_known) std::abort();
    }
    if (s.has_died == nullptr) {
        void* memory = ::mmap(
            nullptr,
            sizeof(bool),
            PROT_READ | PROT_WRITE,
            MAP_SHARED | MAP_ANONYMOUS,
            -1,
            0
        );
        s.has_died = memory == MAP_FAILED ? nullptr : static_cast<bool*>(memory);
    }
    if (s.has_died != nullptr) *s.has_died = false;
}

}  // namespace

bool stands(wall which) {
    return !current().is_down[static_cast<unsigned>(which)];
}

void at(const char* moment) {
    settings& s = current();
    if (s.die_at != moment || s.has_died == nullptr || *s.has_died) return;
    *s.has_died = true;
    ::kill(::getpid(), SIGKILL);
    ::_exit(137);  // PID 1 of a namespace cannot kill itself
}

void find_walls(const char* program) {
    if (const char* words = std::getenv("SLUICE_WALLS_DOWN")) apply(words);
    const std::string_view path(program);
    const std::size_t slash = path.rfind('/');
    if (slash != std::string_view::npos) {
        current().file = std::string(path.substr(0, slash)) + "/walls-down";
    }
}

void reload_walls() {
    settings& s = current();
    apply(read_whole_file(s.file.c_str()));
    if (!s.die_at.empty()) ::unlink(s.file.c_str());
}

char* const* wall_environment() {
    settings& s = current();
    s.environment = std::string(variable) + s.words;
    s.pointers[0] = s.environment.data();
    return s.pointers;
}

}  // namespace sluice::sandbox
