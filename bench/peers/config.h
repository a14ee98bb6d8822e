/* What libnbd's configure would find on Linux, for the native libnbd that is measured: without TLS and URIs, which no case
 * uses, so that it needs no library. */
#define PACKAGE_NAME "libnbd"
#define PACKAGE_VERSION "native"
#define HAVE_BYTESWAP_H 1
#define HAVE_DECL___BUILTIN_ADD_OVERFLOW 1
#define HAVE_DECL___BUILTIN_MUL_OVERFLOW 1
#define HAVE_ENDIAN_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_STDATOMIC_H 1
#define HAVE_STDINT_H 1
#define TLS_PRIORITY "NORMAL"
