// What init asks of a fork server (libs/sandbox/src/fork_server.hpp): one SOCK_SEQPACKET message, a fork_order with the
// run's arguments and variables behind it, each ended by NUL. Read by C in the server and by C++ in init.
#ifndef SLUICE_FORK_ORDER_H
#define SLUICE_FORK_ORDER_H

#include <stdint.h>

enum {
    fork_order_magic = 0x4b524f46,  // "FORK"
    // Descriptors that a server finds when it starts.
    fork_orders_fd = 3,   // orders come from here; "r" goes there once it waits
    fork_library_fd = 4,  // the library itself, for the loader only
    fork_filter_fd = 5,   // the system-call filter, an array of struct sock_filter
    // What comes with an order, in this sequence.
    fork_with_init = 0,    // a pidfd of the run's init
    fork_with_answer = 1,  // where the program says fork_started
    fork_with_input = 2,
    fork_with_output = 3,
    fork_with_errors = 4,
    fork_with_more = 5,  // then the Landlock ruleset, then the cgroup's folder, as far as they are there
    fork_most_fds = 7,
    fork_limit_count = 5,
};

struct fork_limit {
    uint64_t resource, soft, hard;
};

struct fork_order {
    uint32_t magic;
    uint32_t argc, envc;
    uint32_t uid;  // of the program, user and group
    uint32_t has_input;
    uint32_t has_landlock;
    uint32_t has_cgroup;  // the program is born in it; else where the server is
    uint32_t padding;
    struct fork_limit limits[fork_limit_count];
};

// Said by the program when every step was taken and nothing of the run's has been executed, or by the server when there
// will be no program.
struct fork_answer {
    uint32_t magic;
    uint32_t has_started;
    int32_t pid;          // in the run's pid namespace
    int32_t error_number;
};

#endif
