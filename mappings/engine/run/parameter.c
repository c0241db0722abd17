/* Parameters by place; see parameter.h. */
#include "mappings/engine/run/parameter.h"

#include <string.h>

/* How libraries call parameters, without numbers: Axis, CXF and JAX-WS count from 0, others from 1. */
static const struct {
    const char *word;
    int first;
} words[] = {
    {"arg", 0},   {"args", 0}, {"in", 0},         {"param", 0},  {"params", 0}, {"parameter", 0},
    {"input", 1}, {"p", 1},    {"parameters", 0}, {"string", 1}, {"str", 1},
};

void ht_parameters_begin(HtParameters *parameters, const HtOperation *operation, const HtParameterPlan *plan)
{
    *parameters =
        (HtParameters){.operation = operation, .plan = {.first = -1}, .learned = {.first = -1}, .low = -1};
    if (plan) {
        parameters->plan = *plan;
        parameters->learned = *plan;
    }
}

static unsigned count_places(const HtParameters *parameters)
{
    return MIN(parameters->operation->in->len, HT_PARAMETERS_MAX);
}

static int find_declared(const HtParameters *parameters, const char *name)
{
    for (unsigned i = 0; i < count_places(parameters); i++) {
        const HtPart *part = parameters->operation->in->pdata[i];
        if (g_ascii_strcasecmp(part->name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* `_arg0`, `input_1`, `param`: the word's index, and the number or -1. */
static int read_name(const char *name, int *number)
{
    const char *start = name + strspn(name, "_");
    size_t size = strcspn(start, "_0123456789");
    const char *digits = start + size + strspn(start + size, "_");
    size_t count = strspn(digits, "0123456789");
    *number = count > 0 && count <= 2 ? (int)g_ascii_strtoull(digits, NULL, 10) : -1;
    if (digits[count] != '\0' || count > 2) {
        return -1;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
        if (strlen(words[i].word) == size && g_ascii_strncasecmp(words[i].word, start, size) == 0) {
            return (int)i;
        }
    }
    return -1;
}

/* The first place that is neither given nor will be by its own name. */
static int find_free(const HtParameters *parameters)
{
    uint32_t used = parameters->taken | parameters->plan.named;
    for (unsigned i = 0; i < count_places(parameters); i++) {
        if (!(used >> i & 1)) {
            return (int)i;
        }
    }
    return -2;
}

static int choose(HtParameters *parameters, int word, int number)
{
    if (number >= 0) {
        int first = parameters->plan.first >= 0 ? parameters->plan.first : words[word].first;
        int place = number - first;
        bool fits = place >= 0 && place < (int)count_places(parameters);
        parameters->low = parameters->low < 0 ? number : MIN(parameters->low, number);
        parameters->high = MAX(parameters->high, number);
        parameters->learned.first =
            parameters->learned.first < 0 ? words[word].first : parameters->learned.first;
        if (!fits) {
            return -2;
        }
        if (!((parameters->taken | parameters->plan.named) >> place & 1)) {
            return place;
        }
    }
    return find_free(parameters);
}

int ht_parameters_place(HtParameters *parameters, const char *name)
{
    int number, place = find_declared(parameters, name);
    if (place >= 0) {
        parameters->learned.named |= 1U << place;
        parameters->taken |= 1U << place;
        return place;
    }
    int word = count_places(parameters) > 0 ? read_name(name, &number) : -1;
    if (word < 0) {
        return -1;
    }
    place = choose(parameters, word, number);
    parameters->learned.by_place = true;
    if (place >= 0) {
        parameters->taken |= 1U << place;
    }
    return place;
}

/* From 0 when there is a 0, from 1 when there are as many as there are places; else as the library does. */
static int find_first(const HtParameters *parameters)
{
    if (parameters->low < 0) {
        return -1;
    }
    if (parameters->low == 0) {
        return 0;
    }
    return parameters->high >= (int)count_places(parameters) ? 1 : parameters->learned.first;
}

bool ht_parameters_failed(HtParameters *parameters)
{
    HtParameterPlan *learned = &parameters->learned;
    int guessed = parameters->plan.first >= 0 ? parameters->plan.first : learned->first;
    learned->first = find_first(parameters);
    bool first_is_wrong = learned->first >= 0 && learned->first != guessed;
    bool named_is_wrong = learned->by_place && (learned->named & ~parameters->plan.named) != 0;
    return first_is_wrong || named_is_wrong || learned->wrapped != parameters->plan.wrapped;
}
