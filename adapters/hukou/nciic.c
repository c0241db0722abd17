/* NCIIC's answers with the root RESPONSE. Most are passed on as they are. In the older nciicGetCondition a ROW holds an
 * HTML table of labels and values; it is given to the mapping as the elements of the newer answers:
 *
 *     <ROW><TABLE><TR><TD class='lab'>姓名</TD><TD>…</TD></TR></TABLE></ROW>   becomes   <ROW><XM>…</XM></ROW>
 *
 * A label without an element of its own is an element's name as it is, or stands beside its value (FIELD_5_LABEL); hidden INPUTs become elements of their name. */
#include "hukou.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

typedef struct {
    const char *label, *name;
} Label;

static const Label labels[] = {
    {"公民身份号码", "GMSFHM"},
    {"身份证号", "GMSFHM"},
    {"身份证号码", "GMSFHM"},
    {"姓名", "XM"},
    {"曾用名", "CYM"},
    {"性别", "XB"},
    {"民族", "MZ"},
    {"出生日期", "CSRQ"},
    {"婚姻状况", "HYZK"},
    {"住址", "ZZ"},
    {"文化程度", "WHCD"},
    {"服务处所", "FWCS"},
    {"出生地", "CSD"},
    {"籍贯", "JG"},
    {"户口所在地", "HKSZD"},
    {"所属省市县区", "SSSSXQ"},
    {"职业", "ZY"},
    {"兵役状况", "BYZK"},
    {"宗教信仰", "ZJXY"},
    {"身高", "SG"},
    {"血型", "XX"},
    {"与户主关系", "YHZGX"},
    {"联系电话", "LXDH"},
    {"相片", "XP"},
};

/* ---- Labels ---- */

/* Length of the blank (or colon) that the text begins with; labels are spread out with them. */
static size_t find_filling(const char *text)
{
    static const char *const fillings[] = {" ", "\t", "\r", "\n", "\xC2\xA0", "　", "：", ":", "&nbsp;"};

    for (size_t i = 0; i < sizeof fillings / sizeof fillings[0]; i++) {
        size_t size = strlen(fillings[i]);
        if (strncmp(text, fillings[i], size) == 0) {
            return size;
        }
    }
    return 0;
}

static void remove_fillings(char *text)
{
    char *to = text;
    while (*text) {
        size_t size = find_filling(text);
        if (size > 0) {
            text += size;
        } else {
            *to++ = *text++;
        }
    }
    *to = '\0';
}

/* The element for the value at hand. The label is used up: a second value beside it has none. */
static const char *name_value(HukouNciic *nciic, char numbered[HUKOU_NAME])
{
    hukou_text_string(&nciic->label);
    char *label = nciic->label.data;
    remove_fillings(label);
    nciic->label.size = 0;
    for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++) {
        if (strcmp(labels[i].label, label) == 0) {
            return labels[i].name;
        }
    }
    if (hukou_is_name(label)) {
        return label;
    }
    snprintf(numbered, HUKOU_NAME, "FIELD_%u", nciic->fields);
    return numbered;
}

/* ---- Cells ---- */

static bool is_cell(const char *name)
{
    return strcasecmp(name, "TD") == 0 || strcasecmp(name, "TH") == 0;
}

static bool is_label_cell(HukouNciic *nciic, const char *name, const char *const *attributes)
{
    const char *class = hutong_attribute(attributes, "class");
    if (strcasecmp(name, "TH") == 0 || (class && strcmp(class, "lab") == 0)) {
        nciic->classed = true;
        return true;
    }
    return !nciic->classed && nciic->label.size == 0;
}

static void close_cell(HukouState *state, hutong_out *out)
{
    HukouNciic *nciic = &state->nciic;
    if (nciic->in_value) {
        state->host->emit_end(out, nciic->value_name);
    }
    nciic->in_value = false;
    nciic->in_label = false;
}

/* A label that can be no element's name stands beside its value: else nobody could say of which it is. */
static void give_label(HukouState *state, hutong_out *out, const char *numbered)
{
    char name[HUKOU_NAME + 8];
    const char *label = state->nciic.label.data;
    if (*label != '\0') {
        snprintf(name, sizeof name, "%s_LABEL", numbered);
        hutong_emit_string(state->host, out, name, label);
    }
}

static void open_cell(HukouState *state, hutong_out *out, const char *name, const char *const *attributes)
{
    HukouNciic *nciic = &state->nciic;
    close_cell(state, out);
    if (is_label_cell(nciic, name, attributes)) {
        hukou_text_clear(&nciic->label);
        nciic->in_label = true;
        return;
    }
    char numbered[HUKOU_NAME] = "";
    nciic->fields++;
    snprintf(nciic->value_name, sizeof nciic->value_name, "%s", name_value(nciic, numbered));
    if (*numbered != '\0') {
        give_label(state, out, numbered);
    }
    nciic->in_value = true;
    state->host->emit_start(out, nciic->value_name, NULL);
}

/* ---- The document ---- */

/* A form field of the page: true when it was given on as an element. */
static bool take_input(HukouState *state, hutong_out *out, const char *name, const char *const *attributes)
{
    const char *field = hutong_attribute(attributes, "name");
    const char *value = hutong_attribute(attributes, "value");
    if (strcasecmp(name, "INPUT") != 0 || !field || !value || !hukou_is_name(field)) {
        return false;
    }
    hutong_emit_string(state->host, out, field, value);
    state->nciic.in_input = true;
    return true;
}

/* An element outside of tables. */
static void pass_start(HukouState *state, hutong_out *out, const char *name, const char *const *attributes)
{
    if (state->nciic.rows > 0 && take_input(state, out, name, attributes)) {
        return;
    }
    if (strcmp(name, "ROW") == 0) {
        state->nciic.rows++;
        state->nciic.fields = 0;
    }
    state->host->emit_start(out, name, attributes);
}

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HukouState *state = user;
    HukouNciic *nciic = &state->nciic;

    if (strcmp(name, "RESPONSE") == 0) {
        *nciic = (HukouNciic){.rows = 0};
    }
    bool table = nciic->rows > 0 && strcasecmp(name, "TABLE") == 0;
    if (table) {
        nciic->classed = nciic->classed && nciic->tables > 0;
        nciic->tables++;
    } else if (nciic->tables == 0) {
        pass_start(state, out, name, attributes);
    } else if (is_cell(name)) {
        open_cell(state, out, name, attributes);
    } else {
        take_input(state, out, name, attributes);
    }
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HukouState *state = user;
    HukouNciic *nciic = &state->nciic;

    if (nciic->in_label) {
        hukou_text_add(&nciic->label, text, size);
    } else if (nciic->in_value || nciic->tables == 0) {
        state->host->emit_text(out, text, size);
    }
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HukouState *state = user;
    HukouNciic *nciic = &state->nciic;

    if (nciic->in_input && strcasecmp(name, "INPUT") == 0) {
        nciic->in_input = false;
    } else if (nciic->tables == 0) {
        nciic->rows -= strcmp(name, "ROW") == 0 ? 1 : 0;
        state->host->emit_end(out, name);
    } else if (strcasecmp(name, "TABLE") == 0) {
        close_cell(state, out);
        nciic->tables--;
        hukou_text_clear(&nciic->label);
    } else if (is_cell(name)) {
        close_cell(state, out);
    }
}

const hutong_filter hukou_nciic_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
