/* Error numbers that cross into JavaScript are Linux's. Emscripten numbers its own differently (its EAGAIN is 6). */
#ifndef LIBNBD_WASM_LINUX_ERRNO_H
#define LIBNBD_WASM_LINUX_ERRNO_H

/* The C library's number for one of Linux's; EIO for one that it lacks. */
extern int nbd_wasm_errno_from_linux (int linux_errno);

/* Linux's number for one of the C library's; EIO for one that Linux lacks. */
extern int nbd_wasm_errno_to_linux (int c_errno);

#endif
