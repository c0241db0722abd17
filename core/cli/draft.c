/* Making a first mapping of an outline: see draft.h. What is not sure is a comment, and codes are never read on a guess. */
#include "core/cli/draft.h"

#include <string.h>

#define RECORD_FIELDS 2 /* fewer are no record */
#define PATH_LEVELS 8

typedef struct {
    char *path;         /* from the record */
    const char *column; /* its last step */
    JsonObject *node;
    GPtrArray *guesses;     /* of HtGuess */
    const HtGuess *meaning; /* that is written; NULL: none */
    char *why_not;          /* why none is; may be NULL */
    bool inside;            /* several in one record: no field of it */
} Field;

struct HtDraft {
    HtDraftAsked asked;
    JsonObject *outline;
    const HtGuesser *guesser;
    const HtReference *reference;
    char *record_path;
    JsonObject *record;
    GPtrArray *others; /* char *: paths of what may be records, too */
    GPtrArray *fields; /* of Field */
    const HtEventType *type;
    bool type_is_guessed, has_labels;
    const Field *id, *time, *division;
};

static const char *name_of(JsonObject *node)
{
    return json_object_get_string_member(node, "name");
}

static int64_t number_of(JsonObject *node, const char *name)
{
    return json_object_get_int_member(node, name);
}

static bool is_attribute(JsonObject *node)
{
    return json_object_get_boolean_member(node, "attribute");
}

static JsonArray *children_of(JsonObject *node)
{
    return json_object_get_array_member(node, "children");
}

static bool has_shape(const Field *field, const char *shape)
{
    g_auto(GStrv) shapes = g_strsplit(json_object_get_string_member(field->node, "shapes"), " ", -1);
    return g_strv_contains((const char *const *)shapes, shape);
}

static const char *label_of(const Field *field)
{
    return json_object_get_string_member_with_default(field->node, "label", NULL);
}

/* ---- Records ---- */

static bool is_leaf(JsonObject *node)
{
    JsonArray *children = children_of(node);
    for (unsigned i = 0; i < json_array_get_length(children); i++) {
        if (!is_attribute(json_array_get_object_element(children, i))) {
            return false;
        }
    }
    return true;
}

/* Attributes, and elements with a value alone. */
static unsigned count_fields(JsonObject *node)
{
    JsonArray *children = children_of(node);
    unsigned count = 0;
    for (unsigned i = 0; i < json_array_get_length(children); i++) {
        JsonObject *child = json_array_get_object_element(children, i);
        count += is_attribute(child) || (is_leaf(child) && number_of(child, "most") == 1);
    }
    return count;
}

/* What is there several times is a record sooner than what stands around it. */
static unsigned score(JsonObject *node)
{
    unsigned fields = count_fields(node);
    return fields < RECORD_FIELDS ? 0 : fields * (number_of(node, "most") > 1 ? 4 : 1);
}

static void find_record(HtDraft *draft, JsonObject *node, const char *above, unsigned *best)
{
    g_autofree char *path = g_strdup_printf("%s/%s", above, name_of(node));
    unsigned own = is_attribute(node) ? 0 : score(node);
    if (own > 0) {
        g_ptr_array_add(draft->others, g_strdup(path));
    }
    bool is_best = draft->asked.record ? strcmp(draft->asked.record, path) == 0 : own > *best;
    if (is_best) {
        *best = own;
        draft->record = node;
        g_free(draft->record_path);
        draft->record_path = g_strdup(path);
    }
    JsonArray *children = children_of(node);
    for (unsigned i = 0; i < json_array_get_length(children); i++) {
        find_record(draft, json_array_get_object_element(children, i), path, best);
    }
}

/* ---- Fields ---- */

static void free_field(void *data)
{
    Field *field = data;
    g_free(field->path);
    g_free(field->why_not);
    g_clear_pointer(&field->guesses, g_ptr_array_unref);
    g_free(field);
}

