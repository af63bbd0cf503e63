// sched_setaffinity, which costs a microsecond where nobody has to move. Nothing depends on it: a
// failure is a slower run.
#include "placement.hpp"

namespace sluice::sandbox {

namespace {

cpu_set_t all_processors;
bool has_choice = false;

void place(pid_t process, const cpu_set_t& where) {
    (void)::sched_setaffinity(process, sizeof where, &where);
}

cpu_set_t only(int processor) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(static_cast<unsigned>(processor), &one);
    return one;
}

}  // namespace

placement::placement() {
    has_choice = ::sched_getaffinity(0, sizeof all_processors, &all_processors) == 0 &&
                 CPU_COUNT(&all_processors) > 1;
}

void placement::gather(pid_t init, pid_t waiting_job) {
    home_ = has_choice ? ::sched_getcpu() : -1;
    if (home_ < 0) return;
    const cpu_set_t home = only(home_);
    place(0, home);
    place(init, home);
    if (waiting_job > 0) place(waiting_job, home);
}

void placement::step_aside() {
    if (home_ < 0) return;
    cpu_set_t others = all_processors;
    CPU_CLR(static_cast<unsigned>(home_), &others);
    place(0, others);
}

void placement::take_along(pid_t init) {
    if (home_ >= 0) place(init, all_processors);
}

void placement::come_back() {
    if (home_ >= 0) place(0, only(home_));
}

void placement::scatter() {
    if (home_ >= 0) place(0, all_processors);
    home_ = -1;
}

void placement::leave_to_program() {
    if (has_choice) place(0, all_processors);
}

}  // namespace sluice::sandbox
