/* Taking containers apart; see container.h. Host process, the mapper's thread. */
#include "mappings/engine/parts/container.h"

#include "core/base/media-type.h"
#include "mappings/engine/parts/mime.h"
#include "mappings/engine/text/value.h"
#include "mappings/engine/parts/unzip.h"

#define KEPT_BYTES (256 * 1024) /* memory that is kept for the next payload */

struct HtContainer {
    HtLimits limits;
    HtContainerKind kind;
    const HtPayload *payload;
    HtMediaType type;      /* of the payload */
    HtMediaType part_type; /* of the part at hand, or the root */
    HtMediaType inner;     /* what start-info, or the root's own type parameter, says */
    GArray *parts;         /* HtMimePart */
    unsigned root;         /* index of the document among them */
    HtBuffer bytes;        /* without coding, unpacked */
    GArray *attachments;   /* HtAttachment */
    HtAttachments given;   /* the same for the reader */
    HtUnzip *unzip;
    uint32_t next;
};

HtContainer *ht_container_new(const HtLimits *limits)
{
    HtContainer *container = g_new0(HtContainer, 1);
    container->limits = *limits;
    container->parts = g_array_new(FALSE, FALSE, sizeof(HtMimePart));
    container->attachments = g_array_new(FALSE, FALSE, sizeof(HtAttachment));
    return container;
}

void ht_container_free(HtContainer *container)
{
    if (container) {
        ht_container_close(container);
        g_array_unref(container->parts);
        g_array_unref(container->attachments);
        ht_buffer_clear(&container->bytes);
        g_free(container);
    }
}

static bool refuse(HtFault *fault, uint32_t part, const char *code, const char *sentence)
{
    ht_fault_set(fault, code, "%s", sentence);
    fault->part = part;
    return false;
}

/* ---- What it is ---- */

static bool is_zip_type(const HtMediaType *type)
{
    return ht_media_type_is(type, "application/zip") ||
           ht_media_type_is(type, "application/x-zip-compressed");
}

static HtContainerKind kind_of_type(HtText content_type)
{
    HtMediaType type;
    HtContainerKind kind = HT_CONTAINER_NONE;
    ht_media_type_read(content_type, &type);
    if (ht_media_type_is(&type, "multipart/related")) {
        kind = HT_CONTAINER_RELATED;
    } else if (ht_media_type_is(&type, "multipart/mixed")) {
        kind = HT_CONTAINER_MIXED;
    } else if (is_zip_type(&type)) {
        kind = HT_CONTAINER_ZIP;
    }
    ht_media_type_clear(&type);
    return kind;
}

/* The types are looked at only where the first letter leaves it open: m of multipart; a of application, unless it is XML. */
HtContainerKind ht_container_kind(const HtPayload *payload)
{
    HtText type = payload->head.content_type, body = payload->body;
    char letter = type.size > 0 ? g_ascii_tolower(type.data[0]) : 't';
    bool is_markup = body.size > 0 && body.data[0] == '<';
    HtContainerKind kind =
        letter == 'm' || (letter == 'a' && !is_markup) ? kind_of_type(type) : HT_CONTAINER_NONE;
    return kind == HT_CONTAINER_NONE && ht_unzip_looks_like(body) ? HT_CONTAINER_ZIP : kind;
}

/* Markup or JSON begins it, or nothing does (which the reader says better). Encodings are found out later. */
static bool looks_like_document(HtText bytes)
{
    static const char *const openings[] = {"\xff\xfe", "\xfe\xff"};
    for (size_t i = 0; i < G_N_ELEMENTS(openings); i++) {
        if (bytes.size >= 2 && memcmp(bytes.data, openings[i], 2) == 0) {
            return true;
        }
    }
    if (bytes.size >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0) {
        bytes = (HtText){bytes.data + 3, bytes.size - 3};
    }
    size_t at = 0;
    while (at < bytes.size && (ht_is_blank(bytes.data[at]) || bytes.data[at] == '\0')) {
        at++;
    }
    return at == bytes.size || (bytes.data[at] != '\0' && strchr("<{[", bytes.data[at]));
}

static bool check_document(HtText bytes, uint32_t part, HtFault *fault)
{
    if (ht_unzip_looks_like(bytes)) {
        return refuse(fault, part, "part-nested",
                      "A part is itself a ZIP archive: send its documents directly.");
    }
    if (!looks_like_document(bytes)) {
        return refuse(fault, part, "part-not-xml",
                      "A part is neither an XML document nor JSON: send only these in a batch.");
    }
    return true;
}

