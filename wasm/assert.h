/* The C library's assert, without the text of the expression: all these texts would be a tenth of the module, and file and line
 * tell as much. JavaScript throws, and the instance is not used again.
 */
#undef assert
#ifndef LIBNBD_WASM_ASSERT_H
#define LIBNBD_WASM_ASSERT_H
#include "import.h"
IMPORT (assertionFailed) _Noreturn void nbd_wasm_assertion_failed (const char *file, int line);
#endif
#define assert(expression) ((void)((expression) || (nbd_wasm_assertion_failed (__FILE__, __LINE__), 0)))
