/* HL7 V3 interactions, in both encodings of the same thing: <id root extension/> and <name>…</name> (R1), or
 * <id><item/></id> and <name><item><part value/></item></name> (ISO 21090), even mixed in one message.
 *
 *     <V3><message><interaction>PRPA_IN201311UV02</interaction><idNumber>…</idNumber>…</message></V3>
 *
 * One interaction serves several services, so nothing is decided here by the root: the mapping looks at the action. Of
 * interactions that are not taken only the head is given on, as <query> or <other>, for the mapping to refuse. */
#include "health.h"

#include <string.h>

const HealthInteraction health_interactions[] = {
    {"PRPA_IN201311UV02", "message"},
    {"PRPA_IN201314UV02", "message"},
    {"PRPA_IN201304UV02", "message"},
    {"PRPA_IN201305UV02", "query"},
    {"PRPM_IN406010UV01", "query"},
    {"PRPM_IN306010UV01", "query"},
    {"PRVS_IN000003UV01", "query"},
    {"RetrieveDocumentSetRequest", "query"},
    {"GetDocumentStroedInfoRequest", "query"}, /* spelt so */
    {"PRPM_IN401030UV01", "other"},
    {"PRPM_IN403010UV01", "other"},
    {"PRPM_IN301010UV01", "other"},
    {"PRPM_IN303010UV01", "other"},
    {"PRVS_IN000001UV01", "other"},
    {"PRVS_IN000002UV01", "other"},
    {"PRSC_IN030101UV", "other"},
    {"PRPA_IN400001UV", "other"},
    {"PRPA_IN302011UV", "other"},
    {"PRPA_IN400003UV", "other"},
    {"POOR_IN200901UV", "other"},
    {NULL, NULL},
};

/* ---- The head ---- */

static void keep(char *to, const char *const *attributes)
{
    const char *id = health_identifier(attributes, "extension");
    if (id) {
        health_copy(to, HEALTH_ID, id, strlen(id));
    }
}

void health_take_message_id(HealthState *state, hutong_out *out, const HealthNode *node,
                            const char *const *attributes)
{
    keep(state->reply.id, attributes);
    health_take_id(state, out, node, attributes);
}

void health_take_created(HealthState *state, hutong_out *out, const HealthNode *node,
                         const char *const *attributes)
{
    const char *value = health_identifier(attributes, "value");
    if (value) {
        health_copy(state->reply.created, HEALTH_ID, value, strlen(value));
    }
    health_give(state, out, node->to, value);
}

static void take_receiver(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes)
{
    (void)out;
    (void)node;
    keep(state->reply.receiver, attributes);
}

static void take_sender(HealthState *state, hutong_out *out, const HealthNode *node,
                        const char *const *attributes)
{
    keep(state->reply.sender, attributes);
    health_take_id(state, out, node, attributes);
}

/* A code of a list that no table knows goes on with its name. */
static void take_insurance(HealthState *state, hutong_out *out, const HealthNode *node,
                           const char *const *attributes)
{
    const char *name = hutong_attribute(attributes, "displayName");
    const char *const named[] = {"name", name, NULL};
    const char *code = hutong_attribute(attributes, "code");
    if (code && *code) {
        state->host->emit_start(out, node->to, name ? named : NULL);
        state->host->emit_text(out, code, strlen(code));
        state->host->emit_end(out, node->to);
    }
}

/* ---- What is known in an interaction ---- */

#define HEAD HEALTH_HEAD
#define WORDS (HEALTH_TEXT | HEALTH_WRAPS)

static const HealthNode receiver_device[] = {
    {.name = "id", .flags = HEAD | HEALTH_WRAPS, .take = take_receiver},
    {0},
};
const HealthNode health_receiver_parts[] = {
    {.name = "device", .flags = HEAD, .children = receiver_device},
    {0},
};

static const HealthNode sender_device[] = {
    {.name = "id", .flags = HEAD | HEALTH_WRAPS, .take = take_sender, .to = "sender"},
    {0},
};
const HealthNode health_sender_parts[] = {
    {.name = "device", .flags = HEAD, .children = sender_device},
    {0},
};

static const HealthNode employer_contact[] = {
    {.name = "telecom", .flags = HEALTH_WRAPS, .take = health_take_telecom, .to = "employerPhone"},
    {0},
};
static const HealthNode employer_parts[] = {
    {.name = "name", .flags = WORDS, .take = health_take_text, .to = "employer"},
    {.name = "telecom", .flags = HEALTH_WRAPS, .take = health_take_telecom, .to = "employerPhone"},
    {.name = "contactParty", .children = employer_contact},
    {0},
};
static const HealthNode employee_parts[] = {
    {.name = "occupationCode",
     .flags = HEALTH_WRAPS,
     .take = health_take_occupation,
     .to = "employmentStatus"},
    {.name = "employerOrganization", .children = employer_parts},
    {0},
};

static const HealthNode other_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = health_take_patient_id},
    {0},
};

static const HealthNode holder_parts[] = {
    {.name = "name", .flags = WORDS, .take = health_take_text, .to = "contactName"},
    {0},
};
static const HealthNode relation_parts[] = {
    {.name = "code", .flags = HEALTH_WRAPS, .take = health_take_code, .to = "contactRelation"},
    {.name = "telecom", .flags = HEALTH_WRAPS, .take = health_take_telecom, .to = "contactPhone"},
    {.name = "relationshipHolder1", .children = holder_parts},
    {0},
};

