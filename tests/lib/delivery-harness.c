/* A delivery for tests; see delivery-harness.h. */
#include "tests/lib/delivery-harness.h"

#include "tests/lib/data.h"

#include <glib/gstdio.h>

HtConfig *config_of(const char *sections)
{
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hutong-consumers-XXXXXX", NULL);
    g_autofree char *text = g_strconcat(
        "[bus]\nname = b\n[source s]\ndepartment = police\nadapter = xml\nmapping = m\n", sections, NULL);
    g_autoptr(GString) errors = g_string_new(NULL);
    g_close(g_mkstemp(path), NULL);
    g_assert_true(g_file_set_contents(path, text, -1, NULL));
    HtConfig *config = ht_config_load(path, errors);
    g_unlink(path);
    g_assert_cmpstr(errors->str, ==, "");
    return config;
}

void open_all(All *a, const char *sections, const HtAccessRecorder *recorder)
{
    g_autoptr(GError) error = NULL;
    a->dictionary = test_dictionary();
    a->config = config_of(sections);
    a->options = (HtDeliveryOptions){.config = a->config, .dictionary = a->dictionary, .recorder = recorder};
    a->delivery = ht_delivery_new(&a->options, &error);
    g_assert_no_error(error);
    ht_delivery_wake(a->delivery, 0);
}

void begin(All *a, const char *sections, const char *persons)
{
    play(persons);
    open_all(a, sections, NULL);
}

void end(All *a)
{
    while (requests->len > 0) { /* nobody waits a second for what is under way */
        answer(204, 0);
    }
    ht_delivery_free(a->delivery);
    ht_config_free(a->config);
    ht_dictionary_free(a->dictionary);
    end_play();
}

void change(All *a, const char *sections)
{
    HtConfig *next = config_of(sections);
    ht_delivery_change(a->delivery, next, a->dictionary);
    ht_config_free(a->config);
    a->config = next;
}

HtConsumerStatus state_of(const All *a, const char *name)
{
    HtConsumerStatus status = {0};
    g_assert_true(ht_delivery_find(a->delivery, name, &status));
    return status;
}

/* `first` is the index of the oldest. */
static unsigned find_at(const char *path, unsigned *first)
{
    unsigned count = 0;
    for (unsigned i = requests->len; i-- > 0;) {
        if (g_str_equal(((const Request *)requests->pdata[i])->url + strlen(ENDPOINT), path)) {
            *first = i;
            count++;
        }
    }
    return count;
}

unsigned count_at(const char *path)
{
    unsigned first;
    return find_at(path, &first);
}

char *answer_at_path(const char *path, long status)
{
    HtPosted posted = {.status = status, .body = HT_TEXT_LITERAL("no")};
    unsigned first = 0;
    while (find_at(path, &first) == 0) {
        g_main_context_iteration(NULL, TRUE);
    }
    char *events = g_strdup(((const Request *)requests->pdata[first])->events);
    answer_at(first, &posted);
    return events;
}

void assert_takes(const char *path, const char *sequences)
{
    g_autoptr(GString) got = g_string_new(NULL);
    while (got->len < strlen(sequences)) {
        g_autofree char *events = answer_at_path(path, 204);
        g_string_append(got, events);
    }
    g_assert_cmpstr(got->str, ==, sequences);
    run_until_idle();
}

void finish_change(const All *a)
{
    while (ht_delivery_is_changing(a->delivery)) {
        g_main_context_iteration(NULL, TRUE);
    }
    run_until_idle();
}

HtSpoolReplay replay_of(uint64_t last, const char *types, const char *sources)
{
    return (HtSpoolReplay){.id = 1,
                           .consumer = (char *)"a",
                           .first = 1,
                           .last = last,
                           .types = (char *)types,
                           .sources = (char *)sources};
}

void begin_replay(All *a, HtSpoolReplay *replay)
{
    g_ptr_array_add(spool.replays, replay);
    ht_delivery_replay(a->delivery, replay);
}
