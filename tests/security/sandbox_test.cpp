// Runs every attack of attacks/ in one slot, compares with the expectation in its header, and looks
// at the host after each: nothing of the run may be left, and the next run must see nothing of it.
// Then the same attack with just its walls taken away, which must come to something else: an attack
// that ends well for another reason than its header says is found here.
#include "attack_run.hpp"
#include "host_state.hpp"
#include "jail_mode.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <optional>

namespace sluice::sandbox::test {

namespace {

// The next job of the slot: an empty box, an empty /tmp and /dev/shm, nobody else in sight.
// By the shell alone: this runs after every attack, and nothing else starts as fast in the guest.
constexpr const char* what_is_there =
    "for folder in /box /tmp /dev/shm; do\n"
    "    for file in $folder/* $folder/.[!.]* $folder/..?*; do\n"
    "        if [ -e \"$file\" ] || [ -L \"$file\" ]; then echo \"$file\"; fi\n"
    "    done\n"
    "done\n"
    "echo /proc/[0-9]*";

std::string seen_by_next_run(jail& j) {
    auto next = j.run(program({"/usr/bin/sh", "-c", what_is_there}));
    if (next.has_error()) return describe(next.error());
    const bool is_plain = next->exit_code == 0 && !next->memory_exceeded &&
                          !next->processes_exceeded && !next->cpu_time_exceeded;
    return is_plain ? next->out : "it hit a limit: " + next->out;
}

// The slot's next terminal is a new one: nothing to read, its flags and line discipline as ever, no
// other beside it.
std::string terminal_of_next_run(jail& j) {
    run_request request = python(
        "import fcntl, os, struct, termios as t\n"
        "i, o, c, l = t.tcgetattr(0)[:4]\n"
        "ask = lambda what: struct.unpack('i', fcntl.ioctl(0, what, b'1234'))[0]\n"
        "print(sorted(os.listdir('/dev/pts')), os.ttyname(0), os.get_terminal_size(0)[:], "
        "ask(t.TIOCGETD), "
        "ask(t.FIONREAD), ask(0x80045440), bool(i & t.ICRNL), bool(o & t.OPOST), bool(l & "
        "t.ICANON), bool(l & t.ECHO))"
    );
    request.how = interaction::terminal;
    const auto next = j.run(std::move(request));
    return next.has_error() ? describe(next.error()) : next->out;
}
constexpr const char* new_terminal =
    "['0', 'ptmx'] /dev/pts/0 (80, 24) 0 0 0 True True True True\r\n";

std::string expectation_of(const attack& a) {
    // Where one uid is mapped alone, these headers differ and no other: nobody else can be named
    // (EINVAL), and init takes signals, which change nothing, unless Landlock stops them.
    if (current_mode() == jail_mode::single_uid) {
        if (a.has("expect-single-uid")) return a.value("expect-single-uid");
        if (!landlock_scopes_signals() && a.has("expect-single-uid-unscoped")) {
            return a.value("expect-single-uid-unscoped");
        }
    }
    if (current_mode() == jail_mode::no_cgroups && a.has("expect-no-cgroups")) {
        return a.value("expect-no-cgroups");
    }
    return a.value("expect");
}

bool runs_here(const attack& a) {
    if (a.has("where") && a.value("where") != (is_guest() ? "guest" : "host")) return false;
    // What the attack works with, where not every machine has it.
    return !a.has("needs") || std::filesystem::exists(a.value("needs"));
}

void check_header(const attack& a) {
    CHECK(a.has("attack"));
    CHECK(a.has("family"));
    CHECK(a.has("expect"));
    CHECK((a.has("walls") || a.has("also")));
    // A control, or the reason why there is none.
    CHECK(a.has("without") != a.has("control"));
    if (a.has("control")) CHECK(a.value("control").starts_with("none - "));
    if (a.has("without")) {
        CHECK(
            (a.has("walls") || a.has("without-limits") || a.has("without-env") ||
             a.has("without-output") || a.has("without-stdin"))
        );
    }
}

void check_control(weak_jail& weak, const attack& a, const outcome& before) {
    if (!a.has("without")) return;
    if (a.has("control-where") && a.value("control-where") != (is_guest() ? "guest" : "host")) {
        return;
    }
    std::string words;
    for (const std::string& wall : a.list("walls"))
        words += wall + " ";
    weak.take_down(words);
    const outcome without = run_attack(weak.in(), a, "without-");
    INFO("with these walls down: " << words);
    CHECK(difference(without, a.value("without"), before) == "");
}

}  // namespace

TEST_CASE("every attack fails, leaves nothing, and gets through where its walls are down") {
    ::setenv("SLUICE_SECRET", "leaked", 1);
    jail j("", 10000, egress_of_attacks());
    // The walls are the same ones without root; taking them away once is enough.
    std::optional<weak_jail> weak;
    if (current_mode() == jail_mode::root) weak.emplace(egress_of_attacks());
    CHECK(seen_by_next_run(j) == "/proc/1 /proc/2\n");
    const host_watch host(j);
    for (const attack& a : all_attacks()) {
        if (!runs_here(a)) continue;
        INFO(a.name);
        check_header(a);
        const outcome with = run_attack(j, a, "");
        CHECK(difference(with, expectation_of(a), outcome()) == "");
        CHECK(seen_by_next_run(j) == "/proc/1 /proc/2\n");
        if (a.has("terminal")) CHECK(terminal_of_next_run(j) == new_terminal);
        CHECK(host.left_behind() == "");
        if (weak) check_control(*weak, a, with);
    }
    const std::string parent = j.config().cgroup_parent;
    j.close();
    CHECK(cgroups_below(parent).empty());
}

}  // namespace sluice::sandbox::test
