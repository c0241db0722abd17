/* Operations and what they mean; see operation.h. */
#include "mappings/engine/run/mapper-inside.h"

#include "mappings/engine/match/tree.h"
#include "mappings/engine/service/soap-action.h"
#include "mappings/engine/match/wait.h"

#define NAME_SHOWN 64 /* bytes of a name that a fault repeats */
#define LIST_SHOWN 200

enum { IN_OPERATION = 1, IN_PARAMETER = 2 }; /* elements open, with the one that is meant */

typedef struct {
    const HtOperation *operation; /* that it is; NULL: none */
    HtMeans means;                /* with what is around it */
    const char *
        strange; /* root of a document that the mapping knows nothing of: this one, or one around it; else NULL */
} OpenDocument;

void ht_operations_init(HtOperations *operations, HtMapper *mapper)
{
    *operations = (HtOperations){.mapper = mapper};
    operations->documents = g_array_new(FALSE, FALSE, sizeof(OpenDocument));
    operations->names = g_ptr_array_new();
    operations->part_names = g_hash_table_new(NULL, NULL);
    for (guint i = 0; i < mapper->mapping->operations->len; i++) {
        const HtOperation *operation = mapper->mapping->operations->pdata[i];
        g_ptr_array_add(operations->names, (gpointer)ht_reader_intern(mapper->reader, operation->name));
        for (guint p = 0; p < operation->in->len; p++) {
            const HtPart *part = operation->in->pdata[p];
            HtName name = ht_reader_intern(mapper->reader, part->name ? part->name : "");
            g_hash_table_insert(operations->part_names, (gpointer)part, (gpointer)name);
        }
    }
}

void ht_operations_clear(HtOperations *operations)
{
    g_array_unref(operations->documents);
    g_ptr_array_unref(operations->names);
    g_hash_table_unref(operations->part_names);
}

static void set_means(HtOperations *operations, HtMeans means)
{
    operations->mapper->recorder.means = means;
}

void ht_operations_begin(HtOperations *operations)
{
    g_array_set_size(operations->documents, 0);
    operations->watches = false;
    operations->holds = 0;
    operations->inner = 0;
    operations->call = (HtCall){0};
    operations->calls = 0;
    operations->must_learn = false;
    operations->hushes = false;
    operations->mapper->recorder.by_place = false;
    operations->worst = HT_MEANS_ASSERT;
    operations->worst_name = NULL;
    operations->failed = false;
    set_means(operations, HT_MEANS_ASSERT);
}

void ht_operations_forget(HtOperations *operations)
{
    operations->has_lessons = false;
    memset(operations->lessons, 0, sizeof operations->lessons);
    for (unsigned i = 0; i < HT_LESSONS; i++) {
        operations->lessons[i].plan.first = -1;
    }
}

bool ht_operations_learn(HtOperations *operations)
{
    bool must = operations->must_learn && !operations->has_lessons;
    operations->has_lessons = operations->has_lessons || must;
    return must;
}

/* ---- What is refused ---- */

/* A name goes into a fault only if it looks like one: it is the sender's, and may be anything. */
static bool is_shown(const char *name)
{
    size_t size = strlen(name);
    for (size_t i = 0; i < size; i++) {
        if (!g_ascii_isalpha(name[i]) && !strchr("_-.", name[i]) && !(i > 0 && g_ascii_isdigit(name[i]))) {
            return false;
        }
    }
    return size > 0 && size <= NAME_SHOWN;
}

static void add_to_list(GString *list, HtText name)
{
    if (list->len + name.size > LIST_SHOWN) {
        if (!g_str_has_suffix(list->str, "…")) {
            g_string_append(list, ", …");
        }
        return;
    }
    g_string_append(list, list->len > 0 ? ", " : "");
    g_string_append_len(list, name.data, (gssize)name.size);
}

static char *list_operations(const HtMapping *mapping)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < mapping->operations->len; i++) {
        add_to_list(list, ht_text_from(((const HtOperation *)mapping->operations->pdata[i])->name));
    }
    add_to_list(list, HT_TEXT_LITERAL(HT_SUBMIT));
    return g_string_free(list, FALSE);
}

static void refuse_unknown(HtOperations *operations, const char *name)
{
    if (operations->failed) {
        return;
    }
    bool shown = is_shown(name);
    g_autofree char *list = list_operations(operations->mapper->mapping);
    ht_fault_set(&operations->fault, "operation-unknown",
                 "the operation%s%s%s is not known to this source; known are %s", shown ? " \"" : "",
                 shown ? name : "", shown ? "\"" : "", list);
    operations->fault.line = ht_mapper_line(operations->mapper);
    operations->failed = true;
}

