/* The order of the conformance kit's checks, see kit.h and kit-inside.h: the file and what it says of itself; then for
 * each mapping a host of its own, which gets every fixture, changed ones, garbage, damaged fixtures, every fixture again in the opposite
 * order, and then many of them; at last a host that is told to end. */
#include "core/kit/kit-inside.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/paths.h"
#include "core/kit/look.h"
#include "mappings/engine/reference/reference.h"
#include "plugins/loader.h"

#include <glib/gi18n.h>
#include <string.h>

#define MEMORY_BYTES ((uint64_t)1024 << 20)
#define START_MS 20000
#define FRAME_BYTES (64 << 20)
#define DIFFERENCES_SHOWN 4

/* ---- Before it runs ---- */

static bool check_file(HtKit *kit)
{
    g_autoptr(GError) error = NULL;
    bool good = ht_loader_check_file(kit->options->places->file, &error);
    ht_kit_report(kit, good, N_("file may be loaded (owner, mode)"), good ? NULL : error->message);
    return good;
}

static bool check_descriptor(HtKit *kit)
{
    g_autoptr(GError) error = NULL;
    HtBox box;
    bool good = ht_kit_look(kit->options->places->file, &kit->ready, &box, &error);
    g_autofree char *found = good ? g_strdup_printf("%s %s, ABI %u.%u", kit->ready.name, kit->ready.version,
                                                    kit->ready.abi_major, kit->ready.abi_minor)
                                  : NULL;
    ht_kit_report(kit, good, N_("loads; versions and sizes agree"), good ? found : error->message);
    kit->summary->late = g_error_matches(error, HT_LOADER_ERROR, HT_KIT_LATE);
    kit->sealed = good && box.layer[HT_LAYER_CALLS].state != HT_LAYER_OFF;
    kit->summary->version = good ? g_strdup(kit->ready.version) : NULL;
    return good;
}

/* ---- A group's host and fixtures ---- */

static const char *division_of(const HtKit *kit)
{
    return kit->options->division ? kit->options->division : HT_KIT_DIVISION;
}

static HtLimits kit_limits(void)
{
    HtLimits limits = ht_limits_default();
    limits.memory_bytes = MEMORY_BYTES;
    limits.start_ms = START_MS;
    limits.message_ms = HT_KIT_MESSAGE_MS;
    limits.idle_ms = 0;
    limits.strikes = 1;
    limits.waiting_bytes = UINT64_C(1) << 30;
    return limits;
}

/* The site's words: in its directory of mappings where one is given, else beside the mapping. Free it. */
static char *find_site(const HtKit *kit)
{
    const HtPlaces *places = kit->options->places;
    if (places->mappings) {
        return g_strdup(places->mappings);
    }
    return kit->group->mapping ? ht_words_beside(kit->group->mapping, places->data) : NULL;
}

static HtHost *make_host(const HtKit *kit)
{
    g_autofree char *program = ht_paths_libexec("hutong-host"), *site = find_site(kit);
    HtHostOptions options = {
        .source = "check",
        .program = program,
        .adapter_file = kit->options->places->file,
        .mapping_file = kit->group->mapping,
        .data_directory = kit->options->places->data,
        .site_directory = site,
        .division = division_of(kit),
        .need = HT_BOX_CALLS,
        .limits = kit_limits(),
        .frame_bytes = FRAME_BYTES,
        .keeps_warnings = true,
    };
    return ht_host_new(&options);
}

static void free_payload(void *data)
{
    HtKitPayload *payload = data;
    g_clear_pointer(&payload->expectation, ht_expectation_free);
    g_clear_pointer(&payload->body, g_bytes_unref);
    g_free(payload->digest);
    g_free(payload);
}

static bool read_payload(HtKitPayload *payload, GError **error)
{
    const HtFixture *fixture = payload->fixture;
    char *bytes;
    size_t size;
    if (!fixture->payload) {
        g_set_error_literal(error, HT_EXPECTATION_ERROR, 0, "there is no payload beside this expectation");
        return false;
    }
    if (!g_file_get_contents(fixture->payload, &bytes, &size, error)) {
        return false;
    }
    payload->body = g_bytes_new_take(bytes, size);
    payload->expectation = fixture->expected ? ht_expectation_load(fixture->expected, error) : NULL;
    return payload->expectation || !fixture->expected;
}

/* Not of the bus's kind, which begins with the time: an answer that tells it would be another each day. */
static HtUuid make_id(unsigned number)
{
    HtUuid id = {.bytes = {[6] = 0x40, [8] = 0x80}};
    id.bytes[14] = (uint8_t)(number >> 8);
    id.bytes[15] = (uint8_t)number;
    return id;
}

