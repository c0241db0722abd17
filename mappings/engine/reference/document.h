/* An XML file of our own data, with its grammar. No state; any thread. */
#pragma once

#include <glib.h>
#include <libxml/tree.h>

/* The file, parsed, and checked against `schema` (RELAX NG; NULL: not). What is wrong is added to `errors`, `file:line: error: …`, one a line;
 * NULL when it cannot be read or is not well-formed. Free it with xmlFreeDoc(). */
xmlDoc *ht_document_read(const char *path, const char *schema, GString *errors);