static const HealthNode person_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = health_take_patient_id},
    {.name = "idCategory", .flags = HEALTH_WRAPS, .take = health_take_code, .to = "idType"},
    {.name = "name", .flags = WORDS, .take = health_take_text, .to = "name"},
    {.name = "telecom", .flags = HEALTH_WRAPS, .take = health_take_telecom, .to = "phone"},
    {.name = "administrativeGenderCode", .flags = HEALTH_WRAPS, .take = health_take_code, .to = "sex"},
    {.name = "birthTime", .flags = HEALTH_WRAPS, .take = health_take_birth, .to = "birthTime"},
    {.name = "addr",
     .take = health_begin_address,
     .children = health_address_parts,
     .leave = health_end_address},
    {.name = "maritalStatusCode", .flags = HEALTH_WRAPS, .take = health_take_code, .to = "maritalStatus"},
    {.name = "ethnicGroupCode", .flags = HEALTH_WRAPS, .take = health_take_code, .to = "ethnicGroup"},
    {.name = "asEmployee", .children = employee_parts},
    {.name = "asOtherIDs", .children = other_parts},
    {.name = "personalRelationship", .children = relation_parts},
    {0},
};

static const HealthNode member_parts[] = {
    {.name = "code", .flags = HEALTH_WRAPS, .take = take_insurance, .to = "medicalInsurance"},
    {0},
};
static const HealthNode beneficiary_parts[] = {
    {.name = "beneficiary", .children = member_parts},
    {0},
};
static const HealthNode coverage_parts[] = {
    {.name = "beneficiary", .children = beneficiary_parts},
    {0},
};
static const HealthNode covered_parts[] = {
    {.name = "coverageRecord", .children = coverage_parts},
    {0},
};

static const HealthNode patient_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = health_take_patient_id},
    {.name = "effectiveTime", .flags = HEALTH_WRAPS, .take = health_take_value, .to = "effectiveTime"},
    {.name = "patientPerson", .children = person_parts},
    {.name = "providerOrganization",
     .take = health_begin_organisation,
     .children = health_organisation_parts,
     .leave = health_end_organisation},
    {.name = "coveredPartyOf", .children = covered_parts},
    {0},
};
static const HealthNode subject_parts[] = {
    {.name = "patient", .children = patient_parts},
    {0},
};

static const HealthNode prior_role_parts[] = {
    {.name = "id", .flags = HEALTH_WRAPS, .take = health_take_patient_id, .key = 1},
    {0},
};
static const HealthNode prior_subject_parts[] = {
    {.name = "priorRegisteredRole", .children = prior_role_parts},
    {0},
};
static const HealthNode prior_parts[] = {
    {.name = "subject1", .children = prior_subject_parts},
    {0},
};
static const HealthNode replacement_parts[] = {
    {.name = "priorRegistration", .children = prior_parts},
    {0},
};

static const HealthNode registration_parts[] = {
    {.name = "subject1", .children = subject_parts},
    {.name = "replacementOf", .children = replacement_parts},
    {0},
};
static const HealthNode process_subject[] = {
    {.name = "registrationRequest", .children = registration_parts},
    {.name = "registrationEvent", .children = registration_parts},
    {0},
};
static const HealthNode process_parts[] = {
    {.name = "subject", .children = process_subject},
    {0},
};

static const HealthNode message_parts[] = {
    {.name = "id", .flags = HEAD | HEALTH_WRAPS, .take = health_take_message_id, .to = "messageId"},
    {.name = "creationTime", .flags = HEAD | HEALTH_WRAPS, .take = health_take_created, .to = "creationTime"},
    {.name = "receiver", .flags = HEAD, .children = health_receiver_parts},
    {.name = "sender", .flags = HEAD, .children = health_sender_parts},
    {.name = "controlActProcess", .children = process_parts},
    {0},
};
static const HealthNode message_root = {.name = "", .children = message_parts};

/* ---- The filter ---- */

static const HealthInteraction *find_interaction(const char *name)
{
    const HealthInteraction *interaction = health_interactions;
    while (interaction->root && strcmp(interaction->root, name) != 0) {
        interaction++;
    }
    return interaction->root ? interaction : NULL;
}

static void begin_message(HealthState *state, hutong_out *out, const HealthInteraction *interaction)
{
    memset(&state->reply, 0, sizeof state->reply);
    state->reply.is_message = true;
    state->record = interaction->record;
    health_walk_begin(&state->walk, &message_root);
    state->walk.head_only = strcmp(interaction->record, "message") != 0;
    state->host->emit_start(out, "V3", NULL);
    state->host->emit_start(out, interaction->record, NULL);
    health_give(state, out, "interaction", interaction->root);
}

/* Roots of interactions begin with P, those of documents' services with R or G; few other names do. */
static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HealthState *state = user;
    bool may_be_root = name[0] == 'P' || name[0] == 'R' || name[0] == 'G';
    const HealthInteraction *interaction = may_be_root ? find_interaction(name) : NULL;
    if (interaction) {
        begin_message(state, out, interaction);
    } else {
        health_walk_start(state, &state->walk, out, name, attributes);
    }
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HealthState *state = user;
    health_walk_text(state, &state->walk, out, text, size);
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HealthState *state = user;
    (void)name;
    health_walk_end(state, &state->walk, out);
    if (state->walk.depth == 0) {
        /* Its own number and time are those of its sending: what it says is said of the record that its sender keeps of the patient. */
        health_give(state, out, "patientKey", state->reply.patient);
        state->host->emit_end(out, state->record);
        state->host->emit_end(out, "V3");
    }
}

const hutong_filter health_interaction_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