/* What cannot be read is a failed check, and not in the list. */
static void read_payloads(HtKit *kit)
{
    kit->payloads = g_ptr_array_new_with_free_func(free_payload);
    for (unsigned i = 0; i < kit->group->fixtures->len; i++) {
        g_autoptr(GError) error = NULL;
        HtKitPayload *payload = g_new0(HtKitPayload, 1);
        payload->fixture = kit->group->fixtures->pdata[i];
        payload->id = make_id(i + 1);
        if (read_payload(payload, &error)) {
            g_ptr_array_add(kit->payloads, payload);
        } else {
            ht_kit_report(kit, false, payload->fixture->name, error->message);
            free_payload(payload);
        }
    }
}

/* ---- Fixtures ---- */

static char *describe_differences(const GPtrArray *differences, bool values)
{
    unsigned shown = values ? differences->len : MIN(differences->len, DIFFERENCES_SHOWN);
    GString *text = g_string_new(NULL);
    for (unsigned i = 0; i < shown; i++) {
        g_autofree char *one = ht_mismatch_describe(differences->pdata[i], values);
        g_string_append_printf(text, "%s%s", i == 0 ? "" : values ? "\n" : "; ", one);
    }
    if (differences->len > shown) {
        g_string_append_printf(text, _("; and %u more"), differences->len - shown);
    }
    return g_string_free(text, FALSE);
}

/* What is wrong with the outcome of a fixture; NULL when nothing is. transfer full. */
static char *judge_outcome(const HtKitPayload *payload, bool values, const HtOutcome *outcome)
{
    if (!ht_kit_is_well_formed(outcome->reply, NULL)) {
        return g_strdup(_("its reply is no well-formed XML"));
    }
    size_t size;
    g_autofree char *reply = ht_expectation_reply(outcome, &payload->id, &size);
    g_autoptr(GPtrArray) differences =
        payload->expectation ? ht_expectation_compare(payload->expectation, outcome, (HtText){reply, size})
                             : ht_mismatches_new();
    return differences->len > 0 ? describe_differences(differences, values) : NULL;
}

static char *digest_frame(GBytes *frame)
{
    char hex[HT_SHA256_HEX];
    ht_sha256_hex((HtText){g_bytes_get_data(frame, NULL), g_bytes_get_size(frame)}, hex);
    return g_strdup(hex);
}

static void check_fixture(HtKit *kit, HtKitPayload *payload)
{
    g_auto(HtKitTrial) trial = {0};
    ht_kit_try(kit, payload, payload->body, &trial);
    if (trial.error) {
        ht_kit_report(kit, false, payload->fixture->name, trial.error);
        return;
    }
    HtOutcome outcome;
    ht_kit_read(&trial, &outcome);
    g_autofree char *wrong = judge_outcome(payload, kit->options->values, &outcome);
    g_autofree char *found = ht_expectation_describe(&outcome);
    ht_kit_report(kit, !wrong, payload->fixture->name, wrong ? wrong : found);
    payload->digest = digest_frame(trial.frame);
    ht_outcome_clear(&outcome);
}

static void check_fixtures(HtKit *kit)
{
    for (unsigned i = 0; i < kit->payloads->len && !kit->given_up; i++) {
        check_fixture(kit, kit->payloads->pdata[i]);
    }
}

static void check_damaged(HtKit *kit)
{
    for (unsigned i = 0; i < kit->payloads->len && !kit->given_up; i++) {
        ht_kit_check_damaged(kit, kit->payloads->pdata[i]);
    }
}

static bool comes_out_as_before(HtKit *kit, HtKitPayload *payload)
{
    g_auto(HtKitTrial) trial = {0};
    ht_kit_try(kit, payload, payload->body, &trial);
    g_autofree char *digest = trial.frame ? digest_frame(trial.frame) : NULL;
    return trial.error || g_strcmp0(digest, payload->digest) == 0;
}

/* From the last to the first, after all that garbage: an adapter that remembers gives itself away. */
static void check_order(HtKit *kit)
{
    g_autoptr(GString) others = g_string_new(NULL);
    for (unsigned i = kit->payloads->len; i-- > 0 && !kit->given_up;) {
        HtKitPayload *payload = kit->payloads->pdata[i];
        if (payload->digest && !comes_out_as_before(kit, payload)) {
            g_string_append_printf(others, "%s%s", others->len > 0 ? ", " : "", payload->fixture->name);
        }
    }
    if (kit->payloads->len > 0 && !kit->given_up) {
        ht_kit_report(kit, others->len == 0, N_("same outcome whatever came before"), others->str);
    }
}

/* ---- The end ---- */

