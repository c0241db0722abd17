/* Document sets (S0014, ProvideAndRegisterDocumentSetRequest): what the sender says of the patient and the documents, and
 * each document as base64. The documents are decoded and read here: their heads, and of records and birth certificates
 * the body, too, as if they had come alone. What cannot be read (a picture, a PDF, an encoding that is not UTF-8) is
 * taken by reference with what the set says of it.
 *
 *     <CDA><document>what the document says, then <setNumber>…</setNumber>…</document>…</CDA> */
#include "health.h"

#include <string.h>

static const char *const field_names[HEALTH_SET_FIELDS] = {
    [HEALTH_SET_PATIENT] = "setPatientId",
    [HEALTH_SET_NAME] = "setName",
    [HEALTH_SET_CARD] = "setCardNumber",
    [HEALTH_SET_NUMBER] = "setIdNumber",
    [HEALTH_SET_ORGANISATION] = "setOrganisation",
    [HEALTH_SET_ORGANISATION_NAME] = "setOrganisationName",
    [HEALTH_SET_ID] = "submissionId",
    [HEALTH_SET_TITLE] = "setTitle",
    [HEALTH_SET_TIME] = "setTime",
    [HEALTH_SET_DOCUMENT] = "setDocumentId",
    [HEALTH_SET_MEDIA] = "mediaType",
    [HEALTH_SET_PARENT] = "parentId",
    [HEALTH_SET_TYPE] = "setType",
};

/* ---- base64 ---- */

void health_begin_content(HealthState *state)
{
    HealthSet *set = &state->set;
    memset(&state->organisation, 0, sizeof state->organisation);
    set->bytes.size = 0;
    set->run = (hutong_base64){0, 0};
    set->is_bad = false;
}

void health_take_content(HealthSet *set, const char *text, size_t size)
{
    hutong_bytes *bytes = &set->bytes;
    set->is_bad = set->is_bad || !hutong_bytes_reserve(bytes, size / 4 * 3 + 3);
    for (size_t i = 0; i < size && !set->is_bad; i++) {
        int value = hutong_base64_value(text[i]);
        if (value < 0) {
            set->is_bad = text[i] != '=' && !hutong_is_blank(text[i]);
        } else if (hutong_base64_take(&set->run, value, bytes->data + bytes->size)) {
            bytes->size++;
        }
    }
}

/* ---- Documents ---- */

void health_keep_field(HealthState *state, HealthSetField field, const char *value)
{
    if (value && !state->set.fields[field][0]) {
        health_copy(state->set.fields[field], HEALTH_PART, value, strlen(value));
    }
}

static void begin_document(HealthState *state, hutong_out *out, const HealthNode *node,
                           const char *const *attributes)
{
    HealthSet *set = &state->set;
    (void)out;
    (void)node;
    set->count++;
    health_begin_content(state);
    set->fields[HEALTH_SET_DOCUMENT][0] = set->fields[HEALTH_SET_MEDIA][0] = '\0';
    set->fields[HEALTH_SET_PARENT][0] = '\0';
    health_keep_field(state, HEALTH_SET_DOCUMENT, health_identifier(attributes, "id"));
    health_keep_field(state, HEALTH_SET_MEDIA, hutong_attribute(attributes, "mimeType"));
    health_keep_field(state, HEALTH_SET_PARENT, health_identifier(attributes, "parentDocumentId"));
}

static void give_fields(HealthState *state, hutong_out *out)
{
    for (unsigned i = 0; i < HEALTH_SET_FIELDS; i++) {
        health_give(state, out, field_names[i], state->set.fields[i]);
    }
}

/* A document without a number of its own has the set's, with its place there; `instead` tells it from its neighbours when it has
 * none. */
static void give_set_key(const HealthState *state, hutong_out *out, const char *instead)
{
    const HealthSet *set = &state->set;
    const char *place = set->fields[HEALTH_SET_DOCUMENT];
    const char *const parts[] = {set->fields[HEALTH_SET_TYPE], *place ? place : instead,
                                 set->fields[HEALTH_SET_NUMBER]};
    health_give_key(state, out, set->fields[HEALTH_SET_ID], parts);
}

/* What the bytes hold, and their digest. */
static void give_content(HealthState *state, hutong_out *out)
{
    const HealthSet *set = &state->set;
    char digest[HEALTH_DIGEST];
    if (!health_read_nested(state, out, set->bytes.data, set->bytes.size) &&
        state->document.kind != HEALTH_BY_REFERENCE) {
        state->host->fault(out, HUTONG_REJECT, "document-unreadable",
                           "A health record or birth certificate in the set is not well-formed UTF-8 XML.");
    }
    health_document_end(state, out);
    state->host->sha256(state->host, (hutong_text){set->bytes.data, set->bytes.size}, digest);
    health_give(state, out, "documentDigest", digest);
    if (!state->document.id[0]) {
        give_set_key(state, out, digest);
    }
}

