// By system call: a static binary needs no library for two structs.
#include "capabilities.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace sluice::sandbox {

namespace {

struct capability_sets {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    std::array<__user_cap_data_struct, 2> words{};
    int get() { return static_cast<int>(::syscall(SYS_capget, &header, words.data())); }
    int set() { return static_cast<int>(::syscall(SYS_capset, &header, words.data())); }
};

}  // namespace

step_error keep_capabilities_over_exec() {
    capability_sets sets;
    if (sets.get() < 0) return {setup_step::take_slot_ids, errno};
    for (auto& word : sets.words)
        word.inheritable = word.permitted;
    if (sets.set() < 0) return {setup_step::take_slot_ids, errno};
    for (unsigned number = 0; number < 64; ++number) {
        if (((sets.words[number / 32].permitted >> (number % 32)) & 1U) == 0) continue;
        if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0) {
            return {setup_step::take_slot_ids, errno};
        }
    }
    return {};
}

step_error stop_inheriting_capabilities() {
    capability_sets sets;
    if (sets.get() < 0) return {setup_step::drop_bounding_set, errno};
    // The kernel lowers the ambient set together with the inheritable one.
    for (auto& word : sets.words)
        word.inheritable = 0;
    return sets.set() < 0 ? step_error{setup_step::drop_bounding_set, errno} : step_error{};
}

step_error use_permitted_capabilities(setup_step step) {
    capability_sets sets;
    if (sets.get() < 0) return {step, errno};
    for (auto& word : sets.words)
        word.effective = word.permitted;
    return sets.set() < 0 ? step_error{step, errno} : step_error{};
}

step_error give_up_capabilities(setup_step step) {
    capability_sets sets;
    return sets.set() < 0 ? step_error{step, errno} : step_error{};
}

}  // namespace sluice::sandbox
