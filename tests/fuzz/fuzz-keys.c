/* Fuzz: two records that differ in one mapped value never are one event for the spool, after each other or in one message,
 * whether they have a number, name a person, or neither; and the same once more makes no event. The input is what they have,
 * which value differs, and the values. Each is taken as the bus does it, into one spool, which is left in the folder for
 * temporary files only when something is found. */
#include "core/message/keep.h"
#include "tests/fuzz/mapping-target.h"

#include <glib/gstdio.h>
#include <nettle/sha2.h>
#include <string.h>

#define VALUE_MOST 12

/* Bits of the first byte; the others choose the field that differs. */
enum { NO_NUMBER = 1 << 7, NO_PERSON = 1 << 6, TOGETHER = 1 << 5, FIELD = TOGETHER - 1 };

/* Numbers, identities, texts, a group; what is no text of its own would have to be a date or a code. */
static const char *const fields[] = {"NO", "RYID", "XM", "CSD", "GZ", "JHR2"};
enum { FIELD_NUMBER, FIELD_PERSON, FIELDS = G_N_ELEMENTS(fields) };

typedef struct {
    const uint8_t *data;
    size_t size;
    unsigned serial; /* of the input: no input's records are another's */
} Input;

static char *folder;
static HtSpool *spool;

/* ---- The spool ---- */

static void remove_spool(void)
{
    static const char *const names[] = {"spool.db", "spool.db-wal", "spool.db-shm", "ballast", "lock"};
    ht_spool_close(g_steal_pointer(&spool));
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *path = g_build_filename(folder, names[i], NULL);
        g_unlink(path);
    }
    g_rmdir(folder);
}

static void open_spool(void)
{
    static const uint8_t site_key[32] = {7};
    g_autoptr(GError) error = NULL;
    folder = g_dir_make_tmp("fuzz-keys-XXXXXX", NULL);
    HtSpoolOptions options = {.directory = folder, .site_key = site_key, .limits = ht_spool_limits_default()};
    options.limits.reserve_bytes = 0;
    spool = ht_spool_open(&options, &error);
    require(spool != NULL);
    atexit(remove_spool);
}

typedef struct {
    bool done;
    HtReceipt receipt;
} Answer;

static void keep_answer(const HtReceipt *receipt, const GError *error, void *user)
{
    Answer *answer = user;
    require(receipt && !error);
    *answer = (Answer){true, *receipt};
}

static HtReceipt append(HtMessage *message, const HtOutcome *outcome)
{
    Answer answer = {0};
    message->head.id = ht_uuid_new();
    HtSpoolMessage *kept = ht_message_keep(message, outcome, NULL);
    require(kept != NULL);
    ht_spool_append(spool, kept, keep_answer, &answer);
    while (!answer.done) {
        g_main_context_iteration(NULL, TRUE);
    }
    return answer.receipt;
}

/* ---- The payload ---- */

/* The q keeps what follows from being a word for null, or a number. Gives the bytes used. */
static size_t write_value(GString *payload, const Input *input, size_t at, bool altered)
{
    size_t left = input->size - at;
    size_t length = left > 0 ? MIN(left - 1, (size_t)(1 + input->data[at] % VALUE_MOST)) : 0;
    g_string_append_c(payload, 'q');
    for (size_t i = 0; i < length; i++) {
        g_string_append_c(payload, (char)('a' + input->data[at + 1 + i] % 26));
    }
    g_string_append_printf(payload, "%c%u", altered ? 'y' : 'z', input->serial);
    return left > 0 ? 1 + length : 0;
}

static bool has_field(const Input *input, size_t field)
{
    return !(field == FIELD_NUMBER && (input->data[0] & NO_NUMBER)) &&
           !(field == FIELD_PERSON && (input->data[0] & NO_PERSON));
}

/* `altered` is the field that differs; FIELDS: none. */
static void write_record(GString *payload, const Input *input, size_t altered)
{
    g_string_append(payload, "<S>");
    for (size_t i = 0, at = 1; i < FIELDS; i++) {
        if (has_field(input, i)) {
            g_string_append_printf(payload, "<%s>", fields[i]);
            at += write_value(payload, input, at, i == altered);
            g_string_append_printf(payload, "</%s>", fields[i]);
        }
    }
    g_string_append(payload, "</S>");
}

/* As the bus takes it: what has the number of a message with another payload is known by its payload. */
static HtReceipt take_payload(const GString *payload)
{
    static const HtSourceConfig config = {.name = "rich", .department = "police", .limits = {.records = 10}};
    HtSource source = {.config = &config};
    HtIntake intake = {.spool = spool};
    HtMessage message = {.intake = &intake, .source = &source};
    HtOutcome outcome;
    HtBuffer frame = {0};
    struct sha256_ctx digest;
    ht_outcome_init(&outcome);
    ht_mapper_run(mappers[0], &(HtPayload){.body = {payload->str, payload->len}}, &outcome);
    check_outcome(&outcome);
    require(outcome.verdict == HT_VERDICT_OK && outcome.events->len > 0);
    ht_outcome_pack(&outcome, &frame);
    ht_outcome_clear(&outcome);
    sha256_init(&digest);
    sha256_update(&digest, payload->len, (const uint8_t *)payload->str);
    sha256_digest(&digest, sizeof message.sha256, message.sha256);
    g_autoptr(GBytes) bytes = g_bytes_new(frame.data, frame.size);
    ht_buffer_clear(&frame);
    ht_outcome_init(&outcome);
    HtText packed = {g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes)};
    require(ht_outcome_unpack(packed, &outcome, NULL));
    message.frame = bytes;
    HtReceipt receipt = append(&message, &outcome);
    if (receipt.other_payload) {
        message.by_payload = true;
        receipt = append(&message, &outcome);
    }
    ht_outcome_clear(&outcome);
    return receipt;
}

static HtReceipt take_records(const Input *input, size_t one, size_t other)
{
    g_autoptr(GString) payload = g_string_new("<R><head><no>1</no><code>0</code></head>");
    write_record(payload, input, one);
    if (input->data[0] & TOGETHER) {
        write_record(payload, input, other);
    }
    g_string_append(payload, "</R>");
    return take_payload(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static unsigned serial;
    Input input = {data, size, ++serial};
    size_t altered = size > 0 ? (data[0] & FIELD) % FIELDS : 0;
    if (size == 0 || !has_field(&input, altered)) {
        return 0;
    }
    if (!spool) {
        open_spool();
    }
    bool together = data[0] & TOGETHER;
    HtReceipt first = take_records(&input, FIELDS, altered);
    require(!first.resent && first.duplicates == 0 && first.events == (together ? 2 : 1));
    HtReceipt again = take_records(&input, FIELDS, altered);
    require(again.resent || again.events == 0);
    if (!together) {
        HtReceipt other = take_records(&input, altered, altered);
        require(!other.resent && other.duplicates == 0 && other.events == 1);
    }
    return 0;
}
