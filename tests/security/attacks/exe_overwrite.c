// attack: overwrite the supervisor's executable on the host by /proc/1/exe (runc 2019-5736)
// family: runc CVE-2019-5736
// walls: landlock, job_uid, non_dumpable, capabilities
// expect: exit=0 limit=none says=EACCES
// without: exit=42 changed
#include "attack.h"
int main(void) {
    int fd = open("/proc/1/exe", O_RDONLY);
    refused("open exe", fd);
    if (fd >= 0 && open("/proc/1/exe", O_WRONLY) >= 0) puts("and writable");
    char path[64];
    refused("read its name", readlink("/proc/1/exe", path, sizeof path));
    return verdict();
}
