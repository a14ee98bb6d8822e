/* What libnbd's configure would find on Emscripten. PACKAGE_VERSION comes from the build, which reads configure.ac. */
#define PACKAGE_NAME "libnbd"
#define HAVE_BYTESWAP_H 1
#define HAVE_DECL___BUILTIN_ADD_OVERFLOW 1
#define HAVE_DECL___BUILTIN_MUL_OVERFLOW 1
#define HAVE_ENDIAN_H 1
#define HAVE_INTTYPES_H 1
#define HAVE_LIBXML2 1
#define HAVE_POSIX_MEMALIGN 1
#define HAVE_STDATOMIC_H 1
#define HAVE_STDINT_H 1
#define TLS_PRIORITY "NORMAL"
