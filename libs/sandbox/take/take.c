// Preloaded into a runtime that cannot receive descriptors or lower its own limits (Java), or must not notice that it
// waited (Node): it waits inside its first open() of a file at SLUICE_TAKE_AT, is handed its run there (warm.hpp has the
// other side), and goes on as if nothing had been. A path that ends in "/" stands for every file below it: the file is
// then opened in earnest, provided that the run has the arguments and variables that the process was started with. Any
// other path is a door to an agent: opening it gives the run's arguments, each ended by NUL. Whatever a warm process
// cannot be, it becomes by executing the run's command: by itself, or when an agent opens the path with "-cold" behind.
#define _GNU_SOURCE
#include "cold_start.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

extern char** environ;

struct head {
    uint32_t argc, envc;
    struct {
        uint64_t resource, soft, hard;
    } limits[5];
};

enum {
    control_fd = 3,
    // Out of the way: the program's first descriptor must be the one that it is in a cold start.
    parked_fd = 200,
    deepest_folder = 16,
};

static char* place;
static size_t place_length;
static int is_door;
static int control = -1;
static int own_argc;
static char** own_argv;

static struct head* run;  // and its texts behind it
static const char* texts;
static size_t texts_size;

__attribute__((constructor)) static void note_place(int argc, char** argv) {
    const char* at = getenv("SLUICE_TAKE_AT");
    if (at == NULL || getenv("LD_PRELOAD") == NULL) return;
    place = strdup(at);
    control = fcntl(control_fd, F_DUPFD_CLOEXEC, parked_fd);
    if (place == NULL || control < 0) _exit(1);
    close(control_fd);
    place_length = strlen(place);
    is_door = place[place_length - 1] != '/';
    own_argc = argc;
    own_argv = argv;
    forget_variable("SLUICE_TAKE_AT");
    forget_variable("LD_PRELOAD");
}

static int remove_entry(const char* path, const struct stat* info, int type, struct FTW* at) {
    (void)info;
    (void)type;
    if (at->level > 0) (void)remove(path);
    return 0;
}

static void receive_run(void) {
    ssize_t size;
    do {
        size = recv(control, NULL, 0, MSG_PEEK | MSG_TRUNC);
    } while (size < 0 && errno == EINTR);
    if (size < (ssize_t)sizeof *run || (run = malloc((size_t)size)) == NULL) _exit(0);
    int fds[3];
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(sizeof fds)];
    } rights;
    struct iovec whole = {run, (size_t)size};
    struct msghdr message = {
        .msg_iov = &whole,
        .msg_iovlen = 1,
        .msg_control = &rights,
        .msg_controllen = sizeof rights};
    if (recvmsg(control, &message, MSG_CMSG_CLOEXEC) != size) _exit(1);
    const struct cmsghdr* first = CMSG_FIRSTHDR(&message);
    if (first == NULL || first->cmsg_len != CMSG_LEN(sizeof fds)) _exit(1);
    memcpy(fds, CMSG_DATA(first), sizeof fds);
    for (int i = 0; i < 3; ++i) {
        dup2(fds[i], i);
        close(fds[i]);
    }
    texts = (const char*)(run + 1);
    texts_size = (size_t)size - sizeof *run;
    if (texts_size == 0 || texts[texts_size - 1] != '\0') _exit(1);
}

static const char* next(const char* text) {
    return text + strlen(text) + 1;
}

static const char* variables(void) {
    const char* text = texts;
    for (uint32_t i = 0; i < run->argc; ++i)
        text = next(text);
    return text;
}

static int has_own_variables(void) {
    const char* text = variables();
    for (uint32_t i = 0; i < run->envc; ++i, text = next(text))
        if (environ[i] == NULL || strcmp(environ[i], text) != 0) return 0;
    return environ[run->envc] == NULL;
}

static int has_own_arguments(void) {
    const char* text = texts;
    if (run->argc != (uint32_t)own_argc) return 0;
    for (int i = 0; i < own_argc; ++i, text = next(text))
        if (strcmp(own_argv[i], text) != 0) return 0;
    return 1;
}

static int become_cold(void) {
    start_cold(texts, run->argc, run->envc);
    return -1;
}

static void wait_for_run(void) {
    // What is in it belongs to the runtime.
    nftw("/box", remove_entry, deepest_folder, FTW_DEPTH | FTW_PHYS);
    const int own = control;
    if (send(own, "r", 1, MSG_NOSIGNAL) != 1) _exit(1);
    receive_run();
    // What the kernel holds the program to; init reads it back.
    for (int i = 0; i < 5; ++i) {
        const struct rlimit limit = {run->limits[i].soft, run->limits[i].hard};
        if (setrlimit((__rlimit_resource_t)run->limits[i].resource, &limit) < 0) _exit(1);
    }
    if (send(own, "t", 1, MSG_NOSIGNAL) != 1) _exit(1);
    close(own);
    control = -1;
    if (!has_own_variables() || (!is_door && !has_own_arguments())) {
        become_cold();
        _exit(127);
    }
    if (is_door) return;
    free(run);
    run = NULL;
}

static int arguments_as_file(void) {
    const int file = memfd_create("arguments", MFD_CLOEXEC);
    const size_t size = (size_t)(variables() - texts);
    if (file >= 0 && write(file, texts, size) == (ssize_t)size) lseek(file, 0, SEEK_SET);
    return file;
}

static int open_here(const char* path, int flags, mode_t mode) {
    if (place != NULL && strncmp(path, place, place_length) == 0) {
        if (control >= 0) wait_for_run();
        if (run != NULL && path[place_length] == '\0') return arguments_as_file();
        if (run != NULL && strcmp(path + place_length, "-cold") == 0) return become_cold();
    }
    return openat(AT_FDCWD, path, flags, mode);
}

static mode_t mode_in(int flags, va_list more) {
    const int has_mode = (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
    return has_mode ? va_arg(more, mode_t) : 0;
}

__attribute__((visibility("default"))) int open(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_in(flags, more);
    va_end(more);
    return open_here(path, flags, mode);
}

__attribute__((visibility("default"))) int open64(const char* path, int flags, ...) {
    va_list more;
    va_start(more, flags);
    const mode_t mode = mode_in(flags, more);
    va_end(more);
    return open_here(path, flags | O_LARGEFILE, mode);
}