static void add_field(HtDraft *draft, JsonObject *node, const char *above, bool inside)
{
    Field *field = g_new0(Field, 1);
    field->path = g_strdup_printf("%s%s%s", above, is_attribute(node) ? "@" : "", name_of(node));
    field->column = name_of(node);
    field->node = node;
    field->inside = inside;
    g_ptr_array_add(draft->fields, field);
}

/* Below elements that are there once, too. */
static void find_fields(HtDraft *draft, JsonObject *node, const char *above, unsigned levels)
{
    JsonArray *children = children_of(node);
    for (unsigned i = 0; i < json_array_get_length(children); i++) {
        JsonObject *child = json_array_get_object_element(children, i);
        bool several = number_of(child, "most") > 1;
        if (several || is_attribute(child) || (is_leaf(child) && number_of(child, "filled") > 0) ||
            json_array_get_length(children_of(child)) == 0) {
            add_field(draft, child, above, several);
        }
        if (!several && levels > 0) {
            g_autofree char *path = g_strdup_printf("%s%s/", above, name_of(child));
            find_fields(draft, child, path, levels - 1);
        }
    }
}

/* The first row says what the columns are, where most of its values are names of the dictionary. */
static bool find_labels(const HtDraft *draft)
{
    unsigned labels = 0, named = 0;
    for (unsigned i = 0; i < draft->fields->len && number_of(draft->record, "count") > 1; i++) {
        const char *label = label_of(draft->fields->pdata[i]);
        g_autoptr(GPtrArray) guesses = label ? ht_guesser_find(draft->guesser, "", label) : NULL;
        labels += label != NULL;
        named += guesses && guesses->len > 0;
    }
    return named >= 2 && named * 2 >= labels;
}

/* ---- Meanings ---- */

/* Why the values cannot be the element's; NULL: they can. The shapes are those of all values, a label's included. */
static const char *doubt(const HtDraft *draft, const Field *field, const HtElement *element)
{
    bool filled = number_of(field->node, "filled") > 0 && !draft->has_labels;
    if (element->type == HT_TYPE_CODE && element->table) {
        return "a code";
    }
    if (filled && (element->type == HT_TYPE_DATE || element->type == HT_TYPE_DATETIME) &&
        !has_shape(field, "date")) {
        return "the values are no dates";
    }
    if (filled && element->type == HT_TYPE_ID_NUMBER && !has_shape(field, "idNumber")) {
        return "not all values are citizen numbers";
    }
    if (filled && (element->type == HT_TYPE_INTEGER || element->type == HT_TYPE_DIVISION) &&
        !has_shape(field, "digits")) {
        return "the values are no numbers";
    }
    if (element->type == HT_TYPE_DECIMAL || element->type == HT_TYPE_TIME || element->type == HT_TYPE_MONTH) {
        return "look at its values first";
    }
    return NULL;
}

static bool carries(const HtEventType *type, const HtElement *element)
{
    return g_strv_contains(type->groups, element->group);
}

static bool is_taken(const HtDraft *draft, const HtElement *element)
{
    for (unsigned i = 0; i < draft->fields->len; i++) {
        const Field *field = draft->fields->pdata[i];
        if (field->meaning && field->meaning->element == element) {
            return true;
        }
    }
    return false;
}

/* The best of the groups that the type carries: the person before those around it. */
static const HtGuess *choose_guess(const Field *field, const HtEventType *type)
{
    const HtGuess *best = NULL;
    for (unsigned i = 0; i < field->guesses->len; i++) {
        const HtGuess *guess = field->guesses->pdata[i];
        bool person = strcmp(guess->element->group, "person") == 0;
        if (carries(type, guess->element) &&
            (!best || (person && strcmp(best->element->group, "person") != 0))) {
            best = guess;
        }
    }
    return best;
}

static void say_why_not(Field *field, const char *format, const char *a, const char *b)
{
    g_free(field->why_not);
    field->why_not = g_strdup_printf("%s %s%s", format, a, b);
}

