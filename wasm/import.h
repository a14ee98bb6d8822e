/* Marks what JavaScript answers. Programs in C have it from Emscripten's own JavaScript instead (emscripten/parts.sh). */
#ifndef IMPORT
#define IMPORT(name) __attribute__ ((import_module ("libnbd"), import_name (#name))) extern
#endif
