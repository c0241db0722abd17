/* Registrations of one document as an HL7 V3 interaction (RCMR_IN000002UV01, …UV02): who, which and where in the words of V3,
 * and the document itself as base64 in <storageCode><originalText value="…"/>, or in <text>. It is a document set of one, and
 * becomes what that becomes:
 *
 *     <CDA><document>what the document says, then <setNumber>…</setNumber>…</document></CDA>
 *
 * Without the document, what the registration says of it is all there is. */
#include "health.h"

#include <string.h>

const char *const health_registrations[] = {"RCMR_IN000002UV01", "RCMR_IN000002UV02", NULL};

#define CITIZEN_OID "2.16.156.10011.1.3"
#define CARD_OID "2.16.156.10011.1.19"
#define INPATIENT_OID "2.16.156.10011.1.12"
#define OUTPATIENT_OID "2.16.156.10011.1.11"

#define CONTENT (HEALTH_SET_FIELDS + 1) /* key of the nodes whose text is base64 */

static void take_document_id(HealthState *state, hutong_out *out, const HealthNode *node,
                             const char *const *attributes)
{
    const char *id = health_identifier(attributes, "extension");
    (void)out;
    (void)node;
    health_keep_field(state, HEALTH_SET_ID, id);
    health_keep_field(state, HEALTH_SET_DOCUMENT, id);
}

static void take_type(HealthState *state, hutong_out *out, const HealthNode *node,
                      const char *const *attributes)
{
    (void)out;
    (void)node;
    health_keep_field(state, HEALTH_SET_TYPE, health_identifier(attributes, "code"));
    health_keep_field(state, HEALTH_SET_TITLE, hutong_attribute(attributes, "displayName"));
}

/* The attribute value or, of identifiers, extension. */
static void take_field(HealthState *state, hutong_out *out, const HealthNode *node,
                       const char *const *attributes)
{
    const char *value = hutong_attribute(attributes, "value");
    (void)out;
    health_keep_field(state, node->key, value ? value : health_identifier(attributes, "extension"));
}

static void take_patient_id(HealthState *state, hutong_out *out, const HealthNode *node,
                            const char *const *attributes)
{
    const char *root = health_identifier(attributes, "root");
    const char *id = health_identifier(attributes, "extension");
    (void)out;
    (void)node;
    if (root && strcmp(root, CITIZEN_OID) == 0) {
        health_keep_field(state, HEALTH_SET_NUMBER, id);
    } else if (root && strcmp(root, CARD_OID) == 0) {
        health_keep_field(state, HEALTH_SET_CARD, id);
    } else if (!root || (strcmp(root, INPATIENT_OID) != 0 && strcmp(root, OUTPATIENT_OID) != 0)) {
        health_keep_field(state, HEALTH_SET_PATIENT, id);
    }
}

static void take_content(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    const char *value = hutong_attribute(attributes, "value");
    (void)out;
    (void)node;
    health_keep_field(state, HEALTH_SET_MEDIA, hutong_attribute(attributes, "mediaType"));
    if (value) {
        health_take_content(&state->set, value, strlen(value));
    }
}

/* ---- What is known in a registration ---- */

#define FIELD(element, number)                                                                        \
    {                                                                                                 \
        element, HEALTH_HELD | HEALTH_WRAPS, health_take_held, NULL, NULL, health_leave_field, number \
    }
#define VALUE(element, number)                                                    \
    {                                                                             \
        .name = element, .flags = HEALTH_WRAPS, .take = take_field, .key = number \
    }

static const HealthNode code_parts[] = {VALUE("displayName", HEALTH_SET_TITLE), {0}};

static const HealthNode person_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = take_patient_id},
    FIELD("name", HEALTH_SET_NAME),
    {0},
};
static const HealthNode patient_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = take_patient_id},
    {.name = "patientPerson", .children = person_parts},
    /* given on with the document, which may say better itself */
    {.name = "providerOrganization",
     .take = health_begin_organisation,
     .children = health_organisation_parts},
    {0},
};
static const HealthNode target_parts[] = {
    {.name = "patient", .children = patient_parts},
    {.name = "patientRole", .children = patient_parts},
    {0},
};