static void choose_meaning(HtDraft *draft, Field *field)
{
    const HtGuess *guess = choose_guess(field, draft->type);
    const char *why = guess ? doubt(draft, field, guess->element) : NULL;
    if (!guess && field->guesses->len > 0) {
        const HtGuess *other = field->guesses->pdata[0];
        say_why_not(field, "may be", other->element->name, ", which the type does not carry");
    } else if (guess && guess->element->repeats) {
        say_why_not(field, "may be", guess->element->name, ", of a group that repeats: see <each>");
    } else if (guess && why && guess->element->type != HT_TYPE_CODE) {
        say_why_not(field, "may be", guess->element->name, ": ");
        g_autofree char *begin = field->why_not;
        field->why_not = g_strconcat(begin, why, NULL);
    } else if (guess && is_taken(draft, guess->element)) {
        say_why_not(field, "may be", guess->element->name, ", which has another column already");
    } else if (guess && why) {
        field->meaning = NULL; /* said with its table when it is written */
    } else {
        field->meaning = guess;
    }
}

/* ---- The type ---- */

static unsigned count_carried(const HtDraft *draft, const HtEventType *type)
{
    unsigned count = 0;
    for (unsigned i = 0; i < draft->fields->len; i++) {
        const Field *field = draft->fields->pdata[i];
        count += choose_guess(field, type) != NULL;
    }
    return count;
}

/* None that could refuse what is sent, or that reaches nobody by a wildcard. */
static const HtEventType *guess_type(const HtDraft *draft)
{
    const HtDictionary *dictionary = draft->reference->dictionary;
    const HtEventType *best = NULL;
    unsigned most = 0;
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        bool fits = !type->needs_person && !type->newborn && !type->restricted && !type->about &&
                    strcmp(type->direction, "query") != 0 && !g_str_has_prefix(type->name, "subject.");
        unsigned count =
            fits ? count_carried(draft, type) + (strcmp(type->name, "person.registered") == 0) : 0;
        if (fits && (!best || count > most)) {
            best = type;
            most = count;
        }
    }
    return best;
}

static bool choose_type(HtDraft *draft, GError **error)
{
    const char *asked = draft->asked.type;
    draft->type_is_guessed = !asked;
    draft->type = asked ? ht_dictionary_find_event_type(draft->reference->dictionary, asked, strlen(asked))
                        : guess_type(draft);
    if (!draft->type) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                    "event type \"%s\" is not in the dictionary (%s)", asked ? asked : "",
                    ht_dictionary_files(draft->reference->dictionary));
    }
    return draft->type != NULL;
}

/* ---- The head ---- */

static bool is_named_as_number(const char *column)
{
    static const char *const ends[] = {"ID", "BH", "LSH", "YWH", "SERIAL"};
    g_autofree char *upper = g_utf8_strup(column, -1);
    for (unsigned i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (g_str_has_suffix(upper, ends[i])) {
            return true;
        }
    }
    return false;
}

/* Filled in every record, and never twice the same. */
static bool may_be_id(const HtDraft *draft, const Field *field)
{
    return !field->inside && is_named_as_number(field->column) && !has_shape(field, "idNumber") &&
           json_object_get_boolean_member(field->node, "unique") &&
           number_of(field->node, "filled") == number_of(draft->record, "count");
}

static void choose_head(HtDraft *draft)
{
    for (unsigned i = 0; i < draft->fields->len; i++) {
        const Field *field = draft->fields->pdata[i];
        bool alone = !field->inside;
        if (!draft->id && may_be_id(draft, field)) {
            draft->id = field;
        }
        bool is_birth = field->meaning && strcmp(field->meaning->element->element, "birthDate") == 0;
        if (!draft->time && alone && has_shape(field, "date") && !is_birth &&
            ht_guesser_time(draft->guesser, field->column)) {
            draft->time = field;
        }
        if (!draft->division && alone && has_shape(field, "digits") &&
            ht_guesser_division(draft->guesser, field->column)) {
            draft->division = field;
        }
    }
}

/* ---- Life ---- */

static void free_nothing(void *data)
{
    (void)data;
}

