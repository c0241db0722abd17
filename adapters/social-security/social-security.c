/* The adapter for social security (人力资源和社会保障): the provincial platform (molss), the HIS line (HOSDATA), Guangdong's
 * medical line, cards, pensions and annuities, work injury. mappings/social-security.xml says what becomes of a row; here
 * is what a mapping cannot say: documents of all lines into rows (rows.c, row.c), a document in base64 (packed.c), and
 * that SQL and passwords are kept nowhere (secrets.c).
 *
 * Runs in hutong-host's only thread, one payload at a time. */
#include "social-security.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Life ---- */

/* Whose numbers AAE140 has: each set has its element in the mapping, with a translation of its own. */
static const struct {
    const char *set, *element;
} insurance_sets[] = {
    {"LD-T-92", "AAE140"}, {"accounting", "AAE140-accounting"}, {"city-ehr", "AAE140-city-ehr"}};

static const char *find_element(const char *set)
{
    for (size_t i = 0; set && i < sizeof insurance_sets / sizeof insurance_sets[0]; i++) {
        if (strcmp(insurance_sets[i].set, set) == 0) {
            return insurance_sets[i].element;
        }
    }
    return NULL;
}

static void *open_adapter(const hutong_host *host)
{
    SocsecState *state = calloc(1, sizeof *state);
    if (!state) {
        host->log(host, HUTONG_ERROR, "no memory for the adapter's state");
        return NULL;
    }
    state->host = host;
    state->insurance_element = find_element(host->option(host, "insurance-set"));
    if (!state->insurance_element) {
        host->log(host, HUTONG_ERROR, "option.insurance-set is none of LD-T-92, accounting, city-ehr");
        free(state);
        return NULL;
    }
    for (const char *const *root = socsec_roots; *root; root++) {
        host->filter(host, *root, &socsec_rows_filter, state);
    }
    return state;
}

static void close_adapter(void *user)
{
    SocsecState *state = user;
    socsec_rows_free(&state->rows);
    free(state);
}

/* ---- Payloads ---- */

/* A text with blanks over what is kept nowhere; the copy is made when there is something. */
typedef struct {
    hutong_text text;
    char *copy;
    bool failed; /* no memory for it */
    const hutong_host *host;
    hutong_out *out; /* NULL: the bus has no need to know */
} Cleaning;

static void clean_part(void *user, size_t start, size_t size)
{
    Cleaning *cleaning = user;
    if (cleaning->out) {
        cleaning->host->conceal(cleaning->out, start, size);
    }
    if (!cleaning->copy) {
        cleaning->copy = malloc(cleaning->text.size);
        cleaning->failed = !cleaning->copy;
        if (cleaning->failed) {
            return;
        }
        memcpy(cleaning->copy, cleaning->text.data, cleaning->text.size);
        cleaning->text.data = cleaning->copy;
    }
    for (size_t i = start; i < start + size; i++) {
        char *byte = &cleaning->copy[i];
        *byte = *byte == '\n' || *byte == '\r' ? *byte : ' ';
    }
}

static void clean(Cleaning *cleaning)
{
    hutong_text text = cleaning->text;
    socsec_secrets_find(text, clean_part, cleaning);
}

/* Maps the document that stands in base64. What is around it must have nothing of its own to say. */
static hutong_verdict map_packed(SocsecState *state, const hutong_payload *payload, hutong_text around,
                                 hutong_text document, hutong_out *out)
{
    const hutong_host *host = state->host;
    hutong_payload inside = *payload;
    inside.content_type = inside.charset = inside.soap_action = (hutong_text){NULL, 0};
    host->map_bytes(host, payload, around, out);
    if (state->total_rows > 0) {
        host->fault(out, HUTONG_REJECT, "several-documents",
                    "the payload has rows and a document in base64: send them one by one");
        return HUTONG_REJECT;
    }
    return host->map_bytes(host, &inside, document, out);
}

