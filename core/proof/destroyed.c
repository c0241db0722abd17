/* Writing and verifying certificates; see destroyed.h. */
#include "core/proof/destroyed.h"

#include "core/base/clock.h"
#include "core/proof/verify.h"

#include <stdio.h>
#include <string.h>

#define KEY "keyId="
#define SIGNATURE "signature="

static void add_line(HtBuffer *text, const char *name, const char *value)
{
    ht_buffer_add_string(text, name);
    ht_buffer_add_char(text, '=');
    ht_buffer_add_string(text, value);
    ht_buffer_add_char(text, '\n');
}

static void add_number(HtBuffer *text, const char *name, int64_t number)
{
    char value[32];
    snprintf(value, sizeof value, "%" G_GINT64_FORMAT, number);
    add_line(text, name, value);
}

static void add_time(HtBuffer *text, const char *name, int64_t time_us)
{
    char value[HT_CLOCK_TEXT];
    ht_clock_format(time_us, value);
    add_line(text, name, value);
}

void ht_destroyed_write(const HtDestroyed *destroyed, const HtSigner *signer, HtBuffer *text)
{
    char signature[HT_SIGNATURE_TEXT];
    HtBuffer claim = {.data = NULL};
    ht_buffer_add_literal(&claim, HT_DESTROYED_TITLE);
    add_line(&claim, "bus", destroyed->bus);
    add_number(&claim, "period", destroyed->period);
    add_line(&claim, "cipher", destroyed->cipher);
    add_time(&claim, "begun", destroyed->begun_us);
    add_time(&claim, "ended", destroyed->ended_us);
    add_time(&claim, "destroyed", destroyed->destroyed_us);
    add_number(&claim, "uid", destroyed->uid);
    add_line(&claim, "reason", destroyed->reason);
    add_line(&claim, "keyId", ht_signer_key(signer)->id);
    ht_signer_sign(signer, ht_buffer_text(&claim), signature);
    ht_buffer_add_text(text, ht_buffer_text(&claim));
    add_line(text, "signature", signature);
    ht_buffer_clear(&claim);
}

static bool fail(GError **error, const char *text)
{
    g_set_error_literal(error, HT_PROOF_ERROR, HT_PROOF_ERROR_FORMAT, text);
    return false;
}

/* The value of the line that begins so; it ends the text. Free it. */
static char *last_value(HtText text, const char *name)
{
    size_t size = text.size, name_size = strlen(name);
    if (size == 0 || text.data[size - 1] != '\n') {
        return NULL;
    }
    const char *before = size > 1 ? memrchr(text.data, '\n', size - 1) : NULL;
    const char *line = before ? before + 1 : text.data;
    size_t left = (size_t)(text.data + size - line);
    return left > name_size && memcmp(line, name, name_size) == 0
               ? g_strndup(line + name_size, left - name_size - 1)
               : NULL;
}

bool ht_destroyed_verify(HtText text, const GArray *keys, GError **error)
{
    if (text.size < strlen(HT_DESTROYED_TITLE) ||
        memcmp(text.data, HT_DESTROYED_TITLE, strlen(HT_DESTROYED_TITLE)) != 0) {
        return fail(error, "it is no certificate of a destroyed key");
    }
    g_autofree char *signature = last_value(text, SIGNATURE);
    if (!signature) {
        return fail(error, "its last line is no signature");
    }
    HtText claim = {text.data, text.size - strlen(SIGNATURE) - strlen(signature) - 1};
    g_autofree char *id = last_value(claim, KEY);
    return ht_proof_verify(claim, keys, id, signature, error);
}
