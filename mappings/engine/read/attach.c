/* Putting attachments in; see attach.h. Host process, the reader's thread. */
#include "mappings/engine/read/attach.h"

#include "mappings/engine/parts/mime.h"
#include "mappings/engine/text/text.h"

#define PIECE_BYTES (24 * 1024) /* that become one piece of text; a multiple of 3 */
#define KEPT_BYTES (64 * 1024)

struct HtAttach {
    HtSax *sax;
    HtStrings *strings;
    HtAttachments *attachments;
    HtReading *reading;
    HtName xop, include, href;
    HtBuffer id; /* of a reference, unescaped */
    HtTextBuffer *decoded;
    HtBuffer text; /* of an XML part, with a NUL after it */
    HtAttribute *attributes;
    HtName *uris;
    unsigned room;
};

HtAttach *ht_attach_new(HtSax *sax, HtStrings *strings)
{
    HtAttach *attach = g_new0(HtAttach, 1);
    attach->sax = sax;
    attach->strings = strings;
    attach->xop = ht_sax_intern(sax, "http://www.w3.org/2004/08/xop/include");
    attach->include = ht_sax_intern(sax, "Include");
    attach->href = ht_sax_intern(sax, "href");
    return attach;
}

void ht_attach_free(HtAttach *attach)
{
    if (attach) {
        ht_buffer_clear(&attach->id);
        ht_buffer_clear(&attach->text);
        g_clear_pointer(&attach->decoded, ht_text_buffer_free);
        g_free(attach->attributes);
        g_free(attach->uris);
        g_free(attach);
    }
}

void ht_attach_begin(HtAttach *attach, HtAttachments *attachments, HtReading *reading)
{
    attach->attachments = attachments;
    attach->reading = reading;
    ht_buffer_reset(&attach->text, KEPT_BYTES);
    for (unsigned i = 0; attachments && i < attachments->count; i++) {
        attachments->list[i].used = false;
    }
}

/* ---- References ---- */

static bool is_cid(HtText href)
{
    return href.size > 4 && ht_text_begins_in_any_case(href, "cid:");
}

HtAttachRole ht_attach_look(const HtAttach *attach, const HtSaxElement *element, HtText *href)
{
    bool is_include = element->uri == attach->xop && element->name == attach->include;
    *href = HT_TEXT_NONE;
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (element->attributes[i].name == attach->href && !element->attribute_uris[i]) {
            *href = ht_text_trim(element->attributes[i].value.data, element->attributes[i].value.size);
        }
    }
    if (is_include) {
        return HT_ATTACH_INCLUDE;
    }
    return is_cid(*href) ? HT_ATTACH_CONTENT : HT_ATTACH_NOTHING;
}

HtSaxElement ht_attach_strip(HtAttach *attach, const HtSaxElement *element)
{
    HtSaxElement stripped = *element;
    if (element->attribute_count > attach->room) {
        attach->room = element->attribute_count;
        attach->attributes = g_renew(HtAttribute, attach->attributes, attach->room);
        attach->uris = g_renew(HtName, attach->uris, attach->room);
    }
    stripped.attributes = attach->attributes;
    stripped.attribute_uris = attach->uris;
    stripped.attribute_count = 0;
    for (unsigned i = 0; i < element->attribute_count; i++) {
        if (element->attributes[i].name != attach->href || element->attribute_uris[i]) {
            attach->attributes[stripped.attribute_count] = element->attributes[i];
            attach->uris[stripped.attribute_count++] = element->attribute_uris[i];
        }
    }
    return stripped;
}

/* RFC 2392: the id is written as in a URL. */
static HtText unescape_id(HtAttach *attach, HtText href)
{
    ht_buffer_reset(&attach->id, KEPT_BYTES);
    for (size_t i = 4; i < href.size; i++) {
        int high = href.data[i] == '%' && i + 2 < href.size ? g_ascii_xdigit_value(href.data[i + 1]) : -1;
        int low = high >= 0 ? g_ascii_xdigit_value(href.data[i + 2]) : -1;
        ht_buffer_add_char(&attach->id, low >= 0 ? (char)(high * 16 + low) : href.data[i]);
        i += low >= 0 ? 2 : 0;
    }
    return ht_buffer_text(&attach->id);
}

