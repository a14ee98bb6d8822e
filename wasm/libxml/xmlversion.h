/* What libxml2's configure would write, as far as its uri.c needs it: no feature at all. */
#ifndef __XML_VERSION_H__
#define __XML_VERSION_H__

#include <libxml/xmlexports.h>

#define LIBXML_DOTTED_VERSION "2.9.14"
#define LIBXML_VERSION 20914
#define LIBXML_ATTR_ALLOC_SIZE(x)
#define LIBXML_ATTR_FORMAT(format, arguments)
#define ATTRIBUTE_UNUSED __attribute__ ((unused))

#endif
