/* TLS by the host, in the place of GnuTLS, with which lib/crypto.c does it.
 *
 * The host upgrades the socket under the same virtual descriptor: by Node's TLS (src/node/tls.ts), or by a module of its own (src/tls/). The handshake goes on in the background, since
 * upstream's states would wait for it in a loop. Until it has ended well, the socket takes no bytes and gives none, so that
 * nothing reaches a server that was not verified. If it fails, the connection fails.
 */
#include <config.h>

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "imports.h"
#include "internal.h"
#include "linux_errno.h"

WRAP (int, nbd_unlocked_supports_tls, struct nbd_handle *h)
{
  return 1;
}

WRAP (int, nbd_unlocked_set_tls, struct nbd_handle *h, int tls)
{
  h->tls = tls;
  return 0;
}

/* The plain socket stays: its descriptor is the encrypted one from here on. */
WRAP (struct socket *, nbd_internal_crypto_create_session, struct nbd_handle *h, struct socket *oldsock)
{
  int r = nbd_wasm_start_tls (h, oldsock->ops->get_fd (oldsock), h->hostname, h->tls_hostname, h->tls_verify_peer,
                              h->tls_certificates, h->tls_psk_file, h->tls_username);

  if (r < 0) {
    set_error (nbd_wasm_errno_from_linux (-r), "TLS could not be started");
    return NULL;
  }
  return oldsock;
}

WRAP (bool, nbd_internal_crypto_is_reading, struct nbd_handle *h)
{
  return true;
}

WRAP (int, nbd_internal_crypto_handshake, struct nbd_handle *h)
{
  return 0;
}

WRAP (void, nbd_internal_crypto_debug_tls_enabled, struct nbd_handle *h)
{
  debug (h, "connection is being upgraded to TLS");
}