/* Types under which XML comes; a part without one is judged by its bytes. */
static bool check_type(const HtMediaType *type, uint32_t part, HtFault *fault)
{
    if (ht_text_begins_in_any_case(type->name, "multipart/")) {
        return refuse(fault, part, "part-nested",
                      "A part is itself a multipart body: send its documents directly.");
    }
    if (type->name.size == 0 || ht_media_type_is_xml(type) || ht_media_type_is(type, "text/plain") ||
        ht_media_type_is(type, "application/octet-stream")) {
        return true;
    }
    return refuse(fault, part, is_zip_type(type) ? "part-nested" : "part-not-xml",
                  "A part that must be a document has another Content-Type.");
}

/* In a batch, not beside attachments, also JSON. */
static bool check_batch_type(const HtMediaType *type, uint32_t part, HtFault *fault)
{
    return ht_media_type_is_json(type->name) || check_type(type, part, fault);
}

/* ---- MIME ---- */

static const HtMimePart *part_at(const HtContainer *container, unsigned index)
{
    return &g_array_index(container->parts, HtMimePart, index);
}

/* Room for all that will be decoded, so that nothing in it moves. */
static void make_room(HtContainer *container)
{
    size_t size = 1;
    for (guint i = 0; i < container->parts->len; i++) {
        const HtMimePart *part = part_at(container, i);
        size += part->coding == HT_CODING_PLAIN ? 0 : part->bytes.size + 8;
    }
    ht_buffer_reserve(&container->bytes, size);
}

static bool decode(HtContainer *container, unsigned index, HtText *bytes, HtFault *fault)
{
    if (!ht_mime_decode(part_at(container, index), &container->bytes, bytes)) {
        return refuse(fault, index + 1, "multipart-malformed",
                      "The bytes of a part are not what its Content-Transfer-Encoding says.");
    }
    return true;
}

static void read_part_type(HtContainer *container, unsigned index)
{
    ht_media_type_clear(&container->part_type);
    ht_media_type_read(part_at(container, index)->content_type, &container->part_type);
}

static bool open_mime(HtContainer *container, const HtPayload *payload, HtFault *fault)
{
    g_array_set_size(container->parts, 0);
    ht_media_type_read(payload->head.content_type, &container->type);
    if (!ht_mime_split(payload->body, container->type.boundary, &container->limits, container->parts,
                       fault)) {
        return false;
    }
    make_room(container);
    return true;
}

/* ---- One document with attachments ---- */

/* RFC 2387: the part that `start` names, else the first. */
static bool find_root(HtContainer *container, HtFault *fault)
{
    HtText start = container->type.start;
    container->root = 0;
    if (!start.data || start.size == 0) {
        return true;
    }
    start = ht_mime_id(start);
    for (guint i = 0; i < container->parts->len; i++) {
        if (ht_text_equal(part_at(container, i)->id, start)) {
            container->root = i;
            return true;
        }
    }
    return refuse(fault, 0, "multipart-malformed",
                  "The Content-Type's start names a part that the multipart body does not have.");
}

static bool has_id_already(const HtContainer *container, HtText id)
{
    for (guint i = 0; i < container->attachments->len; i++) {
        const HtAttachment *attachment = &g_array_index(container->attachments, HtAttachment, i);
        if (id.size > 0 && ht_text_equal(attachment->id, id)) {
            return true;
        }
    }
    return false;
}

static bool add_attachment(HtContainer *container, unsigned index, HtFault *fault)
{
    const HtMimePart *part = part_at(container, index);
    HtAttachment attachment = {.id = part->id, .content_type = part->content_type, .part = index + 1};
    if (has_id_already(container, part->id)) {
        return refuse(fault, index + 1, "multipart-malformed", "Two attachments have the same Content-ID.");
    }
    read_part_type(container, index);
    attachment.is_xml = ht_media_type_is_xml(&container->part_type);
    if (!decode(container, index, &attachment.bytes, fault)) {
        return false;
    }
    g_array_append_val(container->attachments, attachment);
    return true;
}

static bool open_related(HtContainer *container, HtFault *fault)
{
    g_array_set_size(container->attachments, 0);
    if (!find_root(container, fault)) {
        return false;
    }
    for (guint i = 0; i < container->parts->len; i++) {
        if (i != container->root && !add_attachment(container, i, fault)) {
            return false;
        }
    }
    container->given =
        (HtAttachments){(HtAttachment *)(void *)container->attachments->data, container->attachments->len};
    read_part_type(container, container->root);
    if (ht_media_type_is(&container->part_type, "application/xop+xml")) {
        ht_media_type_read(container->part_type.type, &container->inner);
    } else {
        ht_media_type_read(container->type.start_info, &container->inner);
    }
    return check_type(&container->part_type, container->root + 1, fault);
}

