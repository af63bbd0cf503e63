// The clocks of real child processes.
#include "init_clocks.hpp"

#include <catch2/catch.hpp>

#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

namespace {

using sluice::sandbox::init_clocks;
using sluice::sandbox::run_board;

constexpr std::int64_t spun_ns = 20'000'000;

std::int64_t own_ns() {
    timespec t{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

// Dead, and not reaped.
pid_t dead_spinner() {
    const pid_t child = ::fork();
    if (child == 0) {
        while (own_ns() < spun_ns) {
        }
        ::_exit(0);
    }
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    return child;
}

}  // namespace

TEST_CASE("what an init used is known exactly when it is dead, and after it was reaped") {
    init_clocks clocks;
    run_board board{};
    const pid_t child = dead_spinner();
    clocks.add(child, board);
    const std::int64_t before = clocks.total_ns();
    CHECK(before >= spun_ns);
    clocks.note_end(child);
    ::waitpid(child, nullptr, 0);
    CHECK(clocks.total_ns() == before);
    CHECK(clocks.of_ns(child) == before);
}

TEST_CASE("what many inits used adds up, though only some are remembered") {
    init_clocks clocks;
    run_board board{};
    std::int64_t sum = 0;
    for (int i = 0; i < 6; ++i) {
        const pid_t child = dead_spinner();
        clocks.add(child, board);
        clocks.note_end(child);
        sum += clocks.of_ns(child);
        ::waitpid(child, nullptr, 0);
    }
    CHECK(clocks.total_ns() == sum);
}

TEST_CASE("an init that is alive is counted up to now") {
    init_clocks clocks;
    run_board board{};
    int gate[2] = {-1, -1};
    REQUIRE(::pipe(gate) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(gate[1]);
        char byte = 0;
        (void)!::read(gate[0], &byte, 1);
        while (own_ns() < spun_ns) {
        }
        ::_exit(0);
    }
    clocks.add(child, board);
    CHECK(clocks.total_ns() < spun_ns);
    ::close(gate[0]);
    ::close(gate[1]);
    siginfo_t info;
    ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT);
    CHECK(clocks.total_ns() >= spun_ns);
    ::waitpid(child, nullptr, 0);
}

TEST_CASE("what a program's process used before its command came is counted with its init") {
    init_clocks clocks;
    run_board board{};
    const pid_t child = dead_spinner();
    clocks.add(child, board);
    const std::int64_t before = clocks.total_ns();
    board.early_cpu_us = 150;
    CHECK(clocks.total_ns() == before + 150'000);
    clocks.note_end(child);
    board.clear();
    CHECK(clocks.of_ns(child) == before + 150'000);
    CHECK(clocks.total_ns() == before + 150'000);
    ::waitpid(child, nullptr, 0);
}
