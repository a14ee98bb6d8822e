/* Formatted output and input without floating point. libnbd formats no such numbers, and the code for them would be a tenth of
 * the module. Emscripten's C library has printf functions for integers alone; libnbd's calls are sent there.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "imports.h"

extern int vfiprintf (FILE *f, const char *format, va_list args);
extern int vsniprintf (char *s, size_t n, const char *format, va_list args);

WRAP (int, vasprintf, char **result, const char *format, va_list args)
{
  va_list again;
  int length;

  va_copy (again, args);
  length = vsniprintf (NULL, 0, format, again);
  va_end (again);
  if (length < 0)
    return -1;
  *result = malloc ((size_t)length + 1);
  return *result == NULL ? -1 : vsniprintf (*result, (size_t)length + 1, format, args);
}

WRAP (int, asprintf, char **result, const char *format, ...)
{
  va_list args;
  int length;

  va_start (args, format);
  length = __wrap_vasprintf (result, format, args);
  va_end (args);
  return length;
}

WRAP (int, fprintf, FILE *f, const char *format, ...)
{
  va_list args;
  int length;

  va_start (args, format);
  length = vfiprintf (f, format, args);
  va_end (args);
  return length;
}

WRAP (int, snprintf, char *s, size_t n, const char *format, ...)
{
  va_list args;
  int length;

  va_start (args, format);
  length = vsniprintf (s, n, format, args);
  va_end (args);
  return length;
}

/* libnbd reads one thing with it, the number of a vsock's peer in a URI. */
WRAP (int, sscanf, const char *s, const char *format, uint32_t *number)
{
  char *end;

  *number = (uint32_t)strtoul (s, &end, 10);
  return end != s;
}
