/* Native libnbd, measured: keeps a number of requests in flight for some seconds, and prints what it moved as JSON.
 *
 * native unix PATH|tcp HOST:PORT read|write|connect SIZE IN-FLIGHT SECONDS WARM-UP
 *
 * The loop is the one of libnbd's own examples: completion callbacks and nbd_poll. Everything of the handle is left at
 * its default, as bench/ours.ts leaves it.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <libnbd.h>

struct slot {
  char *buffer;
  struct slot *next_idle;
};

static struct nbd_handle *nbd;
static bool writes;
static size_t size;
static uint64_t disk_size, next_offset;
static struct slot *idle;
static unsigned in_flight;
static uint64_t requests;

static void
fail (const char *what)
{
  fprintf (stderr, "native: %s: %s\n", what, nbd_get_error ());
  exit (EXIT_FAILURE);
}

static double
now (void)
{
  struct timespec t;
  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* CPU seconds of this process. */
static double
cpu (void)
{
  struct timespec t;
  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

/* Called under the handle's lock, so that the next request is issued by the loop. */
static int
completed (void *user_data, int *error)
{
  struct slot *slot = user_data;

  if (*error)
    fail ("a request");
  slot->next_idle = idle;
  idle = slot;
  in_flight--;
  requests++;
  return 1; /* retires the command */
}

static void
issue (struct slot *slot)
{
  nbd_completion_callback callback = { .callback = completed, .user_data = slot };
  int64_t cookie;

  if (writes)
    cookie = nbd_aio_pwrite (nbd, slot->buffer, size, next_offset, callback, 0);
  else
    cookie = nbd_aio_pread (nbd, slot->buffer, size, next_offset, callback, 0);
  if (cookie == -1)
    fail ("issuing a request");
  in_flight++;
  next_offset += size;
  if (next_offset + size > disk_size)
    next_offset = 0;
}

/* Returns how long it took until the last of the requests was answered. */
static double
run (double seconds)
{
  double start = now ();

  requests = 0;
  for (;;) {
    bool more = now () < start + seconds;
    while (more && idle) {
      struct slot *slot = idle;
      idle = slot->next_idle;
      issue (slot);
    }
    if (in_flight == 0)
      return now () - start;
    if (nbd_poll (nbd, -1) == -1)
      fail ("nbd_poll");
  }
}

static void
connect_to (const char *transport, char *address)
{
  if (strcmp (transport, "unix") == 0) {
    if (nbd_connect_unix (nbd, address) == -1)
      fail ("connecting");
    return;
  }
  char *colon = strrchr (address, ':');
  if (!colon) {
    fprintf (stderr, "native: the address is not HOST:PORT\n");
    exit (EXIT_FAILURE);
  }
  *colon = '\0';
  if (nbd_connect_tcp (nbd, address, colon + 1) == -1)
    fail ("connecting");
}

/* Connects, and closes in good order, one handle after the other. */
static double
run_connects (const char *transport, const char *address, double seconds)
{
  double start = now ();

  for (requests = 0; now () < start + seconds; requests++) {
    char *copy = strdup (address); /* connect_to cuts it up */
    nbd = nbd_create ();
    if (!nbd || !copy)
      fail ("nbd_create");
    connect_to (transport, copy);
    if (nbd_shutdown (nbd, 0) == -1)
      fail ("nbd_shutdown");
    nbd_close (nbd);
    free (copy);
  }
  return now () - start;
}

static void
print (uint64_t bytes, double seconds, double cpu_seconds)
{
  printf ("{\"bytes\":%" PRIu64 ",\"requests\":%" PRIu64 ",\"seconds\":%.6f,\"cpu\":%.6f}\n", bytes, requests, seconds,
          cpu_seconds);
}

int
main (int argc, char *argv[])
{
  if (argc != 8) {
    fprintf (stderr, "usage: native unix|tcp ADDRESS read|write SIZE IN-FLIGHT SECONDS WARM-UP\n");
    return EXIT_FAILURE;
  }
  if (strcmp (argv[3], "connect") == 0) {
    run_connects (argv[1], argv[2], atof (argv[7]));
    double before = cpu (), seconds = run_connects (argv[1], argv[2], atof (argv[6]));
    print (0, seconds, cpu () - before);
    return EXIT_SUCCESS;
  }

  nbd = nbd_create ();
  if (!nbd)
    fail ("nbd_create");
  connect_to (argv[1], argv[2]);
  disk_size = nbd_get_size (nbd);

  writes = strcmp (argv[3], "write") == 0;
  size = strtoul (argv[4], NULL, 10);
  unsigned slots = strtoul (argv[5], NULL, 10);
  for (unsigned i = 0; i < slots; i++) {
    struct slot *slot = malloc (sizeof *slot);
    if (!slot || !(slot->buffer = malloc (size)))
      return EXIT_FAILURE;
    memset (slot->buffer, 0x55, size);
    slot->next_idle = idle;
    idle = slot;
  }

  run (atof (argv[7]));
  double before = cpu (), seconds = run (atof (argv[6]));
  print (requests * size, seconds, cpu () - before);
  nbd_shutdown (nbd, 0);
  nbd_close (nbd);
  return EXIT_SUCCESS;
}
