/* Whether the adapter keeps something of each payload: memory, descriptors. Part of the conformance kit, see
 * kit-inside.h.
 *
 * A leak makes the process grow in every one of several rounds; what an allocator keeps, or a cache that fills, does not.
 * The number of payloads is the same however many fixtures there are, and the time is bounded, so that the check of a
 * large adapter costs what that of a small one does. */
#include "core/kit/kit-inside.h"

#include "core/base/clock.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <unistd.h>

#define WARM_RUNS 600
#define ROUNDS 4
#define ROUND_RUNS 600
#define ROUND_BYTES 8192 /* growth of a round that counts */
#define PART_US (2 * HT_SECOND)
#define LEAST_RUNS 60

/* Two of each: whole, and cut in the middle, since what goes wrong leaks most. */
static GPtrArray *gather_bodies(const HtKit *kit)
{
    GPtrArray *bodies = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
    for (unsigned i = 0; i < kit->payloads->len; i++) {
        const HtKitPayload *payload = kit->payloads->pdata[i];
        g_ptr_array_add(bodies, g_bytes_ref(payload->body));
        g_ptr_array_add(bodies,
                        g_bytes_new_from_bytes(payload->body, 0, g_bytes_get_size(payload->body) / 2));
    }
    if (bodies->len == 0) {
        g_ptr_array_add(bodies, g_bytes_new_static("<a/>", 4));
        g_ptr_array_add(bodies, g_bytes_new_static("<a", 2));
    }
    return bodies;
}

/* Goes on where the last part stopped, so that each body has its turn. False when the host died. */
static bool run_part(HtKit *kit, const GPtrArray *bodies, unsigned runs, unsigned *next)
{
    unsigned groups = kit->options->places->groups->len; /* they share runs and time */
    unsigned most = MAX(runs / groups, LEAST_RUNS);
    int64_t until_us = ht_clock_monotonic() + PART_US / groups;
    for (unsigned i = 0; i < most && ht_clock_monotonic() < until_us; i++) {
        unsigned which = (*next)++ % bodies->len;
        const HtKitPayload *like = kit->payloads->len > 0 ? kit->payloads->pdata[which / 2] : NULL;
        g_auto(HtKitTrial) trial = {0};
        ht_kit_try(kit, like, bodies->pdata[which], &trial);
        if (trial.error) {
            return false;
        }
    }
    return true;
}

static int find_pid(const HtKit *kit)
{
    HtHostStatus status;
    ht_host_status(kit->host, &status);
    return status.pid;
}

static size_t resident_bytes(const HtKit *kit)
{
    g_autofree char *file = g_strdup_printf("/proc/%d/statm", find_pid(kit));
    g_autofree char *text = NULL;
    unsigned long pages = 0;
    if (!g_file_get_contents(file, &text, NULL, NULL) || sscanf(text, "%*u %lu", &pages) != 1) {
        return 0;
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* How many descriptors the host has open; -1 when that is not ours to see, as in a sealed host, which cannot open any. */
static int count_descriptors(const HtKit *kit)
{
    g_autofree char *folder = g_strdup_printf("/proc/%d/fd", find_pid(kit));
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    int count = 0;
    while (dir && g_dir_read_name(dir)) {
        count++;
    }
    return dir ? count : -1;
}

static void judge_memory(HtKit *kit, const size_t sizes[ROUNDS + 1])
{
    bool grows = true;
    for (unsigned i = 0; i < ROUNDS; i++) {
        grows = grows && sizes[i + 1] >= sizes[i] + ROUND_BYTES;
    }
    g_autofree char *grown = grows ? g_strdup_printf(_("%zu KB more, and more with each round of payloads"),
                                                     (sizes[ROUNDS] - sizes[0]) / 1024)
                                   : NULL;
    ht_kit_report(kit, !grows, N_("memory does not grow"), grown);
}

static void judge_descriptors(HtKit *kit, int before, int after)
{
    bool grows = before >= 0 && after > before;
    g_autofree char *grown = grows ? g_strdup_printf(_("%d more"), after - before) : NULL;
    ht_kit_report(kit, !grows, N_("descriptors do not grow"), grown);
}

void ht_kit_check_endurance(HtKit *kit)
{
    g_autoptr(GPtrArray) bodies = gather_bodies(kit);
    size_t sizes[ROUNDS + 1] = {0};
    unsigned next = 0, deaths = kit->deaths;
    int before = count_descriptors(kit);
    bool good = run_part(kit, bodies, WARM_RUNS, &next);
    sizes[0] = resident_bytes(kit);
    for (unsigned i = 0; kit->sealed && i < ROUNDS && good; i++) {
        good = run_part(kit, bodies, ROUND_RUNS, &next);
        sizes[i + 1] = resident_bytes(kit);
    }
    if (!good || kit->deaths > deaths) {
        g_autofree char *detail = g_strdup_printf(_("payload %u ended its host"), next);
        ht_kit_report(kit, false, N_("takes payload after payload"), detail);
        return;
    }
    if (kit->sealed) {
        judge_memory(kit, sizes);
    }
    judge_descriptors(kit, before, count_descriptors(kit));
}
