/* The places of a signed message, and that each is what it must be: one Envelope, one Body, one Security header for us, one signature of the form that is taken, which names the
 * Body. No cryptography here; nothing is changed but the tree's table of ids. No state; the host's thread. */
#pragma once

#include "plugins/signature/signature.h"

#include <libxml/tree.h>

#define HT_PARTS_REFERENCES 16 /* that a signature may have */

/* How the signer's certificate is named. */
typedef enum {
    HT_NAMED_CARRIED,    /* it stands in the message: `value` is base64 of it */
    HT_NAMED_KEY_ID,     /* base64 of its subject key identifier */
    HT_NAMED_THUMBPRINT, /* base64 of its SHA-1 */
    HT_NAMED_SERIAL      /* its serial number, decimal */
} HtNamed;

/* Nodes are the tree's; texts are freed by ht_parts_clear(). */
typedef struct {
    HtSoapVersion soap;
    xmlNodePtr body, security, signature, timestamp /* NULL: none */;
    unsigned references;
    xmlNodePtr signed_nodes[HT_PARTS_REFERENCES]; /* what they name, each once */
    HtNamed named;
    xmlChar *value;
} HtParts;

/* False with signature-missing, -unsupported or -refused. On both answers ht_parts_clear() frees. */
bool ht_parts_find(xmlDocPtr tree, const HtSignatureKeys *keys, HtParts *parts, HtFault *fault);
void ht_parts_clear(HtParts *parts);

/* Whether each header of this WS-Addressing name is signed, and there is one. */
bool ht_parts_addressing_is_signed(const HtParts *parts, const char *name);

/* Its children; NULL at the end. */
xmlNodePtr ht_parts_first(const xmlNode *node);
xmlNodePtr ht_parts_next(const xmlNode *node);
bool ht_parts_is(const xmlNode *node, const char *name, const char *uri);

extern const char ht_parts_wsu[];