static void refuse_nested(HtOperations *operations)
{
    if (!operations->failed) {
        ht_fault_set(&operations->fault, "operation-unknown",
                     "one operation lies inside of another: send one, with its parameters");
        operations->fault.line = ht_mapper_line(operations->mapper);
        operations->failed = true;
    }
}

/* ---- What a document is ---- */

/* What libraries and services put around a string, and what the reader itself makes: they say nothing. */
static bool is_wrapping(const char *name)
{
    static const char *const names[] = {"json",   "fragment", "string", "document", "out",  "return",
                                        "result", "data",     "xml",    "content",  "text", NULL};
    return g_strv_contains(names, name);
}

bool ht_operations_expect(const HtOperations *operations, HtText root)
{
    g_autofree char *name = g_strndup(root.data, root.size);
    bool known = is_wrapping(name) || g_ascii_strcasecmp(name, HT_SUBMIT) == 0;
    for (guint i = 0; i < operations->names->len && !known; i++) {
        known = strcmp(operations->names->pdata[i], name) == 0;
    }
    return known;
}

/* What stands in a body beside operations: values that others refer to, and what an attachment is meant by. */
static bool is_part(const char *name)
{
    return strcmp(name, "multiRef") == 0 || strcmp(name, "Include") == 0;
}

/* Who calls the generic operation by another namespace, or none, means no other thing. */
static bool is_known(HtMapper *mapper, HtName root)
{
    uint16_t anywhere = 0;
    return g_ascii_strcasecmp(root, HT_SUBMIT) == 0 ||
           ht_match_tree_child(&mapper->match, mapper->match.root, root, &anywhere) ||
           ht_filters_know(&mapper->filters, ht_text_from(root));
}

static HtText get_action(const HtMapper *mapper)
{
    HtText action = ht_soap_action_trim(mapper->payload->head.soap_action);
    return action.size > 0 ? action : mapper->reading.action;
}

/* The operation that only the header names. Around a plain document, where no envelope's reader has looked at it, one that is
 * nobody's is refused here. */
static const HtOperation *find_by_action(HtOperations *operations, HtName root)
{
    HtMapper *mapper = operations->mapper;
    const HtOperation *found = ht_operations_find_action(mapper->mapping->operations, get_action(mapper));
    HtText action = mapper->payload->head.soap_action;
    bool is_plain = mapper->reading.soap == HT_SOAP_NONE;
    if (!found && is_plain && ht_soap_action_is_plausible(action) &&
        !ht_soap_action_agrees(action, root, NULL)) {
        refuse_unknown(operations, "");
    }
    return found;
}

static HtName get_name(const HtOperations *operations, const HtOperation *operation)
{
    guint index = 0;
    g_ptr_array_find(operations->mapper->mapping->operations, operation, &index);
    return operations->names->pdata[index];
}

static void note(HtOperations *operations, OpenDocument *document, HtMeans means, const char *name)
{
    bool taken = means == HT_MEANS_QUERY && operations->answers_queries;
    means = taken ? HT_MEANS_ASSERT : means;
    document->means = MAX(document->means, means);
    if (!operations->worst_name || means > operations->worst) {
        operations->worst = means;
        operations->worst_name = name;
    }
}

static HtLesson *get_lesson(HtOperations *operations)
{
    return operations->calls <= HT_LESSONS ? &operations->lessons[operations->calls - 1] : NULL;
}

static void begin_call(HtOperations *operations, const HtOperation *operation)
{
    operations->calls++;
    operations->call = (HtCall){.operation = operation, .document = operations->documents->len + 1};
    const HtLesson *lesson = operations->has_lessons ? get_lesson(operations) : NULL;
    ht_parameters_begin(&operations->call.parameters, operation, lesson ? &lesson->plan : NULL);
    operations->mapper->recorder.by_place = lesson && lesson->plan.by_place;
}

/* What was found out too late is learned for another reading. A message of very many calls is not read anew: it is refused. */
static void end_call(HtOperations *operations)
{
    HtCall *call = &operations->call;
    const HtActions *actions = &operations->mapper->match.actions;
    bool failed = ht_parameters_failed(&call->parameters);
    HtLesson *lesson = get_lesson(operations);
    if ((failed || actions->is_late) && !operations->has_lessons) {
        operations->must_learn = true;
        if (lesson) {
            lesson->plan = call->parameters.learned;
            lesson->plan.by_place = lesson->plan.by_place && !lesson->plan.wrapped;
            memcpy(lesson->actions, actions->values, sizeof lesson->actions);
        } else {
            refuse_unknown(operations, call->operation->name);
        }
    }
    call->operation = NULL;
    operations->mapper->recorder.by_place = false;
}

