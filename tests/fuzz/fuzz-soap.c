/* fuzz-soap.c: any bytes through the reader, strictly and with all repairs. Events are balanced, names are interned, text
 * is UTF-8, and what is taken is taken the same way again. */
#include "mappings/engine/read/reader.h"

#include <glib.h>
#include <stdlib.h>

#define OPEN_MAX 256

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    HtReader *reader;
    HtName open[OPEN_MAX];
    unsigned open_count;
    unsigned documents;
    uint64_t digest;
} Taker;

static void must(bool claim)
{
    if (!claim) {
        abort();
    }
}

static void digest(Taker *taker, const char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        taker->digest = (taker->digest ^ (unsigned char)bytes[i]) * 1099511628211u;
    }
}

static void take_document_start(void *user, HtName root)
{
    Taker *taker = user;
    must(root != NULL);
    taker->documents++;
}

static void take_document_end(void *user)
{
    Taker *taker = user;
    must(taker->documents-- > 0);
}

static void take_start(void *user, HtName name, const HtAttribute *attributes, unsigned attribute_count)
{
    Taker *taker = user;
    must(taker->documents > 0 && taker->open_count < OPEN_MAX && *name);
    taker->open[taker->open_count++] = name;
    for (unsigned i = 0; i < attribute_count; i++) {
        must(attributes[i].name &&
             g_utf8_validate_len(attributes[i].value.data, attributes[i].value.size, NULL));
        digest(taker, attributes[i].value.data, attributes[i].value.size);
    }
    must(ht_reader_line(taker->reader) > 0);
    digest(taker, name, strlen(name));
}

static void take_text(void *user, const char *text, size_t size)
{
    Taker *taker = user;
    must(size > 0 && taker->open_count > 0 && g_utf8_validate_len(text, size, NULL));
    digest(taker, text, size);
}

static void take_end(void *user, HtName name)
{
    Taker *taker = user;
    must(taker->open_count > 0 && taker->open[--taker->open_count] == name);
    digest(taker, "/", 1);
}

static HtNameRole get_role(void *user, HtText name)
{
    (void)user;
    return ht_text_is(name, "record") ? HT_NAME_OF_RECORD
           : ht_text_is(name, "o")    ? HT_NAME_AROUND_RECORDS
                                      : HT_NAME_STRANGE;
}

static void restart(void *user)
{
    Taker *taker = user;
    *taker = (Taker){.reader = taker->reader};
}

static bool run(HtReader *reader, HtText body, unsigned repairs, uint64_t *result)
{
    static const HtSink sink = {
        take_document_start, take_document_end, take_start, take_text, take_end, NULL, get_role, false};
    HtPayload payload = {.body = body};
    Taker taker = {.reader = reader};
    HtReading reading;
    HtFault fault = {0};
    bool good = ht_reader_run(reader, &payload, repairs, &sink, restart, &taker, &reading, &fault);
    if (good) {
        must(taker.open_count == 0 && taker.documents == 0 && reading.operation);
        must(reading.repaired == (reading.repairs != 0));
    } else {
        must(fault.code[0] && fault.text[0] && g_utf8_validate(fault.text, -1, NULL));
    }
    *result = taker.digest;
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static HtReader *reader;
    uint64_t strict, again, repaired;
    if (!reader) {
        HtLimits limits = ht_limits_default();
        limits.document_bytes = 1 << 20;
        reader = ht_reader_new(&limits);
        ht_reader_want_security(reader, true, true);
    }
    /* A copy, so that reading beyond the end is seen. */
    g_autofree char *bytes = g_memdup2(data, size);
    HtText body = {bytes ? bytes : "", size};
    bool good = run(reader, body, 0, &strict);
    must(run(reader, body, 0, &again) == good && (!good || again == strict));
    bool mended = run(reader, body, 0x3f, &repaired);
    must(!good || (mended && repaired == strict));
    return 0;
}
