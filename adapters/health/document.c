/* CDA documents. China's are a fork in HL7's own namespace: the OIDs under 2.16.156.10011, and elements in <patient> that
 * HL7's schema does not have, tell them apart. HL7's own dialect names nobody that a community could know, and is refused.
 *
 *     <CDA><document><kind>record</kind><documentId>…</documentId><idNumber>…</idNumber>…</document></CDA>
 *
 * The health record (HSDA00.01) and the birth certificate (HSDB01.01) are read to their last entry. Of every other
 * document only the head is: it is taken by reference, its clinical content is not looked at. */
#include "health.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static const char *const kind_names[] = {"reference", "record", "birth"};

/* ---- The head ---- */

static void note_dialect(HealthDocument *document, const char *root)
{
    if (health_starts_with(root, "SD.")) {
        document->is_draft = document->is_chinese = true;
    } else if (health_starts_with(root, "2.16.156.10011.")) {
        document->is_chinese = true;
    }
}

/* What makes the document's key is given on, too. */
static void keep(char to[HEALTH_ID], const char *value)
{
    if (value && !to[0]) {
        health_copy(to, HEALTH_ID, value, strlen(value));
    }
}

static void take_template(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes)
{
    (void)out;
    (void)node;
    note_dialect(&state->document, health_identifier(attributes, "root"));
}

static void take_document_id(HealthState *state, hutong_out *out, const HealthNode *node,
                             const char *const *attributes)
{
    note_dialect(&state->document, health_identifier(attributes, "root"));
    keep(state->document.root, health_identifier(attributes, "root"));
    keep(state->document.id, health_identifier(attributes, "extension"));
    health_take_id(state, out, node, attributes);
}

static void take_type(HealthState *state, hutong_out *out, const HealthNode *node,
                      const char *const *attributes)
{
    HealthDocument *document = &state->document;
    const char *code = health_identifier(attributes, "code");
    note_dialect(document, health_identifier(attributes, "codeSystem"));
    keep(document->type, code);
    if (code &&
        (strcasecmp(code, "HSDA00.01") == 0 || (document->is_draft && strcasecmp(code, "A010401") == 0))) {
        document->kind = HEALTH_RECORD;
    } else if (code && strcasecmp(code, "HSDB01.01") == 0) {
        document->kind = HEALTH_BIRTH;
    }
    state->walk.head_only = document->kind == HEALTH_BY_REFERENCE;
    health_give(state, out, node->to, code);
}

static void take_version(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    (void)out;
    (void)node;
    keep(state->document.version, health_identifier(attributes, "value"));
}

/* All versions of a document have the same. The draft's documents have that of its manual. */
static void take_set(HealthState *state, hutong_out *out, const HealthNode *node,
                     const char *const *attributes)
{
    const char *root = health_identifier(attributes, "root");
    const char *id = health_identifier(attributes, "extension");
    char set[2 * HEALTH_ID];
    if (id && !state->document.is_draft) {
        snprintf(set, sizeof set, "%.127s/%.127s", root ? root : "", id);
        health_give(state, out, node->to, set);
    }
}

static void take_parent(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    const char *id = health_identifier(attributes, "extension");
    state->document.replaces = state->document.replaces || id;
    health_give(state, out, node->to, id);
}

/* Elements that only the Chinese fork has in this place. */
static void note_chinese(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    (void)out;
    (void)node;
    (void)attributes;
    state->document.is_chinese = true;
}

static void take_section(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    (void)out;
    (void)node;
    const char *code = health_identifier(attributes, "code");
    health_copy(state->document.section, HEALTH_ID, code ? code : "", code ? strlen(code) : 0);
}

/* What was known before the patient was read decides; a <township> may still decide after that. */
static void leave_patient(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes)
{
    (void)node;
    (void)attributes;
    if (!state->document.is_chinese && !state->document.in_set) {
        state->host->fault(
            out, HUTONG_REJECT, "foreign-dialect",
            "This is HL7's own CDA: send documents after WS/T 483 or WS/T 500, whose identifiers "
            "stand under 2.16.156.10011.");
    }
}

/* ---- What is known in a document ---- */

