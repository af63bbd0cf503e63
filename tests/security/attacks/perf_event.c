// attack: count hardware and kernel events of other programs
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"

#include <linux/perf_event.h>
int main(void) {
    struct perf_event_attr event = {
        .type = PERF_TYPE_SOFTWARE,
        .size = sizeof event,
        .config = PERF_COUNT_SW_TASK_CLOCK,
        .exclude_kernel = 1,
        .exclude_hv = 1};
    refused("perf_event_open", syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
    return verdict();
}