/* Documents whose content is not base64 or is missing are refused: a reference to nothing helps nobody. */
void health_end_content(HealthState *state, hutong_out *out, bool may_be_missing)
{
    const HealthSet *set = &state->set;
    bool missing = set->bytes.size == 0;
    if (set->is_bad || (missing && !may_be_missing)) {
        state->host->fault(out, HUTONG_REJECT, "document-unreadable",
                           "A document of the set is empty, or is not base64.");
        return;
    }
    state->host->emit_start(out, "document", NULL);
    health_document_begin(state, true);
    if (missing) {
        health_document_end(state, out);
        give_set_key(state, out, set->fields[HEALTH_SET_TIME]);
    } else {
        give_content(state, out);
    }
    give_fields(state, out);
    state->host->emit_end(out, "document");
}

static void end_document(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    (void)node;
    (void)attributes;
    health_end_content(state, out, false);
}

/* ---- What is known in a set ---- */

void health_leave_field(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    (void)out;
    (void)attributes;
    health_keep_field(state, node->key, state->at->held);
}

static void take_set_id(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    (void)out;
    (void)node;
    const char *id = health_identifier(attributes, "extension");
    if (id) {
        health_copy(state->reply.id, HEALTH_ID, id, strlen(id));
    }
}

static void take_organisation(HealthState *state, hutong_out *out, const HealthNode *node,
                              const char *const *attributes)
{
    (void)out;
    (void)node;
    health_keep_field(state, HEALTH_SET_ORGANISATION, health_identifier(attributes, "id"));
}

#define FIELD(element, number)                                                         \
    {                                                                                  \
        element, HEALTH_HELD, health_take_held, NULL, NULL, health_leave_field, number \
    }

static const HealthNode organisation_parts[] = {FIELD("Name", HEALTH_SET_ORGANISATION_NAME), {0}};

static const HealthNode submission_parts[] = {
    FIELD("UniqueId", HEALTH_SET_ID),
    FIELD("Title", HEALTH_SET_TITLE),
    FIELD("CreateTime", HEALTH_SET_TIME),
    {0},
};
static const HealthNode package_parts[] = {
    {.name = "SubmissionSet", .children = submission_parts},
    {0},
};

#define CONTENT 1 /* key of the nodes whose text is base64 */

static const HealthNode content_parts[] = {{.name = "Content", .key = CONTENT}, {0}};

static const HealthNode set_parts[] = {
    {.name = "ID", .take = take_set_id},
    {.name = "id", .take = take_set_id},
    FIELD("SourcePatientID", HEALTH_SET_PATIENT),
    FIELD("SourcePatientName", HEALTH_SET_NAME),
    FIELD("HealthCardId", HEALTH_SET_CARD),
    FIELD("IdentityId", HEALTH_SET_NUMBER),
    {.name = "Organization", .take = take_organisation, .children = organisation_parts},
    {.name = "RegistryPackage", .children = package_parts},
    {.name = "Document",
     .take = begin_document,
     .children = content_parts,
     .leave = end_document,
     .key = CONTENT},
    {0},
};
static const HealthNode set_root = {.name = "ProvideAndRegisterDocumentSetRequest", .children = set_parts};

/* ---- The filter ---- */

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    if (name[0] != 'P' || strcmp(name, set_root.name) != 0) {
        health_walk_start(state, &state->outer, out, name, attributes);
        return;
    }
    memset(&state->reply, 0, sizeof state->reply);
    memset(state->set.fields, 0, sizeof state->set.fields);
    state->set.count = 0;
    state->reply.is_message = true;
    health_walk_begin(&state->outer, &set_root);
    state->host->emit_start(out, "CDA", NULL);
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    const HealthWalk *outer = &state->outer;
    if (outer->skipped == 0 && outer->depth > 0 && outer->stack[outer->depth - 1]->flags == 0 &&
        outer->stack[outer->depth - 1]->key == CONTENT) {
        health_take_content(&state->set, text, size);
    } else {
        health_walk_text(state, &state->outer, out, text, size);
    }
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    (void)name;
    health_walk_end(state, &state->outer, out);
    if (state->outer.depth == 0) {
        if (state->set.count == 0) {
            state->host->fault(out, HUTONG_REJECT, "document-unreadable", "The set holds no document.");
        }
        state->host->emit_end(out, "CDA");
    }
}

const hutong_filter health_set_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
