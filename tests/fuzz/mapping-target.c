/* Two mappers and their outcomes, see mapping-target.h. */
#include "tests/fuzz/mapping-target.h"

#include <stdlib.h>

static HtReference reference;
HtMapping *mapping;
HtMapper *mappers[2];

void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* The source tree: told, or found from this file's own name. */
static char *find_source(void)
{
    const char *told = g_getenv("HUTONG_SRCDIR");
    g_autofree char *own = g_strdup(__FILE__);
    char *inside = g_strrstr(own, "tests/fuzz/");
    if (inside) {
        *inside = '\0';
    }
    return g_strdup(told ? told : *own ? own : ".");
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    g_autofree char *source = find_source();
    g_autofree char *folder = g_build_filename(source, "mappings", NULL);
    g_autofree char *dictionary = g_build_filename(folder, "dictionary.xml", NULL);
    g_autofree char *tables = g_build_filename(folder, "tables", NULL);
    g_autofree char *divisions = g_build_filename(folder, "divisions", NULL);
    g_autofree char *path = g_build_filename(source, "tests/data/mappings/rich.xml", NULL);
    g_autoptr(GError) error = NULL;
    g_setenv("HUTONG_DATADIR", folder, TRUE);
    reference.dictionary = ht_dictionary_load(dictionary, NULL, NULL, NULL);
    reference.tables = ht_tables_load(tables, NULL, NULL);
    reference.divisions = ht_divisions_load(divisions, NULL, NULL);
    mapping = ht_mapping_load(path, &reference, &error);
    if (!mapping) {
        g_printerr("%s\n", error->message);
        abort();
    }
    for (unsigned i = 0; i < 2; i++) {
        HtMapperOptions options = {ht_limits_default(), i ? "440104" : NULL, i > 0, i > 0, false};
        options.limits.records = 50;
        mappers[i] = ht_mapper_new(mapping, &reference, &options);
    }
    return 0;
}

void check_outcome(const HtOutcome *outcome)
{
    HtEvent event;
    HtBuffer packed = {0}, json = {0};
    HtOutcome read;
    ht_outcome_init(&read);
    ht_outcome_pack(outcome, &packed);
    require(ht_outcome_unpack(ht_buffer_text(&packed), &read, NULL));
    for (guint i = 0; i < outcome->events->len; i++) {
        require(ht_event_unpack(g_array_index(outcome->events, HtText, i), &event, NULL));
        HtStoredEvent stored = {.event = event};
        json.size = 0;
        ht_event_render(&stored, "fuzz", NULL, &json);
        require(g_utf8_validate(json.data, (gssize)json.size, NULL));
    }
    require(outcome->verdict == HT_VERDICT_OK || (outcome->fault_count > 0 && outcome->events->len == 0));
    ht_outcome_clear(&read);
    ht_buffer_clear(&packed);
    ht_buffer_clear(&json);
}

void run_payload(const HtPayload *payload)
{
    for (unsigned i = 0; i < 2; i++) {
        HtOutcome outcome;
        ht_outcome_init(&outcome);
        ht_mapper_run(mappers[i], payload, &outcome);
        check_outcome(&outcome);
        ht_outcome_clear(&outcome);
    }
}
