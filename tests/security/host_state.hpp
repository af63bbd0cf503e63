// What a run may have left on the host.
#pragma once

#include "jail_fixture.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::sandbox::test {

// Living processes of the uid (zombies that wait for PID 1 do not count).
std::vector<std::string> processes_of(unsigned uid);
// The next sandbox is made and its process of this uid waits for a command.
bool has_waiting_job(unsigned uid);
// How many pid namespaces deep a process lives, seen from here (1: in ours); 0 when it is gone. An
// init is one deeper than its slot manager. Their pids tell nothing: pids start again at the end.
long pid_namespace_depth(pid_t pid);
// Path of our cgroup in version 2, a leaf `main` left out.
std::string own_delegated_folder();
// Folders below `parent` ("auto": what was delegated to us) in every cgroup hierarchy, relative to
// it.
std::vector<std::string> cgroups_below(const std::string& parent);
// Mounts that carry the sandbox's names.
std::string mounts_of_host();
// SysV objects and POSIX queues of the uids [first, first + 1].
std::string ipc_of(unsigned first_uid);
// Files of these uids in the folders where anybody may write, two levels deep, and devices of the
// host that were given to them.
std::string files_of(unsigned first_uid);
// Names of the network interfaces in our namespace.
std::string interfaces_of_host();
// What the memory cgroups below `parent` are charged with; page cache and other reclaimable memory
// is asked back first when `reclaims`.
std::int64_t memory_charged_to(const std::string& parent, bool reclaims);

// All of it, for a jail with one slot.
class host_watch {
public:
    explicit host_watch(jail& j);
    // Empty, or what is there now and was not in the beginning. To be asked between runs.
    std::string left_behind() const;

private:
    jail& jail_;
    std::size_t cgroups_;
    std::string mounts_, interfaces_;
    std::int64_t memory_;
};

}  // namespace sluice::sandbox::test
