// attack: write into a file that is shared by all through the program's own memory (Dirty COW)
// family: host files
// control: none - the kernel alone decides this, and every patched kernel refuses; the attack
// compares the file
// also: read-only mapping of a file of another owner
// expect: exit=0 limit=none says=not written
#include "attack.h"
int main(void) {
    int fd = open("/etc/passwd", O_RDONLY);
    char* page = mmap(0, 4096, PROT_READ, MAP_SHARED, fd, 0);
    char before = page[0];
    int memory = open("/proc/self/mem", O_RDWR);
    if (memory < 0) return 1;
    ssize_t n = pwrite(memory, "#", 1, (off_t)(uintptr_t)page);
    char now = 0;
    pread(fd, &now, 1, 0);
    printf("%s\n", n == 1 || now != before ? "WRITTEN" : "not written");
    return now != before ? 42 : 0;
}
