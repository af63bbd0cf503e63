// Which host ids a slot gets, and how they come into its user namespace. Three ways: root writes
// the map; without root newuidmap and newgidmap write it out of the user's range in /etc/subuid and
// /etc/subgid, which loses nothing; without a range the own uid is mapped alone, and what falls
// with that stands in weak_points.hpp. Host id 0 is mapped in none of them.
#pragma once

#include "step.hpp"

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

namespace sluice::sandbox {

enum class id_mode {
    root,         // two ids per slot, written by ourselves
    subid_range,  // two ids per slot, written by newuidmap and newgidmap
    single,       // our own id for everything
    forbidden,    // none of them: see `words`
};

struct id_plan {
    id_mode mode = id_mode::forbidden;
    unsigned first_uid = 0;
    unsigned first_gid = 0;
    std::string words;  // "uids 100000 to 100003 through newuidmap"

    unsigned manager_uid(unsigned slot) const {
        return mode == id_mode::single ? first_uid : first_uid + 2 * slot;
    }
};

// Two ids per slot, or three where a slot has a relay: those come after all the others.
id_plan plan_ids(unsigned first_uid, unsigned slots, unsigned ids_per_slot = 2);

// clone() with these new namespaces, as fork() returns. Where we are not root the child
// is born dumpable: its files in /proc belong to root otherwise, and only root could map its ids.
pid_t clone_for_mapping(const id_plan& plan, unsigned long namespaces);

// For such a child, which waits for it.
step_error map_ids(const id_plan& plan, unsigned slot, pid_t child);

// The same for a child that gets `uid` alone, as job_uid.
step_error map_one_id(const id_plan& plan, unsigned uid, pid_t child);

// Makes the slot's manager the owner of these, as root by chown, with a range through a user
// namespace that has both ids.
step_error
give_away(const id_plan& plan, unsigned slot, const std::string& folder, const char* const* files);

struct id_range {
    unsigned first = 0;
    unsigned count = 0;
};
// The range of a user (by name or by number) with room for `count` ids in the text of /etc/subuid;
// the one that contains `wanted` when there is such a one. Never one that begins at 0.
std::optional<id_range> find_id_range(
    std::string_view text,
    std::string_view name,
    std::string_view number,
    unsigned count,
    unsigned wanted
);

}  // namespace sluice::sandbox
