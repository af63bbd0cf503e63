// attack: kill the supervisor inside, or change its limits
// family: other processes
// walls: filter, landlock, job_uid, capabilities
// expect: exit=0 limit=none says=EPERM
// expect-single-uid-unscoped: exit=42 limit=none says=limit init: EPERM
// without: exit=42 changed
#include "attack.h"

#include <sys/resource.h>
int main(void) {
    refused("kill 1", kill(1, SIGKILL));
    refused("kill parent", kill(getppid(), SIGTERM));
    struct rlimit none = {0, 0};
    refused("limit init", prlimit(1, RLIMIT_NOFILE, &none, 0));
    return verdict();
}