/* What the action is, before the first parameter. */
static void say_actions(HtOperations *operations)
{
    const GPtrArray *rules = operations->mapper->mapping->actions;
    const HtLesson *lesson = operations->has_lessons ? get_lesson(operations) : NULL;
    for (guint i = 0; lesson && i < rules->len; i++) {
        if (lesson->actions[i]) {
            HtMatch *match = &operations->mapper->match;
            match->actions.values[i] = lesson->actions[i];
            ht_match_say(match, ((const HtActionRule *)rules->pdata[i])->slot, lesson->actions[i]->value);
        }
    }
}

static void begin_operation(HtOperations *operations, OpenDocument *document, const HtOperation *operation)
{
    HtMatch *match = &operations->mapper->match;
    ht_match_say(match, operations->mapper->mapping->operation, ht_text_from(operation->name));
    document->operation = operation;
    note(operations, document, operation->means, operation->name);
    if (document->means == HT_MEANS_ACKNOWLEDGEMENT) {
        match->known = true; /* with nothing in it that a path names, too */
    }
}

/* What an operation answered: to a query, data; to others, that they were understood. */
static void begin_answer(HtOperations *operations, OpenDocument *document, const HtOperation *answered)
{
    if (answered->means != HT_MEANS_QUERY && answered->means != HT_MEANS_NOT_TAKEN) {
        note(operations, document, HT_MEANS_ACKNOWLEDGEMENT, answered->response);
    }
}

static void begin_other(HtOperations *operations, OpenDocument *document, HtName root, bool is_outermost)
{
    HtMapper *mapper = operations->mapper;
    const HtOperation *operation = is_outermost ? find_by_action(operations, root) : NULL;
    bool known = is_known(mapper, root);
    if (operation) {
        begin_operation(operations, document, operation);
        document->operation = NULL;
    }
    bool in_body = is_outermost && mapper->reading.soap != HT_SOAP_NONE && !mapper->reading.submit;
    if (in_body && !known && !is_part(root)) {
        refuse_unknown(operations, root);
    }
    document->strange = known || is_wrapping(root) ? NULL : root;
}

/* The elements of an operation's own document are looked at, for its parameters. */
static void watch(HtOperations *operations)
{
    const HtCall *call = &operations->call;
    operations->watches = call->operation && call->document == operations->documents->len;
}

/* How many elements of the outermost document may be around documents: itself, and a parameter of an operation. */
static unsigned count_holding(const HtOperations *operations, HtName root, bool has_parameters)
{
    if (has_parameters) {
        return IN_PARAMETER;
    }
    return is_wrapping(root) && !is_known(operations->mapper, root) ? IN_OPERATION : 0;
}

/* What is called as a parameter or an operation is that. */
static bool has_other_meaning(const HtOperations *operations, HtName name)
{
    const HtOperation *operation = operations->call.operation;
    bool is_parameter = false;
    for (guint i = 0; operation && i < operation->in->len && !is_parameter; i++) {
        is_parameter = g_ascii_strcasecmp(((const HtPart *)operation->in->pdata[i])->name, name) == 0;
    }
    return is_parameter || ht_operations_find(operations->mapper->mapping->operations, name);
}

bool ht_operations_is_document(const HtOperations *operations, HtName name)
{
    HtMapper *mapper = operations->mapper;
    HtMatch *match = &mapper->match;
    uint16_t anywhere = 0;
    if (operations->documents->len != 1 || match->depth == 0 || match->depth > operations->holds ||
        match->record_depth > 0 || mapper->filters.active) {
        return false;
    }
    HtNode *around = ht_match_open_node(match, match->depth);
    bool is_named = around && ht_match_tree_child(match, around, name, &anywhere);
    return !is_named && is_known(mapper, name) && !has_other_meaning(operations, name);
}

