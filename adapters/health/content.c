/* Documents inside of others: base64 in a document set's <Document> (S0014), in what registers one document as an interaction
 * (RCMR_IN000002UV01, …UV02). They are decoded and read here: their heads, and of records and birth certificates the body, too, as
 * if they had come alone. What cannot be read (a picture, a PDF, an encoding that is not UTF-8) is taken by reference, with what
 * the mapping knows of it: who, which and where stands around it, in the sender's words.
 *
 * What the document says becomes part of the record: <kind>, <documentId>, <full>…</full>, <documentDigest> and so on. */
#include "health.h"

#include <string.h>

/* ---- base64 ---- */

static void take_content(HealthContent *content, const char *text, size_t size)
{
    hutong_bytes *bytes = &content->bytes;
    content->is_bad = content->is_bad || !hutong_bytes_reserve(bytes, size / 4 * 3 + 3);
    for (size_t i = 0; i < size && !content->is_bad; i++) {
        int value = hutong_base64_value(text[i]);
        if (value < 0) {
            content->is_bad = text[i] != '=' && !hutong_is_blank(text[i]);
        } else if (hutong_base64_take(&content->run, value, bytes->data + bytes->size)) {
            bytes->size++;
        }
    }
}

/* ---- The document ---- */

/* What the bytes hold, and their digest. */
static void give_content(HealthState *state, hutong_out *out)
{
    const HealthContent *content = &state->content;
    char digest[HEALTH_DIGEST];
    health_document_begin(state, true);
    if (!health_read_nested(state, out, content->bytes.data, content->bytes.size) &&
        state->document.kind != HEALTH_BY_REFERENCE) {
        state->host->fault(
            out, HUTONG_REJECT, "document-unreadable",
            "A health record or birth certificate in the message is not well-formed UTF-8 XML.");
    }
    health_document_end(state, out);
    state->host->sha256(state->host, (hutong_text){content->bytes.data, content->bytes.size}, digest);
    health_give(state, out, "documentDigest", digest);
}

/* A registration may come without its document; a set's are refused then: a reference to nothing helps nobody. */
static void end_content(HealthState *state, hutong_out *out)
{
    const HealthContent *content = &state->content;
    bool missing = content->bytes.size == 0;
    if (content->is_bad || (missing && content->in_set)) {
        state->host->fault(out, HUTONG_REJECT, "document-unreadable",
                           "A document in the message is empty, or is not base64.");
    } else if (!missing) {
        give_content(state, out);
    }
}

/* ---- The filter ---- */

/* The elements that the mapping passes on. A <text> in a set's document is none of them. */
static bool is_root(const HealthContent *content, const char *name)
{
    bool in_document = content->depth > 0 && content->in_set;
    return strcmp(name, "Document") == 0 || strcmp(name, "originalText") == 0 ||
           (strcmp(name, "text") == 0 && !in_document);
}

static void begin_content(HealthContent *content, const char *name, const char *value)
{
    content->bytes.size = 0;
    content->run = (hutong_base64){0, 0};
    content->is_bad = false;
    content->in_set = strcmp(name, "Document") == 0;
    content->depth = 1;
    content->skipped = 0;
    if (value) {
        take_content(content, value, strlen(value));
    }
}

/* <Document>…</Document>, <Document><Content>…</Content></Document>, <originalText value="…"/>, <text>…</text> */
static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    HealthContent *content = &state->content;
    (void)out;
    if (is_root(content, name)) {
        begin_content(content, name, hutong_attribute(attributes, "value"));
        state->reply.is_message = true;
        return;
    }
    content->depth++;
    if (content->skipped > 0 || strcmp(name, "Content") != 0) {
        content->skipped++;
    }
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    (void)out;
    if (state->content.depth > 0 && state->content.skipped == 0) {
        take_content(&state->content, text, size);
    }
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    HealthContent *content = &state->content;
    (void)name;
    content->skipped -= content->skipped > 0;
    if (content->depth > 0 && --content->depth == 0) {
        end_content(state, out);
    }
}

const hutong_filter health_content_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
