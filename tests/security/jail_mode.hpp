// As whom the security tests build sandboxes: as root, or, started by
// tests/security/unprivileged.py or in the guest, as a user with a range of ids or as one with
// none.
#pragma once

#include "sluice/sandbox/launcher.hpp"

namespace sluice::sandbox::test {

enum class jail_mode { root, subids, single_uid, no_cgroups };
jail_mode current_mode();
// From ABI 6 on a program cannot even send a signal to init.
bool landlock_scopes_signals();

// Ids, cgroups and what has to be accepted, for the number-th jail of this process. Fails the test
// case when the mode and our rights do not belong together.
void apply_mode(sandbox_config& config, int number);

}  // namespace sluice::sandbox::test
