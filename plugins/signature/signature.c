/* From the bytes of a message to who signed it; see signature.h. */
#include "plugins/signature/signature.h"

#include "mappings/engine/text/text.h"
#include "plugins/signature/parts.h"
#include "plugins/signature/signers.h"
#include "plugins/signature/tree.h"
#include "plugins/signature/verify.h"

#define KEPT_BYTES (1 << 20) /* memory that is kept for the next message */
#define TIME_MAX 64          /* bytes of a time */

G_DEFINE_QUARK(ht_signature_error, ht_signature_error)

struct HtSignature {
    HtSignatureKeys keys;
    HtLimits limits;
    HtSigners *signers;
    HtTextBuffer *decoded;
    HtBuffer text; /* with a NUL behind it */
};

HtSignature *ht_signature_new(const HtSignatureKeys *keys, const HtLimits *limits, GError **error)
{
    if (!ht_verify_begin()) {
        g_set_error(error, HT_SIGNATURE_ERROR, 0,
                    "libxmlsec cannot be used: is libxmlsec1-openssl of this system whole?");
        return NULL;
    }
    HtSignature *signature = g_new0(HtSignature, 1);
    signature->keys = *keys;
    signature->limits = *limits;
    signature->decoded = ht_text_buffer_new(limits->document_bytes);
    signature->signers = ht_signers_new(&signature->keys, error);
    if (!signature->signers) {
        g_clear_pointer(&signature, ht_signature_free);
    }
    return signature;
}

void ht_signature_free(HtSignature *signature)
{
    if (signature) {
        ht_signers_free(signature->signers);
        ht_text_buffer_free(signature->decoded);
        ht_buffer_clear(&signature->text);
        g_free(signature);
        ht_verify_end();
    }
}

/* ---- Text ---- */

static void refuse_long(const HtSignature *signature, HtFault *fault)
{
    const HtLimits *limits = &signature->limits;
    ht_fault_set_limit(fault, "document-too-long", "As UTF-8 the document has",
                       ht_limit_of(limits, &limits->document_bytes), ": send it in smaller parts.");
}

/* As the engine's reader decodes it. */
static bool decode(HtSignature *signature, HtText body, HtText charset, HtFault *fault)
{
    HtDecoded decoded;
    g_autoptr(GError) error = NULL;
    if (!body.data || body.size == 0) {
        ht_fault_set(fault, "empty", "The payload is empty: nothing was sent.");
        return false;
    }
    if (!ht_text_decode(signature->decoded, body, charset, &decoded, &error)) {
        if (error->code == HT_TEXT_ERROR_TOO_LARGE) {
            refuse_long(signature, fault);
        } else {
            ht_fault_set(fault, "unsupported-encoding", "%s", error->message);
        }
        return false;
    }
    if (decoded.size > signature->limits.document_bytes) {
        refuse_long(signature, fault);
        return false;
    }
    ht_buffer_reset(&signature->text, KEPT_BYTES);
    ht_buffer_reserve(&signature->text, decoded.size + 1);
    ht_buffer_add(&signature->text, decoded.text, decoded.size);
    signature->text.data[decoded.size] = '\0';
    return true;
}

/* ---- Time ---- */

/* Without a zone it is UTC, as the standard says. */
static bool read_time(const xmlNode *node, int64_t *time_us)
{
    xmlChar *content = xmlNodeGetContent(node);
    g_autoptr(GDateTime) time = NULL;
    if (content && strlen((const char *)content) <= TIME_MAX && !ht_parts_first(node)) {
        g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
        time = g_date_time_new_from_iso8601(g_strstrip((char *)content), utc);
    }
    xmlFree(content);
    *time_us = time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
    return time != NULL;
}

/* What it must not be used after, to the second; when it was made, as far from now as clocks may differ. */
static bool is_timely(const HtSignatureKeys *keys, const xmlNode *timestamp, int64_t now_us)
{
    int64_t created_us, expires_us;
    xmlNodePtr created = ht_parts_first(timestamp), expires = created ? ht_parts_next(created) : NULL;
    if (!ht_parts_is(created, "Created", ht_parts_wsu) || !read_time(created, &created_us) ||
        created_us < now_us - keys->age_us || created_us > now_us + keys->age_us) {
        return false;
    }
    return !expires || (ht_parts_is(expires, "Expires", ht_parts_wsu) && !ht_parts_next(expires) &&
                        read_time(expires, &expires_us) && expires_us > now_us);
}

/* ---- */

static bool verify(const HtSignature *signature, const HtParts *parts, int64_t now_us, HtFault *fault)
{
    EVP_PKEY *key = ht_signers_find(signature->signers, parts, now_us, fault);
    if (!key) {
        return false;
    }
    if (!ht_verify(parts, key, signature->keys.allows_sha1)) {
        ht_fault_set(fault, "signature-refused",
                     "The signature does not verify: what it names was altered, or another key made it.");
        return false;
    }
    if (parts->timestamp && !is_timely(&signature->keys, parts->timestamp, now_us)) {
        ht_fault_set(
            fault, "signature-stale",
            "The Timestamp is too far from the bus's clock, or is over: send a new one, and set the clock.");
        return false;
    }
    return true;
}

bool ht_signature_check(HtSignature *signature, HtText body, HtText charset, int64_t now_us, HtSigned *found,
                        HtFault *fault)
{
    HtParts parts;
    *found = (HtSigned){.soap = HT_SOAP_NONE};
    if (!decode(signature, body, charset, fault)) {
        return false;
    }
    xmlDocPtr tree = ht_tree_read(ht_buffer_text(&signature->text), &signature->limits, fault);
    if (!tree) {
        return false;
    }
    bool good =
        ht_parts_find(tree, &signature->keys, &parts, fault) && verify(signature, &parts, now_us, fault);
    found->soap = parts.soap;
    if (good) {
        found->action = ht_parts_addressing_is_signed(&parts, "Action");
        found->message_id = ht_parts_addressing_is_signed(&parts, "MessageID");
    }
    ht_parts_clear(&parts);
    xmlFreeDoc(tree);
    return good;
}
