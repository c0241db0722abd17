/* The entries of a document's body: an <observation> says by its <code> what its <value> is. It becomes an element
 * with the code of the data element as name, for the mapping.
 *
 * Codes are what the standard prints, with its misprints: one data element has two meanings, and official samples use
 * wrong ones. What the value is decides then. */
#include "health.h"

#include <string.h>

/* Birth certificates: their data elements' codes are not public, so they are known by their names. */
static const struct {
    const char *name, *to;
} named_elements[] = {
    {"出生证编号", "certificateNumber"},
    {"出生医学证明编号", "certificateNumber"},
    {"出生证明编号", "certificateNumber"},
    {"出生日期时间", "birthMoment"},
    {"签发日期", "certificateIssuedOn"},
    {"出生医学证明签发日期", "certificateIssuedOn"},
    {"母亲姓名", "motherName"},
    {"母亲身份证件号码", "motherIdNumber"},
    {"母亲身份证号", "motherIdNumber"},
    {"父亲姓名", "fatherName"},
    {"父亲身份证件号码", "fatherIdNumber"},
    {"父亲身份证号", "fatherIdNumber"},
    {"接生机构", "birthFacility"},
    {"接生机构名称", "birthFacility"},
    {"助产机构名称", "birthFacility"},
    {"出生孕周", "gestationWeeks"},
    {"出生体重", "birthWeight"},
    {"出生身长", "birthLength"},
};

void health_begin_observation(HealthState *state, hutong_out *out, const HealthNode *node,
                              const char *const *attributes)
{
    (void)out;
    (void)node;
    (void)attributes;
    state->document.de[0] = '\0';
    state->document.name[0] = '\0';
}

void health_take_observed(HealthState *state, hutong_out *out, const HealthNode *node,
                          const char *const *attributes)
{
    (void)out;
    (void)node;
    const char *code = health_identifier(attributes, "code");
    const char *name = health_identifier(attributes, "displayName");
    if (code) {
        health_copy(state->document.de, HEALTH_ID, code, strlen(code));
    }
    if (name) {
        health_copy(state->document.name, HEALTH_PART, name, strlen(name));
    }
}

/* ---- What it is ---- */

static const char *find_named(const HealthDocument *document)
{
    if (document->kind != HEALTH_BIRTH) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof named_elements / sizeof named_elements[0]; i++) {
        if (strcmp(named_elements[i].name, document->name) == 0) {
            return named_elements[i].to;
        }
    }
    return strcmp(document->de, "DE02.01.005.02") == 0 ? "birthMoment" : NULL;
}

static bool is_de(const HealthDocument *document, const char *de)
{
    return strcmp(document->de, de) == 0;
}

/* Data elements whose code stands for two things, in the standard (printed twice) or in its official samples. */
static const char *find_doubled(const HealthDocument *document, const char *const *attributes)
{
    const char *type = hutong_attribute(attributes, "type");
    const char *list = health_identifier(attributes, "codeSystem");
    bool is_flag = type && strstr(type, "BL");
    bool is_code = hutong_attribute(attributes, "code") != NULL;

    if (is_de(document, "DE04.50.001.00") &&
        ((list && strcmp(list, "2.16.156.10011.2.3.1.250") == 0) || strstr(document->name, "Rh"))) {
        return "rhBloodTypeMiscoded";
    }
    if (is_de(document, "DE02.10.022.00") &&
        (strcmp(document->section, "11369-6") == 0 || strstr(document->name, "接种"))) {
        return "vaccinationHistoryMiscoded";
    }
    if (is_de(document, "DE05.01.022.00") && (is_flag || strstr(document->name, "标志"))) {
        return "drugAllergy";
    }
    if (is_de(document, "DE02.01.041.00") && !is_code) {
        return "contactName";
    }
    if (is_de(document, "DE02.01.010.00")) {
        return strstr(document->name, "联系人") ? "contactPhone" : "phone";
    }
    return NULL;
}

/* The element's name for the mapping. */
static const char *name_observation(const HealthDocument *document, const char *const *attributes)
{
    const char *name = find_doubled(document, attributes);
    name = name ? name : find_named(document);
    if (name) {
        return name;
    }
    return health_is_name(document->de) ? document->de : "observation";
}

/* ---- Its value ---- */

/* A weight in kilograms would be read as grams. */
static bool is_other_unit(const char *to, const char *const *attributes)
{
    const char *unit = hutong_attribute(attributes, "unit");
    return unit && strcmp(to, "birthWeight") == 0 && strcmp(unit, "g") != 0 && strcmp(unit, "克") != 0;
}

void health_take_observation(HealthState *state, hutong_out *out, const HealthNode *node,
                             const char *const *attributes)
{
    const HealthDocument *document = &state->document;
    const char *const named[] = {"name", document->name, NULL};
    const char *value = hutong_attribute(attributes, "code");
    (void)node;

    value = value && *value ? value : hutong_attribute(attributes, "value");
    value = value && *value ? value : hutong_attribute(attributes, "displayName");
    if (!state->walk.is_open) {
        const char *to = name_observation(document, attributes);
        to = is_other_unit(to, attributes) ? "observation" : to;
        state->host->emit_start(out, to, strcmp(to, "observation") == 0 ? named : NULL);
        state->walk.is_open = true;
    }
    if (value) {
        state->host->emit_text(out, value, strlen(value));
    }
}
