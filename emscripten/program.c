/* What a C program of Emscripten's lacks, in terms of what the JavaScript library has: sleep, fork and exec. */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <time.h>
#include <unistd.h>

/* Emscripten's own is busy meanwhile, and no byte would come. sleep and usleep call this. */
int
nanosleep (const struct timespec *time, struct timespec *left)
{
  poll (NULL, 0, time->tv_sec * 1000 + time->tv_nsec / 1000000);
  return 0;
}

/* fork.h makes a setjmp of fork. What comes up to exec or _exit is the child's, and runs in the same memory, as after vfork. */
jmp_buf libnbd_program_forking;

extern int libnbd_program_spawn (const char *path, char *const argv[], char *const env[]);
extern int nbd_wasm_errno_from_linux (int linux_errno);

int
execve (const char *path, char *const argv[], char *const env[])
{
  int pid = libnbd_program_spawn (path, argv, env);

  if (pid > 0)
    longjmp (libnbd_program_forking, pid);
  errno = nbd_wasm_errno_from_linux (-pid);
  return -1;
}
