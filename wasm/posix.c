/* The C side of the descriptor table: where each POSIX call that libnbd makes goes.
 *
 * libnbd is not changed. The linker redirects these names with --wrap (the list of them is read from the lines
 * that start with WRAP below), so that a call of recv in libnbd is a call of __wrap_recv here.
 *
 *   call                               goes to
 *   recv send shutdown close           the socket of that virtual descriptor, in src/sockets/
 *   fcntl                              a check that the descriptor is open: all are non-blocking and never inherited
 *   poll                               EAGAIN, noted: nothing can wait here, so the caller goes on from the event loop
 *   memset                             src/buffers.ts when the address is a virtual one, else the C library
 *   nbd_internal_printable_buffer      the same, for what debugging shows of a write
 *   all others                         ENOTSUP
 *
 * A virtual address (2^31 and up) stands for a range of a JavaScript buffer: payload never enters this memory.
 */
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "imports.h"
#include "linux_errno.h"

/* Marks a call that the linker redirects; build.sh makes one --wrap of each. */
#define WRAP(result, name, ...) result __wrap_##name (__VA_ARGS__)

static int
result_of (int r)
{
  if (r >= 0)
    return r;
  errno = nbd_wasm_errno_from_linux (-r);
  return -1;
}

static int
unsupported (void)
{
  errno = ENOTSUP;
  return -1;
}

static int
is_virtual (const void *address)
{
  return (uintptr_t)address >= UINT32_C (0x80000000);
}

/* Sockets. */

WRAP (ssize_t, recv, int fd, void *buf, size_t len, int flags)
{
  return result_of (nbd_wasm_recv (fd, buf, len));
}

WRAP (ssize_t, send, int fd, const void *buf, size_t len, int flags)
{
  return result_of (nbd_wasm_send (fd, buf, len));
}

WRAP (int, shutdown, int fd, int how)
{
  return result_of (nbd_wasm_shutdown (fd, how));
}

WRAP (int, close, int fd)
{
  return result_of (nbd_wasm_close (fd));
}

WRAP (int, fcntl, int fd, int op, ...)
{
  return result_of (nbd_wasm_fcntl (fd));
}

struct pollfd;
WRAP (int, poll, struct pollfd *fds, unsigned long n, int timeout)
{
  return result_of (nbd_wasm_poll ());
}

/* Payload. */

extern void *__real_memset (void *s, int c, size_t n);
WRAP (void *, memset, void *s, int c, size_t n)
{
  if (!is_virtual (s))
    return __real_memset (s, c, n);
  nbd_wasm_fill (s, c, n);
  return s;
}

/* Upstream shows no more than this of a buffer, and how much it left out. */
#define PRINTABLE_MAX 512
extern char *__real_nbd_internal_printable_buffer (const void *buf, size_t count);
WRAP (char *, nbd_internal_printable_buffer, const void *buf, size_t count)
{
  char copy[PRINTABLE_MAX];

  if (!is_virtual (buf))
    return __real_nbd_internal_printable_buffer (buf, count);
  nbd_wasm_peek (buf, copy, count < sizeof copy ? count : sizeof copy);
  return __real_nbd_internal_printable_buffer (copy, count);
}

/* What no socket of JavaScript's has. */

WRAP (int, socket, int domain, int type, int protocol)
{
  return unsupported ();
}

WRAP (int, socketpair, int domain, int type, int protocol, int fds[2])
{
  return unsupported ();
}

WRAP (int, connect, int fd, const struct sockaddr *addr, socklen_t len)
{
  return unsupported ();
}

WRAP (int, bind, int fd, const struct sockaddr *addr, socklen_t len)
{
  return unsupported ();
}

WRAP (int, listen, int fd, int backlog)
{
  return unsupported ();
}

WRAP (int, getsockopt, int fd, int level, int name, void *value, socklen_t *len)
{
  return unsupported ();
}

WRAP (int, setsockopt, int fd, int level, int name, const void *value, socklen_t len)
{
  return unsupported ();
}

WRAP (int, getaddrinfo, const char *node, const char *service, const struct addrinfo *hints,
      struct addrinfo **result)
{
  errno = ENOTSUP;
  return EAI_SYSTEM;
}

WRAP (void, freeaddrinfo, struct addrinfo *list)
{
}

/* Processes and the temporary folder of socket activation. */

WRAP (pid_t, fork, void)
{
  return unsupported ();
}

WRAP (int, execve, const char *path, char *const argv[], char *const env[])
{
  return unsupported ();
}

WRAP (int, dup2, int from, int to)
{
  return unsupported ();
}

WRAP (int, kill, pid_t pid, int signum)
{
  return unsupported ();
}

WRAP (pid_t, waitpid, pid_t pid, int *status, int options)
{
  return unsupported ();
}

WRAP (char *, mkdtemp, char *template)
{
  unsupported ();
  return NULL;
}

WRAP (int, unlink, const char *path)
{
  return unsupported ();
}

WRAP (int, rmdir, const char *path)
{
  return unsupported ();
}

struct iovec;
WRAP (ssize_t, writev, int fd, const struct iovec *iov, int count)
{
  return unsupported ();
}
