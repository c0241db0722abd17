/* Setting a host up: reference data and mapping; then, when the box stands, the adapter; and taking it down again. Runs once
 * at each end of hutong-host's life. */
#include "plugins/host/worker.h"

#include "mappings/engine/compile/compile.h"
#include "plugins/loader.h"

#include <dlfcn.h>

G_DEFINE_QUARK(ht_worker_error, ht_worker_error)

static bool load_reference(HtWorker *worker, GError **error)
{
    const char *folder = worker->start.data_directory;
    if (!folder) {
        g_set_error(error, HT_WORKER_ERROR, 0, "a mapping needs a data directory, and none was given");
        return false;
    }
    g_setenv("HUTONG_DATADIR", folder, TRUE); /* the mapping's grammar lies there too: core/base/paths.h */
    const HtWords words = {(char *)folder, (char *)worker->start.site_directory}; /* borrowed */
    return ht_reference_load(&worker->reference, &words, error);
}

static bool load_mapping(HtWorker *worker, GError **error)
{
    if (!worker->start.mapping_file) {
        return true;
    }
    if (!load_reference(worker, error)) {
        return false;
    }
    worker->mapping = ht_mapping_load(worker->start.mapping_file, &worker->reference, error);
    if (!worker->mapping) {
        return false;
    }
    HtMapperOptions options = {.limits = worker->start.limits,
                               .division = worker->start.division,
                               .usernames = worker->start.usernames,
                               .signatures = worker->signature != NULL,
                               .quarantine_invalid = worker->start.quarantine_invalid};
    worker->mapper = ht_mapper_new(worker->mapping, &worker->reference, &options);
    return true;
}

static bool has_option(const hutong_adapter *adapter, const char *key)
{
    for (const hutong_option *option = adapter->options; option && option->key; option++) {
        if (strcmp(option->key, key) == 0) {
            return true;
        }
    }
    return false;
}

static bool check_options(HtWorker *worker, GError **error)
{
    for (unsigned i = 0; i + 1 < worker->start.options->len; i += 2) {
        const char *key = g_ptr_array_index(worker->start.options, i);
        if (!has_option(worker->adapter, key)) {
            g_set_error(error, HT_WORKER_ERROR, 0,
                        "adapter '%s' has no option '%s'; `hutong adapter inspect %s` lists them",
                        worker->adapter->name, key, worker->adapter->name);
            return false;
        }
    }
    return true;
}

/* What an adapter with this option lets the configuration say. */
static bool choose_answers(HtWorker *worker, GError **error)
{
    const char *choice = worker->table.option(&worker->table, "answer-queries");
    if (!choice || strcmp(choice, "refuse") == 0) {
        return true;
    }
    if (strcmp(choice, "empty") != 0) {
        g_set_error(error, HT_WORKER_ERROR, 0, "option.answer-queries is neither refuse nor empty");
        return false;
    }
    if (worker->mapper) {
        ht_mapper_answer_queries(worker->mapper);
    }
    return true;
}

static bool open_adapter(HtWorker *worker, GError **error)
{
    worker->out.phase = HT_PHASE_OPEN;
    worker->state = worker->adapter->open(&worker->table);
    worker->out.phase = HT_PHASE_NONE;
    worker->opened = worker->state != NULL;
    if (!worker->opened) {
        g_set_error(error, HT_WORKER_ERROR, 0, "adapter '%s' cannot start; the log has its reason",
                    worker->adapter->name);
    }
    return worker->opened;
}

/* Certificates are taken, and the libraries read their files, while that is possible. */
static bool load_signature(HtWorker *worker, GError **error)
{
    const HtStart *start = &worker->start;
    if (!ht_start_is_signed(&start->signature)) {
        return true;
    }
    if (!worker->verifier) {
        g_set_error(error, HT_WORKER_ERROR, 0,
                    "this program cannot verify signatures: hutong-host-signed does");
        return false;
    }
    worker->signature = worker->verifier->new (&start->signature, &start->limits, error);
    return worker->signature != NULL;
}

bool ht_worker_prepare(HtWorker *worker, GError **error)
{
    ht_outcome_init(&worker->outcome);
    worker->filters = g_ptr_array_new_with_free_func(g_free);
    ht_services_init(worker);
    return ht_libraries_open(worker->start.adapter_file, &worker->libraries, error) &&
           (worker->start.inspect || (load_signature(worker, error) && load_mapping(worker, error)));
}

/* What the box allows was read from its file. */
static bool check_threads(const HtWorker *worker, GError **error)
{
    uint32_t threads = ht_loader_threads(worker->adapter);
    if (threads == worker->libraries.threads) {
        return true;
    }
    g_set_error(
        error, HT_WORKER_ERROR, 0,
        "adapter '%s' asks for %u threads, its file for %u: the number must be a constant, and its symbols have a GNU hash table",
        worker->adapter->name, threads, worker->libraries.threads);
    return false;
}

bool ht_worker_load(HtWorker *worker, GError **error)
{
    worker->adapter = ht_loader_load(worker->start.adapter_file, &worker->handle, error);
    if (!worker->adapter || !check_threads(worker, error)) {
        return false;
    }
    return worker->start.inspect ||
           (check_options(worker, error) && choose_answers(worker, error) && open_adapter(worker, error));
}

void ht_worker_clear(HtWorker *worker)
{
    if (worker->opened) {
        worker->adapter->close(worker->state);
    }
    if (worker->signature) {
        worker->verifier->free(worker->signature);
    }
    g_clear_pointer(&worker->mapper, ht_mapper_free);
    g_clear_pointer(&worker->mapping, ht_mapping_free);
    ht_reference_clear(&worker->reference);
    g_clear_pointer(&worker->filters, g_ptr_array_unref);
    g_clear_pointer(&worker->pieces, g_hash_table_unref);
    if (worker->handle) {
        dlclose(worker->handle);
    }
    ht_libraries_clear(&worker->libraries);
    ht_outcome_clear(&worker->outcome);
    ht_buffer_clear(&worker->text);
    ht_buffer_clear(&worker->reply);
    ht_buffer_clear(&worker->concealed);
    ht_buffer_clear(&worker->frames);
    ht_start_clear(&worker->start);
}