/* Where values stand in these parts is said in the mapping, of a document by reference in <reference>, else in <full>. */
static const char *find_part(const HealthState *state)
{
    return state->walk.head_only ? "reference" : "full";
}

static void begin_part(HealthState *state, hutong_out *out, const HealthNode *node,
                       const char *const *attributes)
{
    (void)attributes;
    if (state->walk.stack[state->walk.depth - 2] != node) {
        state->host->emit_start(out, find_part(state), NULL);
    }
}

static void end_part(HealthState *state, hutong_out *out, const HealthNode *node,
                     const char *const *attributes)
{
    (void)node;
    (void)attributes;
    state->host->emit_end(out, find_part(state));
}

static void note_number(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    const char *root = health_identifier(attributes, "root");
    (void)out;
    (void)node;
    state->document.is_chinese = state->document.is_chinese || health_starts_with(root, "2.16.156.10011.");
}

#define HEAD HEALTH_HEAD
#define RAW (HEALTH_HEAD | HEALTH_RAW)

static const HealthNode patient_parts[] = {
    {.name = "id", .flags = RAW, .take = note_number},
    {.name = "age", .flags = RAW, .take = note_chinese},
    {.name = "occupation", .flags = RAW, .take = note_chinese},
    {.name = "employerOrganization", .flags = RAW, .take = note_chinese},
    {0},
};

static const HealthNode role_parts[] = {
    {.name = "id", .flags = RAW, .take = note_number},
    {.name = "patient", .flags = RAW, .children = patient_parts},
    {.name = "providerOrganization",
     .flags = HEAD,
     .take = health_begin_organisation,
     .children = health_organisation_parts},
    {0},
};

static const HealthNode target_parts[] = {
    {.name = "patientRole", .flags = RAW, .children = role_parts, .leave = leave_patient},
    {0},
};

static const HealthNode parent_parts[] = {
    {.name = "id", .flags = HEAD, .take = take_parent, .to = "parentId"},
    {0},
};

static const HealthNode related_parts[] = {
    {.name = "parentDocument", .flags = HEAD, .children = parent_parts},
    {0},
};

static const HealthNode body_parts[4];

static const HealthNode observation_parts[] = {
    {.name = "code", .take = health_take_observed},
    {.name = "value", .flags = HEALTH_TEXT | HEALTH_WRAPS, .take = health_take_observation, .to = "value"},
    {.name = "entryRelationship", .flags = HEALTH_DEEP, .children = body_parts},
    {0},
};

static const HealthNode section_parts[] = {
    {.name = "code", .take = take_section},
    {.name = "entry", .flags = HEALTH_DEEP, .children = body_parts},
    {.name = "component", .flags = HEALTH_DEEP, .children = body_parts},
    {0},
};

static const HealthNode body_parts[4] = {
    {.name = "observation", .take = health_begin_observation, .children = observation_parts},
    {.name = "section", .children = section_parts},
    {.name = "text"}, /* the same again, for people */
    {0},
};

#define PART(element, more)                                                                  \
    {                                                                                        \
        .name = element, .flags = HEALTH_RAW | (more), .take = begin_part, .leave = end_part \
    }

static const HealthNode document_parts[] = {
    {.name = "templateId", .flags = HEAD, .take = take_template},
    {.name = "id", .flags = HEAD, .take = take_document_id, .to = "documentId"},
    {.name = "code", .flags = HEAD, .take = take_type, .to = "documentType"},
    PART("title", HEAD),
    PART("effectiveTime", HEAD),
    {.name = "setId", .flags = HEAD, .take = take_set, .to = "setId"},
    {.name = "versionNumber", .flags = HEAD, .take = take_version},
    {.name = "recordTarget", .flags = RAW, .take = begin_part, .children = target_parts, .leave = end_part},
    PART("author", 0),
    PART("custodian", HEAD),
    PART("participant", 0),
    {.name = "relatedDocument", .flags = HEAD, .children = related_parts},
    {.name = "component", .flags = HEALTH_DEEP, .children = body_parts},
    {0},
};

const HealthNode health_document_root = {.name = "ClinicalDocument", .children = document_parts};

/* ---- Beginning and end ---- */

void health_document_begin(HealthState *state, bool in_set)
{
    memset(&state->document, 0, sizeof state->document);
    state->document.in_set = in_set;
    memset(&state->organisation, 0, sizeof state->organisation);
    health_walk_begin(state, &health_document_root);
    state->walk.head_only = true; /* until its type says more */
}