static HtAttachment *find_attachment(HtAttach *attach, HtText href)
{
    if (!attach->attachments || !is_cid(href)) {
        return NULL;
    }
    HtText id = unescape_id(attach, href);
    for (unsigned i = 0; i < attach->attachments->count; i++) {
        HtAttachment *attachment = &attach->attachments->list[i];
        if (attachment->id.size > 0 && ht_text_equal(attachment->id, id)) {
            return attachment;
        }
    }
    return NULL;
}

/* ---- Giving ---- */

static void give_base64(HtAttach *attach, HtText bytes)
{
    char piece[PIECE_BYTES / 3 * 4 + 8];
    for (size_t done = 0; done < bytes.size; done += PIECE_BYTES) {
        int state = 0, save = 0;
        size_t raw = MIN(bytes.size - done, (size_t)PIECE_BYTES);
        size_t size =
            g_base64_encode_step((const guchar *)bytes.data + done, raw, FALSE, piece, &state, &save);
        size += g_base64_encode_close(FALSE, piece + size, &state, &save);
        if (!ht_sax_count_text(attach->sax, size) || !ht_sax_count_copy(attach->sax, size)) {
            return;
        }
        ht_strings_text(attach->strings, piece, size);
    }
}

/* Bytes to text as for a payload of its own; false when that cannot be. */
static bool decode(HtAttach *attach, const HtAttachment *attachment, uint32_t *skipped_lines)
{
    HtDecoded decoded;
    HtMediaType type;
    g_autoptr(GError) error = NULL;
    if (!attach->decoded) {
        attach->decoded = ht_text_buffer_new(ht_sax_limits(attach->sax)->document_bytes);
    }
    ht_media_type_read(attachment->content_type, &type);
    bool good = ht_text_decode(attach->decoded, attachment->bytes, type.charset, &decoded, &error);
    ht_media_type_clear(&type);
    if (!good) {
        ht_sax_refuse(
            attach->sax, "unsupported-encoding",
            "An XML attachment is in an encoding that cannot be read, or that its first bytes deny.");
        return false;
    }
    ht_buffer_reset(&attach->text, KEPT_BYTES);
    ht_buffer_add(&attach->text, decoded.text, decoded.size);
    *ht_buffer_reserve(&attach->text, 1) = '\0';
    attach->reading->text_marks |= decoded.marks;
    attach->reading->text_traits |= decoded.traits;
    *skipped_lines = decoded.skipped_lines;
    return true;
}

static void give_document(HtAttach *attach, const HtAttachment *attachment)
{
    uint32_t skipped_lines;
    if (!ht_sax_has_room(attach->sax)) {
        ht_sax_refuse_limit(attach->sax, "too-deep", "Documents are nested",
                            (HtLimit){NULL, HT_SAX_LAYERS, HT_LIMIT_COUNT, "layers"}, " deep.");
    } else if (ht_sax_count_copy(attach->sax, attachment->bytes.size) &&
               decode(attach, attachment, &skipped_lines)) {
        ht_strings_read_xml(attach->strings, ht_buffer_text(&attach->text), skipped_lines + 1);
    }
}

void ht_attach_give(HtAttach *attach, HtText href, bool as_content)
{
    HtAttachment *attachment = find_attachment(attach, href);
    if (!attachment) {
        ht_sax_refuse(
            attach->sax, "attachment-missing",
            "An element refers to an attachment (cid:) that the message does not have: send it along.");
        return;
    }
    attachment->used = true;
    if (as_content && attachment->is_xml) {
        give_document(attach, attachment);
    } else {
        give_base64(attach, attachment->bytes);
    }
}
