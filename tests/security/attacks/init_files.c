// attack: read the supervisor's memory, environment and files in /proc
// family: other processes
// walls: landlock, job_uid, non_dumpable, capabilities
// expect: exit=0 limit=none says=EACCES
// without: exit=42 changed
#include "attack.h"
int main(void) {
    refused("environ", open("/proc/1/environ", O_RDONLY));
    refused("mem", open("/proc/1/mem", O_RDWR));
    refused("root", open("/proc/1/root/box", O_RDONLY));
    refused("cwd", open("/proc/1/cwd", O_RDONLY));
    refused("descriptors", open("/proc/1/fd", O_RDONLY));
    refused("maps", open("/proc/1/maps", O_RDONLY));
    return verdict();
}