HtDraft *ht_draft_new(JsonObject *outline, const HtGuesser *guesser, const HtReference *reference,
                      const HtDraftAsked *asked, GError **error)
{
    g_autoptr(HtDraft) draft = g_new0(HtDraft, 1);
    JsonArray *documents = json_object_get_array_member(outline, "documents");
    unsigned best = 0;
    draft->asked = *asked;
    draft->outline = outline;
    draft->guesser = guesser;
    draft->reference = reference;
    draft->others = g_ptr_array_new_with_free_func(g_free);
    draft->fields = g_ptr_array_new_with_free_func(free_field);
    for (unsigned i = 0; i < json_array_get_length(documents); i++) {
        find_record(draft, json_array_get_object_element(documents, i), "", &best);
    }
    if (!draft->record) {
        if (asked->record) {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "there is no %s in it", asked->record);
        } else {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                        "nothing in it looks like a record: no element has %u fields or more", RECORD_FIELDS);
        }
        return NULL;
    }
    find_fields(draft, draft->record, "", PATH_LEVELS);
    draft->has_labels = find_labels(draft);
    for (unsigned i = 0; i < draft->fields->len; i++) {
        Field *field = draft->fields->pdata[i];
        field->guesses = field->inside ? g_ptr_array_new_with_free_func(free_nothing)
                                       : ht_guesser_find(guesser, field->column,
                                                         draft->has_labels ? label_of(field) : NULL);
    }
    if (!choose_type(draft, error)) {
        return NULL;
    }
    for (unsigned i = 0; i < draft->fields->len; i++) {
        choose_meaning(draft, draft->fields->pdata[i]);
    }
    choose_head(draft);
    return g_steal_pointer(&draft);
}

void ht_draft_free(HtDraft *draft)
{
    g_free(draft->record_path);
    g_ptr_array_unref(draft->others);
    g_ptr_array_unref(draft->fields);
    g_free(draft);
}

bool ht_draft_drop(HtDraft *draft, const char *name, const char *code)
{
    bool any = false;
    for (unsigned i = 0; i < draft->fields->len; i++) {
        Field *field = draft->fields->pdata[i];
        bool meant = strcmp(field->path, name) == 0 || strcmp(field->column, name) == 0 ||
                     (field->meaning && strcmp(field->meaning->element->name, name) == 0);
        const Field **const heads[] = {&draft->id, &draft->time, &draft->division};
        for (unsigned j = 0; meant && j < G_N_ELEMENTS(heads); j++) {
            any = any || *heads[j] == field;
            *heads[j] = *heads[j] == field ? NULL : *heads[j];
        }
        if (meant && field->meaning) {
            say_why_not(field, "may be", field->meaning->element->name, ", but was refused: ");
            g_autofree char *begin = field->why_not;
            field->why_not = g_strconcat(begin, code, NULL);
            field->meaning = NULL;
            any = true;
        }
    }
    return any;
}

char *ht_draft_describe(const HtDraft *draft)
{
    unsigned named = 0;
    for (unsigned i = 0; i < draft->fields->len; i++) {
        named += ((const Field *)draft->fields->pdata[i])->meaning != NULL;
    }
    return g_strdup_printf("%" G_GINT64_FORMAT " records at %s; %u of %u fields named; type %s.v%u%s",
                           number_of(draft->record, "count"), draft->record_path, named, draft->fields->len,
                           draft->type->name, draft->type->version,
                           draft->type_is_guessed ? ", a guess: say what it is (--type)" : "");
}

/* ---- Writing ---- */

/* `--` ends no comment early, and a line break no line. */
static char *for_comment(const char *text)
{
    GString *safe = g_string_new(text);
    g_string_replace(safe, "--", "- -", 0);
    g_string_replace(safe, "\n", " ", 0);
    return g_string_free(safe, FALSE);
}

static void list_values(const Field *field, GString *line)
{
    JsonArray *values = json_object_get_array_member(field->node, "values");
    for (unsigned i = 0; i < json_array_get_length(values); i++) {
        g_string_append_printf(line, "%s%s", i == 0 ? "; seen: " : " ",
                               json_array_get_string_element(values, i));
    }
}

