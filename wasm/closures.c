/* One static trampoline per closure type of libnbd's API.
 *
 * A closure is a callback, its user_data and a free function. In JavaScript it is an integer key into a map
 * (src/libnbd/closures.ts); the key travels as user_data, and the entry lives until libnbd calls free.
 *
 * The C ABI passes a closure by address, so nbd_wasm_<type> (key) returns the address of one that the next call of an
 * nbd_* function takes as its argument. Key 0 is no closure (NBD_NULL_<TYPE>).
 */
#include <stdint.h>
#include <string.h>

#include "imports.h"
#include "linux_errno.h"

#define WITH_ERROR(call)                                \
  do {                                                  \
    int r;                                              \
                                                        \
    *error = nbd_wasm_errno_to_linux (*error);          \
    r = (call);                                         \
    *error = nbd_wasm_errno_from_linux (*error);        \
    return r;                                           \
  } while (0)

static int
chunk (void *key, const void *subbuf, size_t count, uint64_t offset, unsigned status, int *error)
{
  WITH_ERROR (nbd_wasm_on_chunk ((int)key, subbuf, count, offset, status, error));
}

static int
completion (void *key, int *error)
{
  WITH_ERROR (nbd_wasm_on_completion ((int)key, error));
}

static int
context (void *key, const char *name)
{
  return nbd_wasm_on_context ((int)key, name);
}

static int
debug (void *key, const char *where, const char *msg)
{
  return nbd_wasm_on_debug ((int)key, where, msg);
}

static int
extent (void *key, const char *metacontext, uint64_t offset, uint32_t *entries, size_t nr_entries, int *error)
{
  WITH_ERROR (nbd_wasm_on_extent ((int)key, metacontext, offset, entries, nr_entries, error));
}

static int
extent64 (void *key, const char *metacontext, uint64_t offset, nbd_extent *entries, size_t nr_entries, int *error)
{
  WITH_ERROR (nbd_wasm_on_extent64 ((int)key, metacontext, offset, entries, nr_entries, error));
}

static int
list (void *key, const char *name, const char *description)
{
  return nbd_wasm_on_list ((int)key, name, description);
}

static void
release (void *key)
{
  nbd_wasm_on_free ((int)key);
}

/* libnbd copies a closure before it calls anything, so one of each type is enough. */
#define DEFINE_CLOSURE(type)                                                            \
  nbd_##type##_callback *                                                               \
  nbd_wasm_##type (int key)                                                             \
  {                                                                                     \
    static nbd_##type##_callback closure;                                               \
                                                                                        \
    closure = key == 0                                                                  \
      ? (nbd_##type##_callback) { 0 }                                                   \
      : (nbd_##type##_callback) { .callback = type, .user_data = (void *)key, .free = release }; \
    return &closure;                                                                    \
  }

DEFINE_CLOSURE (chunk)
DEFINE_CLOSURE (completion)
DEFINE_CLOSURE (context)
DEFINE_CLOSURE (debug)
DEFINE_CLOSURE (extent)
DEFINE_CLOSURE (extent64)
DEFINE_CLOSURE (list)

/* nbd_get_errno, in Linux's numbers. */
int
nbd_wasm_get_errno (void)
{
  return nbd_wasm_errno_to_linux (nbd_get_errno ());
}

/* The text of one of Linux's error numbers, as libnbd puts it at the end of its messages. */
const char *
nbd_wasm_strerror (int linux_errno)
{
  return strerror (nbd_wasm_errno_from_linux (linux_errno));
}
