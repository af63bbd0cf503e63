// attack: open files by handle, past every check of their path
// family: kernel surface
// walls: filter
// expect: exit=0 limit=none says=EPERM
// without: changed
#include "attack.h"
int main(void) {
    struct {
        struct file_handle head;
        char bytes[128];
    } handle = {.head = {.handle_bytes = 128}};
    int mount_id;
    refused("name_to_handle_at", name_to_handle_at(AT_FDCWD, "/usr", &handle.head, &mount_id, 0));
    return verdict();
}
