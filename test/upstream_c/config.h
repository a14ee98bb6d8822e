/* What upstream's configure would find, for its tests in C: as for libnbd, and the servers that they start. */
#include "wasm/config.h"
#define HAVE_STRCASESTR 1
#define NBDKIT "nbdkit"
#define NBD_SERVER "nbd-server"
#define QEMU_NBD "qemu-nbd"
