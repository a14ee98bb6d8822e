/* A failed assertion is a trap, which ends the call (src/wasm/replay.ts). The texts of the expressions are left out. */
#undef assert
#define assert(expression) ((void)((expression) || (__builtin_trap (), 0)))
#define static_assert _Static_assert
