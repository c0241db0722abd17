/* fuzz-repair.c: any text through each choice of repairs. The result is bounded, ends in a NUL, is UTF-8 if the text was,
 * and keeps its line breaks; well-formed text comes back as it is, unless a comment in it may have been meant to end earlier. The
 * first byte chooses the repairs. */
#include "mappings/engine/read/repair.h"

#include "mappings/engine/read/jsondoc.h"
#include "mappings/engine/read/sax.h"
#include "mappings/engine/text/scan.h"

#include <stdlib.h>

#define ROOM (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) {
        abort();
    }
}

static size_t count_newlines(HtText text)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.size; i++) {
        lines += text.data[i] == '\n';
    }
    return lines;
}

static void ignore_start(void *user, const HtSaxElement *element)
{
    (void)user;
    (void)element;
}

static void ignore_text(void *user, const char *text, size_t size)
{
    (void)user;
    (void)text;
    (void)size;
}

static void ignore_end(void *user, HtName name)
{
    (void)user;
    (void)name;
}

static bool is_well_formed(HtText text)
{
    static HtSax *sax;
    static const HtSaxHandler handler = {ignore_start, ignore_text, ignore_end, NULL};
    if (!sax) {
        HtLimits limits = ht_limits_default();
        sax = ht_sax_new(&limits);
    }
    ht_sax_begin(sax, text.size);
    return ht_sax_parse(sax, text, 1, &handler, NULL);
}

/* A dash of typography before a '>': `<!--x—><b>1</b><!--y-->` is well-formed, and yet its comment is meant to end before <b>. See
 * repair-comments.c. */
static bool may_end_earlier(HtText text)
{
    static const char *const ends[] = {"‐>", "‑>", "‒>", "–>", "—>", "―>", "─>", "－>"};
    for (size_t i = 0; i < G_N_ELEMENTS(ends); i++) {
        if (memmem(text.data, text.size, ends[i], strlen(ends[i]))) {
            return true;
        }
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static HtRepairBuffers buffers;
    HtTextScan scan;
    if (size == 0) {
        return 0;
    }
    unsigned repairs = data[0];
    g_autofree char *bytes = g_malloc(size);
    memcpy(bytes, data + 1, size - 1);
    bytes[size - 1] = '\0';
    HtText text = {bytes, size - 1};
    bool is_utf8 = ht_text_scan((const uint8_t *)text.data, text.size, &scan);

    HtRepaired repaired = ht_repair_apply(repairs, text, ROOM, &buffers);
    must(repaired.text.size <= MAX(ROOM, text.size) && repaired.text.data[repaired.text.size] == '\0');
    must((repaired.effective & ~repairs) == 0);
    must((repaired.effective == 0) == (repaired.text.data == text.data));
    must(count_newlines(repaired.text) == count_newlines(text));
    must(!is_utf8 || ht_text_scan((const uint8_t *)repaired.text.data, repaired.text.size, &scan));
    if (is_utf8 && !may_end_earlier(text) && is_well_formed(text)) {
        must(repaired.effective == 0);
    }
    ht_jsondoc_check(text, NULL);
    return 0;
}
