// The half of a fork server that knows nothing of the interpreter: orders, processes, and the steps that make one a
// program.
#ifndef SLUICE_FORK_PROCESS_H
#define SLUICE_FORK_PROCESS_H

#include <stddef.h>

// Once, at the start: reads the filter, empties the bounding set, is no longer readable for others.
void become_server(void);
// Says that it waits and serves until the other end is gone, which ends the process. Returns in every program, where
// all steps have been taken.
void serve_orders(void);
// In a program: the run's arguments and variables, each ended by NUL.
const char* order_texts(void);
size_t order_size(void);
int order_argc(void);
int order_has_input(void);
// The run's texts are those that the server was started with.
int has_own_texts(void);
// In a program that the interpreter cannot be: executes the run's command, as init would have. Never returns.
void become_cold(void) __attribute__((noreturn));

#endif