/* A code is read by nobody's guess: the table, what was seen, and the translations that lead into it. */
static void describe_code(const HtDraft *draft, const Field *field, const HtGuess *guess, GString *line)
{
    const HtTables *tables = draft->reference->tables;
    g_string_append_printf(line, "%s (%s), a code of %s", guess->element->name, guess->reason,
                           guess->element->table);
    list_values(field, line);
    g_string_append_printf(line, ". If these are the standard's: <element to=\"%s\" from=\"%s\"/>",
                           guess->element->name, field->path);
    bool any = false;
    for (unsigned i = 0; i < ht_tables_n_translations(tables); i++) {
        const HtTranslation *one = ht_tables_translation(tables, i);
        if (strcmp(ht_table_name(ht_translation_table(one)), guess->element->table) == 0) {
            g_string_append_printf(line, "%s%s", any ? ", " : "; else with translate= one of ",
                                   ht_translation_name(one));
            any = true;
        }
    }
}

static void describe_unmapped(const HtDraft *draft, const Field *field, GString *line)
{
    const HtGuess *guess = field->guesses->len > 0 ? choose_guess(field, draft->type) : NULL;
    if (field->inside) {
        g_string_append(line, "several in one record: see <each>, or make them records");
    } else if (field->why_not) {
        g_string_append(line, field->why_not);
    } else if (guess && guess->element->table) {
        describe_code(draft, field, guess, line);
    } else {
        g_string_append_printf(
            line, "nothing known by this name; filled in %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT,
            number_of(field->node, "filled"), number_of(draft->record, "count"));
        g_string_append_printf(line, " %s", json_object_get_string_member(field->node, "shapes"));
    }
}

static void write_head(const HtDraft *draft, GString *text)
{
    if (draft->id) {
        g_string_append_printf(
            text, "    <!-- filled in each record, and never twice the same -->\n    <id from=\"%s\"/>\n",
            draft->id->path);
    } else {
        g_string_append(
            text,
            "    <!-- <id from=\"…\"/>: which columns number the business? Without it, the same content is the same event -->\n");
    }
    if (draft->time) {
        g_string_append_printf(text,
                               "    <!-- a date; %s takes it for the time -->\n    <time from=\"%s\"/>\n",
                               ht_guesser_time(draft->guesser, draft->time->column), draft->time->path);
    } else {
        g_string_append(text, "    <!-- <time from=\"…\"/>: when did it happen? Dates:");
        for (unsigned i = 0; i < draft->fields->len; i++) {
            const Field *field = draft->fields->pdata[i];
            if (!field->inside && has_shape(field, "date")) {
                g_string_append_printf(text, " %s", field->path);
            }
        }
        g_string_append(text, " -->\n");
    }
    if (draft->division) {
        g_string_append_printf(text, "    <!-- so in %s -->\n    <division from=\"%s\"/>\n",
                               ht_guesser_division(draft->guesser, draft->division->column),
                               draft->division->path);
    }
}

static void write_meaning(const HtDraft *draft, const Field *field, GString *text)
{
    const HtGuess *guess = field->meaning;
    g_autofree char *reason = for_comment(guess->reason);
    bool is_person = strcmp(guess->element->name, "person.idNumber") == 0 && !draft->type->about;
    g_string_append_printf(text, "    <!-- %s: %s", field->path, reason);
    for (unsigned i = 0; i < field->guesses->len; i++) {
        const HtGuess *other = field->guesses->pdata[i];
        if (other != guess && carries(draft->type, other->element)) {
            g_string_append_printf(text, "; or %s", other->element->name);
        }
    }
    g_string_append(text, " -->\n");
    if (is_person) {
        g_string_append_printf(text, "    <identity kind=\"idNumber\" from=\"%s\"/>\n", field->path);
    }
    g_string_append_printf(text, "    <element to=\"%s\" from=\"%s\"/>\n", guess->element->name, field->path);
}

