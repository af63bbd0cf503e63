// What every runtime that waits for its program shares, whether it takes one (take.c) or forks them
// (../fork).
#ifndef SLUICE_COLD_START_H
#define SLUICE_COLD_START_H

#include <stdint.h>

// Out of the environment, and of what /proc/self/environ shows. Nothing happens where it is not
// set.
void forget_variable(const char* name);
// Executes the run's command, for a program that the runtime cannot be: as init would have, with no
// descriptor but the first three, nothing ignored and nothing blocked. `texts`: arguments, then
// variables ("NAME=value"), each ended by NUL. Returns only when that failed, with errno
// (execve(2)).
void start_cold(const char* texts, uint32_t argc, uint32_t envc);

#endif