/* Secrets in base64 cannot be told from the rest: with one in it, the whole is kept nowhere. */
static hutong_verdict unpack(SocsecState *state, const hutong_payload *payload, hutong_text around,
                             const SocsecPacked *packed, hutong_out *out)
{
    const hutong_host *host = state->host;
    Cleaning cleaning = {.text = {packed->bytes, packed->bytes_size}};
    hutong_verdict verdict = HUTONG_RETRY;
    if (packed->count > 1) {
        host->conceal(out, packed->start, around.size - packed->start);
        host->fault(out, HUTONG_REJECT, "several-documents",
                    "the payload has more than one document in base64: send them one by one");
        return HUTONG_REJECT;
    }
    clean(&cleaning);
    if (cleaning.copy || cleaning.failed) {
        host->conceal(out, packed->start, packed->size);
    }
    if (!cleaning.failed) {
        verdict = map_packed(state, payload, around, cleaning.text, out);
    }
    free(cleaning.copy);
    return verdict;
}

/* ---- Batches: archives and multipart messages, which the host takes apart ---- */

static bool is_archive(hutong_text body)
{
    return body.size >= 4 && memcmp(body.data, "PK\3\4", 4) == 0;
}

static bool is_multipart(hutong_text content_type)
{
    return content_type.size >= 10 && strncasecmp(content_type.data, "multipart/", 10) == 0;
}

static bool holds_word(hutong_text text, const char *word)
{
    size_t size = strlen(word);
    for (size_t i = 0; i + size <= text.size; i++) {
        if (strncasecmp(text.data + i, word, size) == 0) {
            return true;
        }
    }
    return false;
}

/* Secrets in there cannot be found in the bytes: compressed, or encoded for mail. */
static bool is_opaque(const hutong_payload *payload)
{
    return is_archive(payload->body) ||
           (is_multipart(payload->content_type) &&
            (holds_word(payload->body, "quoted-printable") || holds_word(payload->body, "base64")));
}

static hutong_verdict map_text(SocsecState *state, const hutong_payload *payload, hutong_text text,
                               hutong_out *out)
{
    SocsecPacked packed;
    if (is_archive(text) || is_multipart(payload->content_type) || !socsec_packed_find(text, &packed)) {
        return state->host->map_bytes(state->host, payload, text, out);
    }
    hutong_verdict verdict = unpack(state, payload, text, &packed, out);
    free(packed.bytes);
    return verdict;
}

static hutong_verdict decode(void *user, const hutong_payload *payload, hutong_out *out)
{
    SocsecState *state = user;
    Cleaning cleaning = {.text = payload->body, .host = state->host, .out = out};
    state->rows.depth = 0;
    state->rows.is_line_test = false;
    state->total_rows = 0;
    if (is_opaque(payload)) {
        state->host->conceal(out, 0, payload->body.size);
    } else {
        clean(&cleaning);
    }
    hutong_verdict verdict = cleaning.failed ? HUTONG_RETRY : map_text(state, payload, cleaning.text, out);
    free(cleaning.copy);
    return verdict;
}

/* ---- Answers ---- */

/* molss: whoever gives the platform rows gets their number, in the platform's own form; and whoever tests the line, its head with
 * a code of success. All others get a receipt. */
static const char *const operations[] = {"business", NULL};

static hutong_verdict reply(void *user, const hutong_outcome *outcome, hutong_out *out)
{
    const SocsecState *state = user;
    char text[200];
    if (outcome->verdict == HUTONG_OK && state->rows.is_line_test && state->total_rows == 0) {
        socsec_connection_answer(state, out);
        return HUTONG_OK;
    }
    if (outcome->verdict != HUTONG_OK || !hutong_text_is(outcome->operation, operations[0]) ||
        !state->rows.has_parameters) {
        return HUTONG_REJECT;
    }
    int size = snprintf(text, sizeof text,
                        "<out:business xmlns:out=\"http://www.molss.gov.cn/\"><result result=\"\"/>"
                        "<result row_count=\"%u\"/></out:business>",
                        (unsigned)outcome->records);
    state->host->write(out, text, (size_t)size);
    return HUTONG_OK;
}

static const hutong_option options[] = {
    {"insurance-set", "LD-T-92", "whose insurance codes AAE140 has: LD-T-92, accounting, city-ehr"},
    {NULL, NULL, NULL}};

HUTONG_EXPORT const hutong_adapter hutong_adapter_v1 = {
    .struct_size = sizeof(hutong_adapter),
    .abi_major = HUTONG_ABI_MAJOR,
    .abi_minor = HUTONG_ABI_MINOR,
    .name = "social-security",
    .version = "1.0",
    .summary = "social security: enrolments, contributions, retirements and cards of six lines of systems",
    .options = options,
    .operations = operations,
    .open = open_adapter,
    .decode = decode,
    .reply = reply,
    .close = close_adapter,
};