static void write_unmapped(const HtDraft *draft, GString *text)
{
    for (unsigned i = 0; i < draft->fields->len; i++) {
        const Field *field = draft->fields->pdata[i];
        g_autoptr(GString) line = g_string_new(NULL);
        if (field->meaning) {
            continue;
        }
        describe_unmapped(draft, field, line);
        g_autofree char *path = for_comment(field->path), *safe = for_comment(line->str);
        g_string_append_printf(text, "    <!-- <unmapped> %s: %s -->\n", path, safe);
    }
}

static void write_labels(const HtDraft *draft, GString *text)
{
    for (unsigned i = 0; draft->has_labels && i < draft->fields->len; i++) {
        const Field *field = draft->fields->pdata[i];
        if (label_of(field) && field->guesses->len > 0) {
            g_string_append_printf(
                text,
                "  <!-- The first row says what the columns are. -->\n  <skip for-each=\"%s\" when=\"%s='%s'\"/>\n",
                draft->record_path, field->path, label_of(field));
            return;
        }
    }
}

/* A string's document is opened only where its operation is known. */
static void write_operation(const HtDraft *draft, GString *text)
{
    const char *operation = json_object_get_string_member_with_default(draft->outline, "operation", NULL);
    g_autofree char *path = operation ? g_strdup_printf("/%s/", operation) : NULL;
    g_autofree char *record = g_strconcat(draft->record_path, "/", NULL);
    if (operation && !g_str_has_prefix(record, path)) {
        g_string_append_printf(
            text,
            "  <!-- The SOAP operation whose parameter holds the records. -->\n  <operation name=\"%s\"/>\n",
            operation);
    }
}

static void write_top(const HtDraft *draft, GString *text)
{
    g_autofree char *payload = for_comment(draft->asked.payload),
                    *source = g_markup_escape_text(draft->asked.source, -1),
                    *authority = g_markup_escape_text(draft->asked.authority, -1);
    JsonArray *repairs = json_object_get_array_member(draft->outline, "repairs");
    g_string_append_printf(
        text,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<!-- Begun by `hutong mapping new` from %s. What was guessed has its reason above it: read each line before you trust it,\n"
        "     and turn the comments into what is meant, or let them go to `unmapped`. -->\n"
        "<mapping xmlns=\"urn:hutong:mapping:1\" source=\"%s\" authority=\"%s\" version=\"1\">\n",
        payload, source, authority);
    for (unsigned i = 0; i < json_array_get_length(repairs); i++) {
        g_string_append_printf(
            text, "%s%s",
            i == 0 ? "  <!-- The payload is not well-formed: this mends it. -->\n  <repair use=\"" : " ",
            json_array_get_string_element(repairs, i));
    }
    g_string_append(text, json_array_get_length(repairs) > 0 ? "\"/>\n" : "");
    write_operation(draft, text);
    for (unsigned i = 0; i < draft->others->len; i++) {
        const char *other = draft->others->pdata[i];
        if (strcmp(other, draft->record_path) != 0) {
            g_string_append_printf(text, "  <!-- %s may be a record, too -->\n", other);
        }
    }
}

char *ht_draft_write(const HtDraft *draft)
{
    GString *text = g_string_new(NULL);
    write_top(draft, text);
    write_labels(draft, text);
    if (draft->type_is_guessed) {
        g_string_append(
            text,
            "  <!-- The type is a guess: it carries most of what was found. `hutong schema` lists all. -->\n");
    }
    g_string_append_printf(text, "  <event type=\"%s.v%u\" for-each=\"%s\">\n", draft->type->name,
                           draft->type->version, draft->record_path);
    write_head(draft, text);
    for (unsigned i = 0; i < draft->fields->len; i++) {
        const Field *field = draft->fields->pdata[i];
        if (field->meaning) {
            write_meaning(draft, field, text);
        }
    }
    write_unmapped(draft, text);
    g_string_append(text, "  </event>\n</mapping>\n");
    return g_string_free(text, FALSE);
}