HtName ht_operations_document_start(HtOperations *operations, HtName root)
{
    const HtMapping *mapping = operations->mapper->mapping;
    guint depth = operations->documents->len;
    OpenDocument around = {.means = HT_MEANS_ASSERT}, document = around;
    if (depth > 0) {
        around = g_array_index(operations->documents, OpenDocument, depth - 1);
        document.means = around.means;
        document.operation = around.operation;
    } else {
        ht_wait_release(&operations->mapper->match); /* they are of the call before */
        ht_actions_forget(&operations->mapper->match);
        ht_match_say(&operations->mapper->match, mapping->operation, HT_TEXT_NONE);
    }
    const HtOperation *operation = ht_operations_find(mapping->operations, root), *answered = NULL;
    if (operation) {
        begin_operation(operations, &document, operation);
    } else if ((answered = ht_operations_find_answered(mapping->operations, root))) {
        begin_answer(operations, &document, answered);
    } else {
        begin_other(operations, &document, root, depth == 0);
    }
    if (depth == 0) {
        operations->holds = count_holding(operations, root, operation || answered);
    }
    if (operation && around.operation && around.operation != operation) {
        refuse_nested(operations);
    }
    if (around.strange && !document.strange) {
        refuse_unknown(operations, around.strange);
    }
    document.strange = around.strange ? around.strange : document.strange;
    if (operation) {
        begin_call(operations, operation);
    }
    g_array_append_val(operations->documents, document);
    set_means(operations, document.means);
    watch(operations);
    return operation ? get_name(operations, operation) : root;
}

void ht_operations_document_end(HtOperations *operations)
{
    guint depth = operations->documents->len;
    if (operations->call.operation && operations->call.document == depth) {
        end_call(operations);
    }
    if (depth > 0) {
        g_array_set_size(operations->documents, --depth);
    }
    set_means(operations, depth > 0 ? g_array_index(operations->documents, OpenDocument, depth - 1).means
                                    : HT_MEANS_ASSERT);
    watch(operations);
}

/* ---- Parameters ---- */

static HtName name_parameter(HtOperations *operations, HtName name)
{
    HtCall *call = &operations->call;
    int place = ht_parameters_place(&call->parameters, name);
    operations->hushes = place == -2;
    if (place < 0) {
        return name;
    }
    const HtPart *part = call->operation->in->pdata[place];
    bool by_place = g_ascii_strcasecmp(part->name, name) != 0;
    operations->mapper->recorder.by_place = operations->mapper->recorder.by_place || by_place;
    call->may_be_around =
        by_place && !part->is_xml && !part->parts && g_ascii_strcasecmp(name, "parameters") == 0;
    return g_hash_table_lookup(operations->part_names, part);
}

HtName ht_operations_start(HtOperations *operations, HtName name)
{
    HtCall *call = &operations->call;
    bool wrapped = call->parameters.plan.wrapped;
    operations->hushes = false;
    call->open++;
    if (call->open == IN_OPERATION) {
        return get_name(operations, call->operation);
    }
    if (call->open == IN_PARAMETER) {
        say_actions(operations);
        call->may_be_around = false;
        call->is_left_out = wrapped && g_ascii_strcasecmp(name, "parameters") == 0;
        return call->is_left_out ? NULL : name_parameter(operations, name);
    }
    if (call->open == IN_PARAMETER + 1) {
        call->parameters.learned.wrapped = call->parameters.learned.wrapped || call->may_be_around;
        return call->is_left_out ? name_parameter(operations, name) : name;
    }
    return name;
}

bool ht_operations_end(HtOperations *operations)
{
    HtCall *call = &operations->call;
    call->open -= call->open > 0;
    if (call->open == IN_OPERATION && call->is_left_out) {
        call->is_left_out = false;
        return false;
    }
    return true;
}

/* ---- The end ---- */

static void refuse_value(const HtActionRule *rule, bool twice, HtFault *fault)
{
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < rule->values->len; i++) {
        add_to_list(list, g_array_index(rule->values, HtActionValue, i).value);
    }
    if (twice) {
        ht_fault_set(fault, "operation-unknown", "%s has two different values in one call", rule->path);
    } else {
        ht_fault_set(fault, "operation-unknown",
                     "%s has a value that is not known to this source; known are %s", rule->path, list->str);
    }
    g_string_free(list, TRUE);
}

static bool judge_means(HtMeans means, const char *what, HtFault *fault)
{
    if (means == HT_MEANS_QUERY) {
        ht_fault_set(fault, "query-not-answered",
                     "%s: the bus takes data in and answers no queries; ask the department's own service",
                     what);
        return false;
    }
    if (means == HT_MEANS_NOT_TAKEN) {
        ht_fault_set(fault, "service-not-taken", "%s: nothing of this service is taken by this source", what);
        return false;
    }
    return true;
}

bool ht_operations_judge(const HtOperations *operations, HtFault *fault)
{
    const HtActions *actions = &operations->mapper->match.actions;
    if (operations->failed) {
        *fault = operations->fault;
        return false;
    }
    if (actions->unknown || actions->twice) {
        refuse_value(actions->twice ? actions->twice : actions->unknown, actions->twice != NULL, fault);
        return false;
    }
    return judge_means(operations->worst, operations->worst_name, fault) &&
           judge_means(actions->worst, actions->said ? actions->said->path : NULL, fault);
}
