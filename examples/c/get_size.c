/* Prints the size of a disk in bytes: get_size nbd://localhost */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <libnbd.h>

int
main (int argc, char *argv[])
{
  struct nbd_handle *nbd = nbd_create ();
  int64_t size;

  if (argc != 2 || nbd == NULL || nbd_connect_uri (nbd, argv[1]) == -1 || (size = nbd_get_size (nbd)) == -1) {
    fprintf (stderr, "%s\n", argc != 2 ? "usage: get_size URI" : nbd_get_error ());
    return EXIT_FAILURE;
  }
  printf ("%" PRIi64 "\n", size);
  nbd_shutdown (nbd, 0);
  nbd_close (nbd);
  return EXIT_SUCCESS;
}
