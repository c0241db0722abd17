/*
 * fuzz-text.c: any bytes through the text module. What comes out is strict UTF-8 of bounded size whose traits tell the
 * truth, and none of the helpers steps outside what it was given.
 */
#include "mappings/engine/text/recode.h"
#include "mappings/engine/text/text.h"

#define LIMIT (1 << 16)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim)
        abort();
}

/* What is put right in a value: never longer than its bound, nothing left of what goes, nothing but sound UTF-8. */
static void check_changes(HtText text)
{
    static HtBuffer out;
    g_autofree char *clean = g_malloc(text.size + 1);
    size_t left = ht_text_drop_invisible(text.data, text.size, clean);
    HtTextScan scan;

    must(left <= text.size && (left == text.size || ht_text_may_hide(text.data, text.size)));
    out.size = 0;
    HtRecode result = ht_text_recode(text, &out);
    must(result == HT_RECODE_DONE || out.size == 0);
    must(out.size <= text.size && ht_text_scan((uint8_t *)ht_buffer_text(&out).data, out.size, &scan));
}

static void check_values(const HtDecoded *decoded)
{
    HtText text = ht_text_trim(decoded->text, decoded->size);
    g_autofree char *out = g_malloc(HT_TEXT_NAME_ROOM(text.size));
    size_t written = ht_text_fix_name(text.data, text.size, out);
    HtTextScan scan;

    must(written <= HT_TEXT_NAME_ROOM(text.size) && ht_text_scan((uint8_t *)out, written, &scan));
    must((ht_text_value_marks(out, written, HT_TRAIT_ALL, true) & (HT_TEXT_NAME_DOT | HT_TEXT_NAME_FOLDED)) ==
         0);
    must(ht_text_value_marks(text.data, text.size, decoded->traits, true) ==
         ht_text_value_marks(text.data, text.size, HT_TRAIT_ALL, true));
}

static void check_prolog(HtText text)
{
    HtTextRoot root;
    unsigned lines;
    HtText rest = ht_text_skip_declaration(text, &lines);

    must(rest.size <= text.size && lines <= text.size - rest.size);
    if (ht_text_root_name(text, &root))
        must(root.name.size > 0 && root.name.data > text.data &&
             root.name.data + root.name.size <= text.data + text.size);
}

static void check_raw(const uint8_t *data, size_t size)
{
    HtTextScan fast = {0, false}, slow = {0, false};
    bool valid = ht_text_scan(data, size, &fast);

    must(valid == ht_text_scan_portable(data, size, &slow));
    must(valid == g_utf8_validate_len((const char *)data, size, NULL) || memchr(data, 0, size));
    must(!valid || (fast.traits == slow.traits && fast.has_wide == slow.has_wide));
    g_autofree char *out = g_malloc(HT_TEXT_NAME_ROOM(size));
    must(ht_text_fix_name((const char *)data, size, out) <= HT_TEXT_NAME_ROOM(size));
    must(ht_text_trim((const char *)data, size).size <= size);
    check_changes((HtText){(const char *)data, size});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static HtTextBuffer *buffer;
    HtText bytes = {(const char *)data, size};
    HtDecoded decoded;
    g_autoptr(GError) error = NULL;

    if (size == 0)
        return 0;
    if (!buffer)
        buffer = ht_text_buffer_new(LIMIT);
    check_raw(data, size);
    check_prolog(bytes);
    if (!ht_text_decode(buffer, bytes, HT_TEXT_NONE, &decoded, &error)) {
        must(error && g_utf8_validate(error->message, -1, NULL));
        return 0;
    }
    HtTextScan scan;
    must(!error && decoded.size <= LIMIT + size && decoded.size <= 3 * size);
    must(ht_text_scan_portable((const uint8_t *)decoded.text, decoded.size, &scan));
    must((scan.traits & ~decoded.traits) == 0);
    must((decoded.repaired > 0) == ((decoded.marks & HT_TEXT_HALF_CHARACTER) != 0));
    check_values(&decoded);
    check_changes((HtText){decoded.text, decoded.size});
    check_prolog((HtText){decoded.text, decoded.size});
    return 0;
}