static const HealthNode keeper_parts[] = {
    VALUE("id", HEALTH_SET_ORGANISATION),
    FIELD("name", HEALTH_SET_ORGANISATION_NAME),
    {0},
};
static const HealthNode custodian_role_parts[] = {
    {.name = "representedOrganization", .children = keeper_parts},
    {.name = "representedCustodianOrganization", .children = keeper_parts},
    {0},
};
static const HealthNode custodian_parts[] = {
    {.name = "assignedCustodian", .children = custodian_role_parts},
    {0},
};

static const HealthNode parent_parts[] = {VALUE("id", HEALTH_SET_PARENT), {0}};
static const HealthNode related_parts[] = {
    {.name = "parentDocument", .children = parent_parts},
    {0},
};

static const HealthNode storage_parts[] = {
    {.name = "originalText", .take = take_content, .key = CONTENT},
    {0},
};

static const HealthNode document_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = take_document_id},
    {.name = "code", .take = take_type, .children = code_parts},
    FIELD("title", HEALTH_SET_TITLE),
    VALUE("effectiveTime", HEALTH_SET_TIME),
    {.name = "storageCode", .children = storage_parts},
    {.name = "text", .take = take_content, .key = CONTENT},
    {.name = "recordTarget", .children = target_parts},
    {.name = "custodian", .children = custodian_parts},
    {.name = "relatedDocument", .children = related_parts},
    {0},
};
static const HealthNode subject_parts[] = {
    {.name = "clinicalDocument", .children = document_parts},
    {0},
};
static const HealthNode process_parts[] = {
    {.name = "subject", .children = subject_parts},
    {0},
};

static const HealthNode register_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = health_take_message_id, .to = "messageId"},
    {.name = "creationTime", .flags = HEALTH_WRAPS, .take = health_take_created, .to = "creationTime"},
    {.name = "receiver", .children = health_receiver_parts},
    {.name = "sender", .children = health_sender_parts},
    {.name = "controlActProcess", .children = process_parts},
    {0},
};
static const HealthNode register_root = {.name = "", .children = register_parts};

/* ---- The filter ---- */

static bool is_root(const char *name)
{
    const char *const *root = health_registrations;
    while (*root && strcmp(*root, name) != 0) {
        root++;
    }
    return *root != NULL;
}

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    if (name[0] != 'R' || !is_root(name)) {
        health_walk_start(state, &state->outer, out, name, attributes);
        return;
    }
    memset(&state->reply, 0, sizeof state->reply);
    memset(state->set.fields, 0, sizeof state->set.fields);
    state->reply.is_message = true;
    health_begin_content(state);
    health_walk_begin(&state->outer, &register_root);
    state->host->emit_start(out, "CDA", NULL);
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    const HealthWalk *outer = &state->outer;
    if (outer->skipped == 0 && outer->depth > 0 && outer->stack[outer->depth - 1]->key == CONTENT) {
        health_take_content(&state->set, text, size);
    } else {
        health_walk_text(state, &state->outer, out, text, size);
    }
}

/* Who is not named and where nothing is said is no registration. */
static void end_message(HealthState *state, hutong_out *out)
{
    const HealthSet *set = &state->set;
    if (set->bytes.size == 0 && !set->is_bad && !set->fields[HEALTH_SET_ID][0]) {
        state->host->fault(out, HUTONG_REJECT, "document-unreadable", "The registration names no document.");
    } else {
        health_end_content(state, out, true);
    }
    state->host->emit_end(out, "CDA");
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    (void)name;
    health_walk_end(state, &state->outer, out);
    if (state->outer.depth == 0) {
        end_message(state, out);
    }
}

const hutong_filter health_register_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
