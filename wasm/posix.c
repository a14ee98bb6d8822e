/* The C side of the descriptor table: where each POSIX call that libnbd makes goes.
 *
 * libnbd is not changed. The linker redirects these names with --wrap (build.sh reads them from the lines that start
 * with WRAP), so that a call of recv in libnbd is a call of __wrap_recv here.
 *
 *   call                                   goes to
 *   recv send shutdown close fcntl         the socket of that virtual descriptor, in src/sockets/
 *   socket connect getsockopt setsockopt   a virtual descriptor without a socket, which the host connects (src/libnbd/host.ts)
 *   getnameinfo                            src/libnbd/posix/address.ts
 *   getaddrinfo freeaddrinfo               a stand-in address, which connect gives to the host's own resolver
 *   socketpair bind listen fork            a child process that the host starts, connected to a virtual descriptor
 *   kill waitpid mkdtemp unlink rmdir      the same child, and the folder of its socket
 *   getenv                                 the host's environment; none in a page
 *   poll                                   EAGAIN, noted: nothing can wait here, the caller goes on from the event loop
 *   memset                                 src/libnbd/buffers.ts when the address is a virtual one, else the C library
 *   nbd_internal_printable_buffer          the same, for what debugging shows of a write
 *   nbd_internal_set_argv                  upstream's, after a note of whose command the next fork starts
 *   execve dup2 writev _exit               nowhere: only a forked child would come there
 *
 * A virtual address (2^31 and up) stands for a range of a JavaScript buffer: payload never enters this memory.
 */
#include <config.h>

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "imports.h"
#include "internal.h"
#include "linux_errno.h"

static int
result_of (int r)
{
  if (r >= 0)
    return r;
  errno = nbd_wasm_errno_from_linux (-r);
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

/* Upstream shows no more than so many bytes of a buffer, and then how many it left out. */
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

/* Connecting. */

WRAP (int, socket, int domain, int type, int protocol)
{
  return result_of (nbd_wasm_socket ());
}

WRAP (int, connect, int fd, const struct sockaddr *addr, socklen_t len)
{
  return result_of (nbd_wasm_connect (fd, addr, len));
}

/* libnbd asks for SO_ERROR alone: how a connect that was in progress has ended. */
WRAP (int, getsockopt, int fd, int level, int name, void *value, socklen_t *len)
{
  int error = result_of (nbd_wasm_socket_error (fd));

  if (error == -1)
    return -1;
  *(int *)value = nbd_wasm_errno_from_linux (error);
  return 0;
}

/* libnbd sets TCP_NODELAY alone, which every transport does by itself. */
WRAP (int, setsockopt, int fd, int level, int name, const void *value, socklen_t len)
{
  return 0;
}

/* Resolving a name would block, so the host does it when it connects. connect gets an address of IPv6's discard-only block
 * (100::/64, RFC 6666). The address ends in the number under which the host name and the port were noted.
 */
struct stand_in {
  struct addrinfo info;
  struct sockaddr_in6 address;
};

WRAP (int, getaddrinfo, const char *node, const char *service, const struct addrinfo *hints,
      struct addrinfo **result)
{
  struct stand_in *stand_in;
  int number = nbd_wasm_note_address (node, service);

  if (number == -1)
    return EAI_SERVICE;
  stand_in = calloc (1, sizeof *stand_in);
  if (stand_in == NULL)
    return EAI_MEMORY;
  stand_in->address.sin6_family = AF_INET6;
  stand_in->address.sin6_addr.s6_addr[0] = 0x01;
  memcpy (&stand_in->address.sin6_addr.s6_addr[12], &number, sizeof number);
  stand_in->info.ai_family = AF_INET6;
  stand_in->info.ai_socktype = SOCK_STREAM;
  stand_in->info.ai_addr = (struct sockaddr *)&stand_in->address;
  stand_in->info.ai_addrlen = sizeof stand_in->address;
  *result = &stand_in->info;
  return 0;
}

WRAP (void, freeaddrinfo, struct addrinfo *list)
{
  struct stand_in *stand_in = (struct stand_in *)list;
  int number;

  memcpy (&number, &stand_in->address.sin6_addr.s6_addr[12], sizeof number);
  nbd_wasm_forget_address (number);
  free (stand_in);
}

/* With this, nbd_get_uri writes the address that nbd_aio_connect was given. */
WRAP (int, getnameinfo, const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_size, char *port,
      socklen_t port_size, int flags)
{
  return result_of (nbd_wasm_name_address (addr, len, host, host_size, port, port_size)) == -1 ? EAI_FAMILY : 0;
}

/* Commands. fork never returns in a child: the host starts the process as upstream's child branch would have. */

static struct nbd_handle *forking;
extern int __real_nbd_internal_set_argv (struct nbd_handle *h, char **argv);
WRAP (int, nbd_internal_set_argv, struct nbd_handle *h, char **argv)
{
  forking = h;
  return __real_nbd_internal_set_argv (h, argv);
}

WRAP (int, socketpair, int domain, int type, int protocol, int fds[2])
{
  return result_of (nbd_wasm_socketpair (fds));
}

WRAP (int, bind, int fd, const struct sockaddr *addr, socklen_t len)
{
  return result_of (nbd_wasm_bind (fd, addr, len));
}

WRAP (int, listen, int fd, int backlog)
{
  return result_of (nbd_wasm_listen (fd));
}

WRAP (pid_t, fork, void)
{
  return result_of (nbd_wasm_spawn (forking->argv.ptr, forking->sact_name));
}

WRAP (int, kill, pid_t pid, int signum)
{
  return result_of (nbd_wasm_kill (pid, signum));
}

WRAP (pid_t, waitpid, pid_t pid, int *status, int options)
{
  return result_of (nbd_wasm_reap (pid));
}

WRAP (char *, mkdtemp, char *template)
{
  return result_of (nbd_wasm_mkdtemp (template)) == -1 ? NULL : template;
}

WRAP (int, unlink, const char *path)
{
  return result_of (nbd_wasm_unlink (path));
}

WRAP (int, rmdir, const char *path)
{
  return result_of (nbd_wasm_rmdir (path));
}

/* One buffer is enough: libnbd is done with one variable before it asks for another. */
WRAP (char *, getenv, const char *name)
{
  static char value[4096];

  return nbd_wasm_getenv (name, value, sizeof value) ? value : NULL;
}

/* What only a forked child calls. */

static int
unsupported (void)
{
  errno = ENOTSUP;
  return -1;
}

WRAP (int, execve, const char *path, char *const argv[], char *const env[])
{
  return unsupported ();
}

WRAP (_Noreturn void, _exit, int status)
{
  abort ();
}

WRAP (int, dup2, int from, int to)
{
  return unsupported ();
}

struct iovec;
WRAP (ssize_t, writev, int fd, const struct iovec *iov, int count)
{
  return unsupported ();
}
