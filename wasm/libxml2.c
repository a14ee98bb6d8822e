/* What libxml2's uri.c needs of the rest of libxml2: memory, and errors that libnbd reports in its own words. */
#include <stdlib.h>
#include <string.h>

#include <libxml/globals.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>

xmlFreeFunc xmlFree = free;
xmlMallocFunc xmlMalloc = malloc;
xmlMallocFunc xmlMallocAtomic = malloc;
xmlReallocFunc xmlRealloc = realloc;

static char *
duplicate (const char *text)
{
  return strdup (text);
}

xmlStrdupFunc xmlMemStrdup = duplicate;

xmlChar *
xmlStrdup (const xmlChar *text)
{
  return (xmlChar *)strdup ((const char *)text);
}

xmlChar *
xmlStrndup (const xmlChar *text, int length)
{
  return (xmlChar *)strndup ((const char *)text, length);
}

int
xmlStrEqual (const xmlChar *a, const xmlChar *b)
{
  return a == b || (a && b && strcmp ((const char *)a, (const char *)b) == 0);
}

/* uri.c raises an error when there is no memory. It returns NULL as well, which is enough for libnbd. */
void
__xmlRaiseError (xmlStructuredErrorFunc structured, xmlGenericErrorFunc generic, void *data, void *context,
                 void *node, int domain, int code, xmlErrorLevel level, const char *file, int line,
                 const char *str1, const char *str2, const char *str3, int int1, int column, const char *format, ...)
{
}
