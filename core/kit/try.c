/* One payload through the host, and reading what came of it. Part of the conformance kit, see kit-inside.h. */
#include "core/kit/kit-inside.h"

#include "core/base/clock.h"

#include <glib/gi18n.h>
#include <string.h>

void ht_kit_trial_clear(HtKitTrial *trial)
{
    g_clear_pointer(&trial->error, g_free);
    g_clear_pointer(&trial->frame, g_bytes_unref);
}

/* ---- Waiting ---- */

static void take_outcome(const HtOutcome *outcome, GBytes *frame, const GError *error, void *user)
{
    (void)outcome;
    HtKitTrial *trial = user;
    trial->done = true;
    trial->error = error ? g_strdup(error->message) : NULL;
    trial->died = g_error_matches(error, HT_HOST_ERROR, HT_HOST_ERROR_QUARANTINE);
    trial->frame = frame ? g_bytes_ref(frame) : NULL;
}

/* Why a host that worked on the payload is gone. */
static void explain_death(HtKit *kit, HtKitTrial *trial, int64_t took_us)
{
    bool late = took_us >= (int64_t)HT_KIT_MESSAGE_MS * 1000;
    g_free(trial->error);
    trial->error = late ? g_strdup_printf(_("it took longer than %u s"), HT_KIT_MESSAGE_MS / 1000)
                        : g_strdup(_("it ended its host"));
    kit->summary->late = kit->summary->late || late;
    kit->deaths += late ? HT_KIT_DEATHS - 1 : 1; /* two that hang are enough */
}

static void wait_for(HtKit *kit, HtKitTrial *trial)
{
    int64_t begun_us = ht_clock_monotonic();
    while (!trial->done) {
        g_main_context_iteration(NULL, TRUE);
    }
    if (trial->died) {
        explain_death(kit, trial, ht_clock_monotonic() - begun_us);
    } else if (trial->error) {
        kit->given_up = true; /* it cannot start: that will not change */
    }
    kit->given_up = kit->given_up || kit->deaths >= HT_KIT_DEATHS;
}

/* The supervisor's own time limits end the wait. */
void ht_kit_try(HtKit *kit, const HtKitPayload *like, GBytes *body, HtKitTrial *trial)
{
    g_autoptr(GError) error = NULL;
    HtMessageHead head;
    ht_expectation_head(like ? like->expectation : NULL, &head);
    head.id = like ? like->id : head.id;
    head.alter = trial->alter;
    kit->summary->payloads++;
    if (!ht_host_submit(kit->host, &head, body, take_outcome, trial, &error)) {
        trial->error = g_strdup(error->message);
        kit->given_up = true;
        return;
    }
    wait_for(kit, trial);
}

/* ---- Reading ---- */

void ht_kit_read(const HtKitTrial *trial, HtOutcome *outcome)
{
    size_t size;
    const char *bytes = g_bytes_get_data(trial->frame, &size);
    ht_outcome_init(outcome);
    ht_outcome_unpack((HtText){bytes, size}, outcome,
                      NULL); /* it was unpacked before, or would not be here */
}

bool ht_kit_is_well_formed(HtText text, GError **error)
{
    static const GMarkupParser ignore_all = {0};
    size_t blanks = 0;
    while (blanks < text.size && strchr(" \t\r\n", text.data[blanks])) {
        blanks++;
    }
    if (blanks == text.size || text.data[blanks] != '<') {
        return true;
    }
    g_autoptr(GMarkupParseContext) context = g_markup_parse_context_new(&ignore_all, 0, NULL, NULL);
    return g_markup_parse_context_parse(context, text.data, (gssize)text.size, error) &&
           g_markup_parse_context_end_parse(context, error);
}

/* ---- The WSDL ---- */

typedef struct {
    bool done;
    char *error;
    GBytes *text;
} Wsdl;

static void take_wsdl(GBytes *text, const GError *error, void *user)
{
    Wsdl *wsdl = user;
    wsdl->done = true;
    wsdl->error = error ? g_strdup(error->message) : NULL;
    wsdl->text = text ? g_bytes_ref(text) : NULL;
}

/* The parser's own message quotes what it read; the place is enough. */
static char *judge_wsdl(const Wsdl *wsdl)
{
    g_autoptr(GError) error = NULL;
    if (!wsdl->text) {
        return g_strdup(wsdl->error ? wsdl->error : "it gives none");
    }
    size_t size;
    const char *bytes = g_bytes_get_data(wsdl->text, &size);
    return ht_kit_is_well_formed((HtText){bytes, size}, &error) ? NULL
                                                                : g_strdup(_("it is no well-formed XML"));
}

void ht_kit_check_wsdl(HtKit *kit)
{
    Wsdl wsdl = {0};
    if (!(kit->ready.functions & HT_ADAPTER_WSDL) || kit->given_up) {
        return;
    }
    ht_host_wsdl(kit->host, "http://127.0.0.1/in/check?wsdl&x=\"<", NULL, take_wsdl, &wsdl);
    while (!wsdl.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    g_autofree char *wrong = judge_wsdl(&wsdl);
    ht_kit_report(kit, !wrong, N_("WSDL is well-formed"), wrong);
    g_clear_pointer(&wsdl.text, g_bytes_unref);
    g_free(wsdl.error);
}
