/* A message as a tree, under the caps of the source. No state; the host's thread. */
#pragma once

#include "core/base/fault.h"

#include <libxml/tree.h>

/* Namespaces that are in scope at an element, at most: canonical form looks through them at each. */
#define HT_TREE_NAMESPACES 64

/* UTF-8 without declaration, with a NUL behind it. NULL with a fault: not-well-formed, namespace-not-well-formed, doctype-refused, too-deep, too-many-elements, too-many-attributes, start-tag-too-long,
 * too-slow, signature-unsupported (namespaces). xmlFreeDoc(). */
xmlDocPtr ht_tree_read(HtText text, const HtLimits *limits, HtFault *fault);