static bool is_soap_12(const HtContainer *container)
{
    const char *soap = "application/soap+xml";
    return ht_media_type_is(&container->part_type, soap) || ht_media_type_is(&container->inner, soap);
}

static HtContainerStep give_root(HtContainer *container, HtPayload *part, HtFault *fault)
{
    if (container->next++ > 0) {
        return HT_CONTAINER_END;
    }
    const HtMediaType *type = &container->part_type, *inner = &container->inner;
    *part = *container->payload;
    part->head.charset = type->charset;
    part->head.soap_expected = part->head.soap_expected || is_soap_12(container);
    if (!part->head.soap_action.data) {
        part->head.soap_action = type->action.data ? type->action : inner->action;
    }
    part->attachments = &container->given;
    return decode(container, container->root, &part->body, fault) ? HT_CONTAINER_PART : HT_CONTAINER_BAD;
}

bool ht_container_check_used(const HtContainer *container, HtFault *fault)
{
    for (unsigned i = 0; container->kind == HT_CONTAINER_RELATED && i < container->given.count; i++) {
        if (!container->given.list[i].used) {
            return refuse(
                fault, container->given.list[i].part, "attachment-unreferenced",
                "Nothing in the document refers (cid:) to an attachment: leave it out, or say what it is.");
        }
    }
    return true;
}

/* ---- Batches ---- */

static HtContainerStep give_part(HtContainer *container, HtPayload *part, HtFault *fault)
{
    if (container->next == container->parts->len) {
        return HT_CONTAINER_END;
    }
    unsigned index = container->next++;
    read_part_type(container, index);
    const HtMediaType *type = &container->part_type;
    *part = (HtPayload){.head = {.charset = type->charset,
                                 .soap_action = type->action,
                                 .soap_expected = ht_media_type_is(type, "application/soap+xml")}};
    bool good = check_batch_type(type, index + 1, fault) && decode(container, index, &part->body, fault) &&
                check_document(part->body, index + 1, fault);
    return good ? HT_CONTAINER_PART : HT_CONTAINER_BAD;
}

static HtContainerStep give_entry(HtContainer *container, HtPayload *part, HtFault *fault)
{
    int found = ht_unzip_next(container->unzip, &container->bytes, fault);
    if (found == 0 && container->next == 0) {
        refuse(fault, 0, "empty", "The ZIP archive has no entry: nothing was sent.");
        found = -1;
    }
    if (found <= 0) {
        return found == 0 ? HT_CONTAINER_END : HT_CONTAINER_BAD;
    }
    container->next++;
    *part = (HtPayload){.body = ht_buffer_text(&container->bytes)};
    return check_document(part->body, container->next, fault) ? HT_CONTAINER_PART : HT_CONTAINER_BAD;
}

/* ---- All kinds ---- */

bool ht_container_open(HtContainer *container, HtContainerKind kind, const HtPayload *payload, HtFault *fault)
{
    ht_container_close(container);
    container->kind = kind;
    container->payload = payload;
    switch (kind) {
    case HT_CONTAINER_RELATED: return open_mime(container, payload, fault) && open_related(container, fault);
    case HT_CONTAINER_MIXED: return open_mime(container, payload, fault);
    case HT_CONTAINER_ZIP:
        container->unzip = ht_unzip_open(payload->body, &container->limits, fault);
        return container->unzip != NULL;
    case HT_CONTAINER_NONE: break;
    }
    return true;
}

HtContainerStep ht_container_next(HtContainer *container, HtPayload *part, uint32_t *number, HtFault *fault)
{
    HtContainerStep step = HT_CONTAINER_END;
    switch (container->kind) {
    case HT_CONTAINER_RELATED: *number = 0; return give_root(container, part, fault);
    case HT_CONTAINER_MIXED: step = give_part(container, part, fault); break;
    case HT_CONTAINER_ZIP: step = give_entry(container, part, fault); break;
    case HT_CONTAINER_NONE: break;
    }
    *number = container->next;
    return step;
}

void ht_container_close(HtContainer *container)
{
    g_clear_pointer(&container->unzip, ht_unzip_close);
    ht_media_type_clear(&container->type);
    ht_media_type_clear(&container->part_type);
    ht_media_type_clear(&container->inner);
    ht_buffer_reset(&container->bytes, KEPT_BYTES);
    container->kind = HT_CONTAINER_NONE;
    container->next = 0;
}