/* Some systems count their versions from 0, or write 1 as a number with a fraction. */
static bool is_first(const char *version)
{
    size_t zeros = strspn(version, "0");
    const char *rest = version + zeros + (version[zeros] == '1');
    return rest > version && (*rest == '\0' || (*rest == '.' && rest[1 + strspn(rest + 1, "0")] == '\0'));
}

/* Numbers are copied from manuals, so that a number alone may be many documents'. Without a number what is around it makes the key. */
static void give_key(const HealthState *state, hutong_out *out)
{
    const HealthDocument *document = &state->document;
    if (document->id[0]) {
        health_give(state, out, "businessId", document->id);
        health_give(state, out, "keyKind", document->type);
        health_give(state, out, "keyPlace", document->root[0] ? document->root : document->id);
    }
}

void health_document_end(HealthState *state, hutong_out *out)
{
    const HealthDocument *document = &state->document;
    const char *version = document->version[0] ? document->version : "1";
    bool updates = document->replaces || !is_first(version);
    health_give(state, out, "kind", kind_names[document->kind]);
    health_give(state, out, "dialect", document->is_draft ? "draft" : NULL);
    health_give(state, out, "updates", updates ? "yes" : NULL);
    give_key(state, out);
    health_end_organisation(state, out, NULL, NULL);
}

/* ---- The document's bytes ---- */

static const char *skip_blanks(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) {
        at++;
    }
    return at;
}

/* True when the payload is the document: nothing but a declaration and comments before its root. */
static bool is_bare(hutong_text body)
{
    const char *at = body.data, *end = at + body.size;
    if (body.size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0) {
        at += 3;
    }
    for (at = skip_blanks(at, end); end - at >= 4 && (at[1] == '?' || at[1] == '!');
         at = skip_blanks(at, end)) {
        const char *stop =
            at[1] == '?' ? memmem(at, (size_t)(end - at), "?>", 2) : memmem(at, (size_t)(end - at), "-->", 3);
        if (!stop) {
            return false;
        }
        at = stop + (at[1] == '?' ? 2 : 3);
    }
    const char *tag = memchr(at, '>', (size_t)(end - at));
    size_t size = tag ? (size_t)(tag - at) : 0;
    return size > 0 && memmem(at, size < 64 ? size : 64, "ClinicalDocument", 16);
}

/* The whole payload, or what stands in it between the root's tags; absent when it stands there in other words. */
static hutong_text find_bytes(hutong_text body)
{
    static const char end_tag[] = "</ClinicalDocument>";
    const size_t tag_size = sizeof end_tag - 1;
    const char *start = memmem(body.data, body.size, "<ClinicalDocument", 17);
    if (body.size == 0 || is_bare(body)) {
        return body;
    }
    const char *end = start ? body.data + body.size - tag_size : NULL;
    while (end && end > start && (*end != '<' || memcmp(end, end_tag, tag_size) != 0)) {
        end--;
    }
    return end > start ? (hutong_text){start, (size_t)(end - start) + tag_size} : (hutong_text){NULL, 0};
}

static void give_digest(const HealthState *state, hutong_out *out)
{
    char digest[HEALTH_DIGEST];
    hutong_text bytes = find_bytes(state->body);
    if (bytes.size > 0) {
        state->host->sha256(state->host, bytes, digest);
        health_give(state, out, "documentDigest", digest);
    }
}

/* ---- The filter ---- */

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    if (name[0] != 'C' || strcmp(name, "ClinicalDocument") != 0) {
        health_walk_start(state, out, name, attributes);
        return;
    }
    health_document_begin(state, false);
    state->host->emit_start(out, "CDA", NULL);
    state->host->emit_start(out, "document", NULL);
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    health_walk_text(state, out, text, size);
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    (void)name;
    health_walk_end(state, out);
    if (state->walk.depth == 0) {
        leave_patient(state, out, NULL, NULL);
        health_document_end(state, out);
        give_digest(state, out);
        state->host->emit_end(out, "document");
        state->host->emit_end(out, "CDA");
    }
}

const hutong_filter health_document_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
