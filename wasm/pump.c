/* The loop that reads what has arrived. It is here and not in JavaScript, which would call the module three times for each reply. */
#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "imports.h"
#include "internal.h"

/* What the next bytes may begin with: a header that libnbd has to be handed whole (src/sockets/reply_header.ts). */
enum headers { NO_HEADER, COMPACT_HEADER, EXTENDED_HEADER };

static enum headers
headers_of (struct nbd_handle *h)
{
  enum state state = get_next_state (h);

  if (!nbd_internal_is_state_ready (state) && !nbd_internal_is_state_processing (state))
    return NO_HEADER;
  return h->extended_headers ? EXTENDED_HEADER : COMPACT_HEADER;
}

/* Lets libnbd read while it wants to and its socket has something for it. Returns the directions in which it waits then. */
unsigned
nbd_wasm_pump (struct nbd_handle *h)
{
  for (;;) {
    unsigned direction = nbd_aio_get_direction (h);

    if (!(direction & LIBNBD_AIO_DIRECTION_READ) || h->sock == NULL)
      return direction;
    if (!nbd_wasm_is_readable (h->sock->ops->get_fd (h->sock), headers_of (h)))
      return direction;
    nbd_aio_notify_read (h);
  }
}
