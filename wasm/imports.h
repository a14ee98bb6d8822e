/* What the module takes from JavaScript, in its import namespace "libnbd": src/libnbd/imports.ts gives it.
 *
 * Descriptors are the virtual ones of src/sockets/. Addresses may be virtual (posix.c). A negative result is one of Linux's error
 * numbers, negated. What an error argument points to is one of Linux's error numbers while JavaScript has it.
 */
#ifndef LIBNBD_WASM_IMPORTS_H
#define LIBNBD_WASM_IMPORTS_H

#include <stddef.h>
#include <stdint.h>

#include "import.h"
#include "libnbd.h"

/* Marks a call that the linker redirects; build.sh makes one --wrap of each. */
#define WRAP(result, name, ...) result __wrap_##name (__VA_ARGS__)

/* Calls on a descriptor or on a virtual address: src/libnbd/posix/. */
IMPORT (recv) int nbd_wasm_recv (int fd, void *buf, size_t len);
IMPORT (send) int nbd_wasm_send (int fd, const void *buf, size_t len);
IMPORT (isReadable) int nbd_wasm_is_readable (int fd, int headers);
IMPORT (shutdown) int nbd_wasm_shutdown (int fd, int how);
IMPORT (close) int nbd_wasm_close (int fd);
IMPORT (fcntl) int nbd_wasm_fcntl (int fd);
IMPORT (poll) int nbd_wasm_poll (void);
IMPORT (socket) int nbd_wasm_socket (void);
IMPORT (connect) int nbd_wasm_connect (int fd, const void *addr, size_t len);
IMPORT (socketError) int nbd_wasm_socket_error (int fd); /* an error number that is not negated */
IMPORT (noteAddress) int nbd_wasm_note_address (const char *host, const char *port); /* a number, -1 for a bad port */
IMPORT (forgetAddress) void nbd_wasm_forget_address (int number);
IMPORT (nameAddress) int nbd_wasm_name_address (const void *addr, size_t len, char *host, size_t host_size,
                                                char *port, size_t port_size);
IMPORT (socketpair) int nbd_wasm_socketpair (int *fds);
IMPORT (bind) int nbd_wasm_bind (int fd, const void *addr, size_t len);
IMPORT (listen) int nbd_wasm_listen (int fd);
IMPORT (spawn) int nbd_wasm_spawn (char **argv, const char *socket_name); /* a process's number */
IMPORT (kill) int nbd_wasm_kill (int pid, int signum);
IMPORT (reap) int nbd_wasm_reap (int pid);
IMPORT (mkdtemp) int nbd_wasm_mkdtemp (char *template);
IMPORT (unlink) int nbd_wasm_unlink (const char *path);
IMPORT (rmdir) int nbd_wasm_rmdir (const char *path);
IMPORT (startTls) int nbd_wasm_start_tls (struct nbd_handle *h, int fd, const char *hostname, const char *tls_hostname,
                                          int verify_peer, const char *certificates, const char *psk_file,
                                          const char *username);
IMPORT (getenv) int nbd_wasm_getenv (const char *name, char *value, size_t size); /* 0 where there is none */
IMPORT (fill) void nbd_wasm_fill (void *buf, int byte, size_t len);
IMPORT (peek) void nbd_wasm_peek (const void *buf, void *copy, size_t len);

/* Callbacks: src/libnbd/closures.ts. */
IMPORT (chunk) int nbd_wasm_on_chunk (int key, const void *subbuf, size_t count, uint64_t offset, unsigned status,
                                      int *error);
IMPORT (completion) int nbd_wasm_on_completion (int key, int *error);
IMPORT (context) int nbd_wasm_on_context (int key, const char *name);
IMPORT (debug) int nbd_wasm_on_debug (int key, const char *context, const char *msg);
IMPORT (extent) int nbd_wasm_on_extent (int key, const char *metacontext, uint64_t offset, uint32_t *entries,
                                        size_t nr_entries, int *error);
IMPORT (extent64) int nbd_wasm_on_extent64 (int key, const char *metacontext, uint64_t offset, nbd_extent *entries,
                                            size_t nr_entries, int *error);
IMPORT (list) int nbd_wasm_on_list (int key, const char *name, const char *description);
IMPORT (free) void nbd_wasm_on_free (int key);

#endif
