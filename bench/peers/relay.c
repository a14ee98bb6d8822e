/* The least that a proxy can cost: takes one TCP connection at a time on a port of 127.0.0.1, and copies its bytes to a Unix socket
   and back, with no WebSocket. Usage: relay PORT PATH */
#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct direction {
  int from, to;
  size_t start, length;
  char buffer[128 * 1024];
};

/* Returns 0 once the direction is over. */
static int
copy (struct direction *d, int from_is_ready)
{
  ssize_t n;

  if (d->length == 0 && from_is_ready) {
    n = read (d->from, d->buffer, sizeof d->buffer);
    if (n <= 0)
      return 0;
    d->start = 0;
    d->length = n;
  }
  if (d->length > 0) {
    n = write (d->to, d->buffer + d->start, d->length);
    if (n > 0) {
      d->start += n;
      d->length -= n;
    }
  }
  return 1;
}

static void
relay (int client, int server)
{
  static struct direction up, down;
  struct pollfd fds[] = { { .fd = client }, { .fd = server } };
  int on = 1;

  setsockopt (client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl (client, F_SETFL, O_NONBLOCK);
  fcntl (server, F_SETFL, O_NONBLOCK);
  up = (struct direction) { .from = client, .to = server };
  down = (struct direction) { .from = server, .to = client };
  do {
    fds[0].events = (up.length == 0 ? POLLIN : 0) | (down.length > 0 ? POLLOUT : 0);
    fds[1].events = (down.length == 0 ? POLLIN : 0) | (up.length > 0 ? POLLOUT : 0);
    poll (fds, 2, -1);
  } while (copy (&up, fds[0].revents & ~POLLOUT) && copy (&down, fds[1].revents & ~POLLOUT));
  close (client);
  close (server);
}

int
main (int argc, char *argv[])
{
  struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  struct sockaddr_un there = { .sun_family = AF_UNIX };
  int listener = socket (AF_INET, SOCK_STREAM, 0);

  if (argc != 3)
    errx (2, "usage: relay PORT PATH");
  signal (SIGPIPE, SIG_IGN);
  here.sin_port = htons (atoi (argv[1]));
  strncpy (there.sun_path, argv[2], sizeof there.sun_path - 1);
  if (bind (listener, (struct sockaddr *) &here, sizeof here) == -1 || listen (listener, 1) == -1)
    err (1, "port %s", argv[1]);
  for (;;) {
    int client = accept (listener, NULL, NULL);
    int server = socket (AF_UNIX, SOCK_STREAM, 0);
    if (client == -1 || connect (server, (struct sockaddr *) &there, sizeof there) == -1)
      err (1, "%s", argv[2]);
    relay (client, server);
  }
}
