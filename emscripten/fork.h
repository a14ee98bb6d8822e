/* To be included before a source that forks in order to exec: see program.c. */
#ifndef LIBNBD_WASM_FORK_H
#define LIBNBD_WASM_FORK_H

#include <setjmp.h>
#include <unistd.h>

extern jmp_buf libnbd_program_forking;
#define fork() ((pid_t)setjmp (libnbd_program_forking))

#endif
