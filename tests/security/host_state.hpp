// What a run may have left on the host.
#pragma once

#include "jail_fixture.hpp"

#include <sys/types.h>

#include <string>
#include <vector>

namespace sluice::sandbox::test {

// Living processes of the uid (zombies that wait for PID 1 do not count).
std::vector<std::string> processes_of(unsigned uid);
// How many pid namespaces deep a process lives, seen from here (1: in ours); 0 when it is gone. An
// init is one deeper than its slot manager. Their pids tell nothing: pids start again at the end.
long pid_namespace_depth(pid_t pid);
// Folders below `parent` in every cgroup hierarchy, relative to it.
std::vector<std::string> cgroups_below(const std::string& parent);
// Mounts that carry the sandbox's names.
std::string mounts_of_host();
// SysV objects with the attacks' key, and the attacks' names in /dev/shm and /dev/mqueue.
std::string ipc_of_host();

}  // namespace sluice::sandbox::test
