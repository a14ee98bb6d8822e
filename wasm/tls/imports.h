/* What the module takes from JavaScript: src/tls/session.ts gives it. */
#ifndef NBD_TLS_IMPORTS_H
#define NBD_TLS_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#define IMPORT(name) __attribute__ ((import_module ("tls"), import_name (name))) extern

/* Fills the buffer with random bytes that nobody can guess. */
IMPORT ("random") void tls_random (void *buf, size_t len);

/* Milliseconds since 1970. */
IMPORT ("now") double tls_now (void);

/* Moves up to so many bytes that came from the server into the buffer. Answers how many, 0 while there are none, -1 at the end. */
IMPORT ("receive") int tls_receive (void *buf, size_t len);

/* Bytes for the server. They are good until the call returns. */
IMPORT ("send") void tls_send (const void *buf, size_t len);

/* A name that the server's certificate has: a DNS name as text, or an address of 4 or 16 bytes. */
IMPORT ("certificateName") void tls_on_certificate_name (int is_address, const void *name, size_t len);

#endif