static void check_close(HtKit *kit)
{
    g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(HtKitMessage));
    g_autoptr(GBytes) any = g_bytes_new_static("<a/>", 4);
    HtKitMessage first = {.body = any};
    g_autoptr(GError) error = NULL;
    g_autofree char *site = find_site(kit);
    HtStart start = {.source = "check",
                     .adapter_file = kit->options->places->file,
                     .mapping_file = kit->group->mapping,
                     .data_directory = kit->options->places->data,
                     .site_directory = site,
                     .division = division_of(kit),
                     .need = HT_BOX_CALLS,
                     .limits = kit_limits(),
                     .frame_bytes = FRAME_BYTES};
    ht_expectation_head(NULL, &first.head);
    g_array_append_val(messages, first);
    for (unsigned i = 0; i < kit->payloads->len; i++) {
        const HtKitPayload *payload = kit->payloads->pdata[i];
        HtKitMessage message = {.body = payload->body};
        ht_expectation_head(payload->expectation, &message.head);
        g_array_append_val(messages, message);
    }
    bool good = ht_kit_close(&start, messages, &error);
    kit->summary->late = kit->summary->late || g_error_matches(error, HT_LOADER_ERROR, HT_KIT_LATE);
    ht_kit_report(kit, good, N_("ends when told to"), good ? NULL : error->message);
}

/* ---- All of it ---- */

static bool check_start(HtKit *kit)
{
    g_autoptr(GBytes) empty = g_bytes_new_static("", 0);
    g_auto(HtKitTrial) trial = {0};
    ht_kit_try(kit, NULL, empty, &trial);
    ht_kit_report(kit, !trial.error, N_("starts, and answers an empty payload"), trial.error);
    HtHostStatus status;
    ht_host_status(kit->host, &status);
    for (guint i = 0; status.warnings && i < status.warnings->len; i++) {
        ht_kit_note(kit, status.warnings->pdata[i]);
    }
    return !trial.error;
}

static void run_checks(HtKit *kit)
{
    bool is_first = !kit->group->name;
    if (!check_start(kit)) {
        return;
    }
    check_fixtures(kit);
    if (is_first) {
        ht_kit_check_wsdl(kit);
        ht_kit_check_garbage(kit);
    }
    ht_kit_check_swallowed(kit);
    ht_kit_check_dropped(kit);
    check_damaged(kit);
    check_order(kit);
    if (!kit->given_up) {
        ht_kit_check_endurance(kit);
    }
    if (!kit->given_up) {
        check_close(kit);
    }
}

/* A folder of payloads without its mapping was meant to be tried with one. */
static void run_group(HtKit *kit, const HtFixtureGroup *group)
{
    kit->group = group;
    if (group->name && !group->mapping) {
        g_autofree char *detail =
            g_strdup_printf(_("%s.xml is neither in the fixtures nor among the mappings"), group->name);
        ht_kit_report(kit, false, N_("has its mapping"), detail);
        return;
    }
    read_payloads(kit);
    kit->host = make_host(kit);
    run_checks(kit);
    g_clear_pointer(&kit->host, ht_host_free);
    g_clear_pointer(&kit->payloads, g_ptr_array_unref);
    kit->group = NULL;
}

/* A folder that is there and cannot be read is no folder without fixtures. */
static void check_folder(HtKit *kit, const char *folder)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GDir) dir = g_dir_open(folder, 0, &error);
    if (!dir && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
        !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)) {
        ht_kit_report(kit, false, N_("fixtures can be read"), error->message);
    }
}

static void run_groups(HtKit *kit)
{
    const HtPlaces *places = kit->options->places;
    const HtFixtureGroup *own = places->groups->pdata[0];
    if (places->fixtures) {
        check_folder(kit, places->fixtures);
    }
    if (kit->summary->fixtures == 0) {
        ht_kit_note(kit, N_("no fixtures: nothing that a department sends was tried"));
    }
    if (!own->mapping && own->fixtures->len == 0 && places->groups->len == 1) {
        ht_kit_note(kit, N_("no mapping of its own: what the adapter maps was refused"));
    }
    if (!kit->sealed) {
        ht_kit_note(kit, N_("a build with sanitizers: whether memory grows is seen at the end only"));
    }
    for (unsigned i = 0; i < places->groups->len && !kit->given_up; i++) {
        run_group(kit, places->groups->pdata[i]);
    }
    if (kit->given_up) {
        ht_kit_note(kit, N_("given up: its host cannot start, or ended too often; the rest was not tried"));
    }
}

bool ht_kit_run(const HtKitOptions *options, HtKitSummary *summary)
{
    int64_t begun_us = ht_clock_monotonic();
    HtKit kit = {.options = options, .summary = summary};
    *summary = (HtKitSummary){.fixtures = ht_places_count(options->places)};
    if (check_file(&kit) && check_descriptor(&kit)) {
        run_groups(&kit);
    }
    ht_ready_clear(&kit.ready);
    summary->seconds = (double)(ht_clock_monotonic() - begun_us) / HT_SECOND;
    return summary->failures == 0;
}

void ht_kit_summary_clear(HtKitSummary *summary)
{
    g_clear_pointer(&summary->version, g_free);
    g_clear_pointer(&summary->failed, g_free);
}
