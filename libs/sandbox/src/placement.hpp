// On which processor a run's helpers work. A message to another processor wakes one that has gone
// to sleep, which takes longer than all that the message asks for; so manager and init share the
// processor on which the request found the manager. The program may use all that there are: it sees
// nothing of this. Where every processor has a run of its own, nobody is moved.
#pragma once

#include <sched.h>
#include <sys/types.h>

namespace sluice::sandbox {

class placement {
public:
    placement();
    // The manager, its init and the process that waits for the command, if there is one, on the
    // processor where this is called.
    void gather(pid_t init, pid_t waiting_job);
    // The manager elsewhere, so that whom it has just woken goes on here; what it makes there
    // begins there.
    void step_aside();
    // An init whose run is answered need not stay either.
    void take_along(pid_t init);
    void come_back();
    // Anywhere again.
    void scatter();
    // In the program's last step: every processor that the manager was given.
    static void leave_to_program();

private:
    int home_ = -1;  // -1: not gathered
};

}  // namespace sluice::sandbox
