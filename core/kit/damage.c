/* Payloads that no department should send, and that come one day. They may be refused, but must not end the host, nor
 * take longer than a payload may. Part of the conformance kit, see kit-inside.h. */
#include "core/kit/kit-inside.h"

#include <glib/gi18n.h>
#include <string.h>

#define NOISE_BYTES 100000
#define HUGE_BYTES (8 << 20)
#define DEEP 200000
#define CUTS 12

/* ---- Garbage ---- */

typedef struct {
    const char *claim;
    GBytes *body;
} Bad;

static GBytes *repeat(const char *text, unsigned times)
{
    GString *all = g_string_sized_new(strlen(text) * times + 1);
    for (unsigned i = 0; i < times; i++) {
        g_string_append(all, text);
    }
    return g_string_free_to_bytes(all);
}

static GBytes *make_noise(size_t size)
{
    g_autoptr(GRand) random = g_rand_new_with_seed(1);
    uint8_t *bytes = g_malloc(size);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)g_rand_int(random);
    }
    return g_bytes_new_take(bytes, size);
}

void ht_kit_check_garbage(HtKit *kit)
{
    static const char doctype[] = "<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '&b;&b;'>]><a>&d;</a>";
    const Bad bad[] = {
        {N_("survives blanks"), g_bytes_new_static("  \n ", 4)},
        {N_("survives bytes that are no text"), make_noise(NOISE_BYTES)},
        {N_("survives an unfinished tag"), g_bytes_new_static("<?xml version=\"1.0\"?><a><b c=\"", 30)},
        {N_("survives a DOCTYPE with entities"), g_bytes_new_static(doctype, sizeof doctype - 1)},
        {N_("survives NUL bytes"), g_bytes_new_static("<a>\0\0</a>", 9)},
        {N_("survives 8 MB without a tag"), repeat("aaaaaaaa", HUGE_BYTES / 8)},
        {N_("survives elements 200000 deep"), repeat("<a>", DEEP)},
        {N_("survives 200000 elements"), repeat("<a/>", DEEP)},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_auto(HtKitTrial) trial = {0};
        if (!kit->given_up) {
            ht_kit_try(kit, NULL, bad[i].body, &trial);
            ht_kit_report(kit, !trial.error, bad[i].claim, trial.error);
        }
        g_bytes_unref(bad[i].body);
    }
}

/* ---- Damaged fixtures ---- */

/* About one byte in twenty is another. */
static GBytes *change_bytes(GBytes *body, GRand *random)
{
    size_t size = g_bytes_get_size(body);
    uint8_t *copy = g_memdup2(g_bytes_get_data(body, NULL), size);
    for (size_t at = g_rand_int(random) % 20; at < size; at += 1 + g_rand_int(random) % 40) {
        copy[at] = (uint8_t)g_rand_int(random);
    }
    return g_bytes_new_take(copy, size);
}

static char *try_damaged(HtKit *kit, const HtKitPayload *payload, GBytes *damaged)
{
    g_auto(HtKitTrial) trial = {0};
    ht_kit_try(kit, payload, damaged, &trial);
    return g_steal_pointer(&trial.error);
}

void ht_kit_check_damaged(HtKit *kit, const HtKitPayload *payload)
{
    size_t size = g_bytes_get_size(payload->body);
    g_autoptr(GRand) random = g_rand_new_with_seed(2);
    g_autofree char *error = NULL;
    for (unsigned i = 0; i < CUTS && !error; i++) {
        g_autoptr(GBytes) cut = g_bytes_new_from_bytes(payload->body, 0, size * i / CUTS);
        g_autoptr(GBytes) changed = change_bytes(payload->body, random);
        error = try_damaged(kit, payload, cut);
        error = error ? error : try_damaged(kit, payload, changed);
    }
    g_autofree char *claim = g_strdup_printf(_("damaged %s"), payload->fixture->name);
    ht_kit_report(kit, !error, claim, error);
}
