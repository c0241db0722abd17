/* Where a patient is treated: a hospital, or one of its departments with the hospital around it. CDA states the department and
 * what it is part of, V3 the hospital and what it contains:
 *
 *     <providerOrganization><id root="…1.26"/><name>科室</name>
 *         <asOrganizationPartOf><wholeOrganization><id root="…1.5"/><name>医院</name></wholeOrganization></asOrganizationPartOf>
 *
 * becomes <institution>, <institutionName> for the hospital, and <department>, <departmentName> beside them; where a registration
 * says it of the document in it, <setInstitution>, <setInstitutionName>, <setDepartment>, <setDepartmentName>. */
#include "health.h"

#include <string.h>

#define INSTITUTION_OID "2.16.156.10011.1.5"

/* Parts of a hospital: departments, wards, rooms, beds. */
static const char department_oid[] = "2.16.156.10011.1.26";
static const char *const place_oids[] = {"2.16.156.10011.1.27", "2.16.156.10011.1.21", "2.16.156.10011.1.22"};

void health_begin_organisation(HealthState *state, hutong_out *out, const HealthNode *node,
                               const char *const *attributes)
{
    HealthOrganisation *organisation = &state->organisation;
    (void)out;
    (void)attributes;
    if (node->key == 0) {
        memset(organisation, 0, sizeof *organisation);
    }
    if (organisation->count < HEALTH_LEVELS) {
        organisation->count++;
    }
}

static HealthLevel *get_level(HealthState *state)
{
    unsigned count = state->organisation.count;
    return &state->organisation.levels[count > 0 ? count - 1 : 0];
}

static HealthLevelKind find_kind(const char *root)
{
    if (strcmp(root, department_oid) == 0) {
        return HEALTH_DEPARTMENT;
    }
    for (size_t i = 0; i < sizeof place_oids / sizeof place_oids[0]; i++) {
        if (strcmp(root, place_oids[i]) == 0) {
            return HEALTH_PLACE;
        }
    }
    return strcmp(root, INSTITUTION_OID) == 0 ? HEALTH_INSTITUTION : HEALTH_UNKNOWN;
}

static void take_id(HealthState *state, hutong_out *out, const HealthNode *node,
                    const char *const *attributes)
{
    HealthOrganisation *organisation = &state->organisation;
    const char *root = health_identifier(attributes, "root");
    const char *id = health_identifier(attributes, "extension");
    HealthLevelKind kind = root ? find_kind(root) : HEALTH_UNKNOWN;
    (void)out;
    (void)node;
    bool second = id && get_level(state)->id[0] && kind == HEALTH_DEPARTMENT;
    if (second && organisation->count < HEALTH_LEVELS) {
        organisation->count++; /* the hospital's number, and its department's beside it */
    }
    HealthLevel *level = get_level(state);
    if (id && !level->id[0]) {
        health_copy(level->id, HEALTH_ID, id, strlen(id));
        level->kind = level->kind == HEALTH_UNKNOWN ? kind : level->kind;
    }
}

static void leave_name(HealthState *state, hutong_out *out, const HealthNode *node,
                       const char *const *attributes)
{
    HealthLevel *level = get_level(state);
    const char *name = state->walk.held;
    (void)out;
    (void)node;
    (void)attributes;
    if (!level->name[0]) {
        health_copy(level->name, HEALTH_PART, name, strlen(name));
    }
}

/* A department inside of the organisation at hand. */
static void begin_contained(HealthState *state, hutong_out *out, const HealthNode *node,
                            const char *const *attributes)
{
    health_begin_organisation(state, out, node, attributes);
    get_level(state)->kind = HEALTH_DEPARTMENT;
}

/* The hospital is what says so; else what is around everything else. */
static const HealthLevel *find_institution(const HealthOrganisation *organisation)
{
    const HealthLevel *found = NULL;
    for (unsigned i = 0; i < organisation->count; i++) {
        const HealthLevel *level = &organisation->levels[i];
        bool said = found && found->kind == HEALTH_INSTITUTION && level->kind != HEALTH_INSTITUTION;
        bool can_be = level->kind == HEALTH_INSTITUTION || level->kind == HEALTH_UNKNOWN;
        found = can_be && !said && (level->id[0] || level->name[0]) ? level : found;
    }
    return found;
}

/* The innermost department; the innermost level of all when there is another around it and nothing says what it is. */
static const HealthLevel *find_department(const HealthOrganisation *organisation,
                                          const HealthLevel *institution)
{
    for (unsigned i = 0; i < organisation->count; i++) {
        if (organisation->levels[i].kind == HEALTH_DEPARTMENT) {
            return &organisation->levels[i];
        }
    }
    const HealthLevel *own = &organisation->levels[0];
    return own != institution && own->kind != HEALTH_PLACE ? own : NULL;
}

void health_end_organisation(HealthState *state, hutong_out *out, const HealthNode *node,
                             const char *const *attributes)
{
    static const char *const names[2][4] = {
        {"institution", "institutionName", "department", "departmentName"},
        {"setInstitution", "setInstitutionName", "setDepartment", "setDepartmentName"}};
    const char *const *to = names[state->organisation.is_registered];
    const HealthLevel *institution = find_institution(&state->organisation);
    const HealthLevel *department = find_department(&state->organisation, institution);
    (void)node;
    (void)attributes;
    health_give(state, out, to[0], institution ? institution->id : NULL);
    health_give(state, out, to[1], institution ? institution->name : NULL);
    health_give(state, out, to[2], department ? department->id : NULL);
    health_give(state, out, to[3], department ? department->name : NULL);
}

#define NAME                                                                                         \
    {                                                                                                \
        .name = "name", .flags = HEALTH_HEAD | HEALTH_HELD | HEALTH_WRAPS, .take = health_take_held, \
        .leave = leave_name                                                                          \
    }
#define ID                                                                 \
    {                                                                      \
        .name = "id", .flags = HEALTH_HEAD | HEALTH_WRAPS, .take = take_id \
    }

static const HealthNode part_of[2];

static const HealthNode whole_parts[] = {
    ID,
    NAME,
    {.name = "asOrganizationPartOf", .flags = HEALTH_HEAD, .children = part_of},
    {0},
};
static const HealthNode part_of[2] = {
    {.name = "wholeOrganization",
     .flags = HEALTH_HEAD,
     .take = health_begin_organisation,
     .children = whole_parts,
     .key = 1},
    {0},
};

static const HealthNode contained_parts[] = {ID, NAME, {0}};

const HealthNode health_organisation_parts[] = {
    ID,
    NAME,
    {.name = "asOrganizationPartOf", .flags = HEALTH_HEAD, .children = part_of},
    {.name = "organizationContains",
     .flags = HEALTH_HEAD,
     .take = begin_contained,
     .children = contained_parts,
     .key = 1},
    {0},
};
