/* The national cross-province move messages, 010122 准迁证 and 010124 迁移证, and their answers: all have the root "root".
 * They are passed on as they are. The numbers in their head are kept for the answer (hukou.c), and other documents that
 * happen to be called "root" are refused: the mapping would find nothing in them and take them for an empty message. */
#include "hukou.h"

#include <string.h>

static char *find_field(HukouExchange *exchange, const char *name)
{
    const struct {
        const char *name;
        char *field;
    } fields[] = {{"sjblx", exchange->sjblx},
                  {"ywlsh", exchange->ywlsh},
                  {"zqzbh", exchange->zqzbh},
                  {"qyzbh", exchange->qyzbh}};

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (strcmp(fields[i].name, name) == 0) {
            return fields[i].field;
        }
    }
    return NULL;
}

static void check_part(const HukouState *state, hutong_out *out, const char *name)
{
    if (strcmp(name, "head") != 0 && strcmp(name, "body") != 0) {
        state->host->fault(
            out, HUTONG_REJECT, "unknown-document",
            "the document is called root but has neither the head nor the body of a move message");
    }
}

static void take_start(void *user, hutong_out *out, const char *name, const char *const *attributes)
{
    HukouState *state = user;
    HukouExchange *exchange = &state->exchange;

    if (strcmp(name, "root") == 0) {
        memset(exchange, 0, sizeof *exchange);
    } else if (exchange->depth == 1) {
        check_part(state, out, name);
        exchange->in_head = strcmp(name, "head") == 0;
    } else if (exchange->depth == 2 && exchange->in_head) {
        exchange->field = find_field(exchange, name);
    }
    exchange->depth++;
    state->host->emit_start(out, name, attributes);
}

static void take_text(void *user, hutong_out *out, const char *text, size_t size)
{
    HukouState *state = user;
    char *field = state->exchange.field;

    if (field && strlen(field) + size < HUKOU_NUMBER) {
        strncat(field, text, size);
    }
    state->host->emit_text(out, text, size);
}

static void take_end(void *user, hutong_out *out, const char *name)
{
    HukouState *state = user;

    state->exchange.field = NULL;
    state->exchange.depth--;
    state->host->emit_end(out, name);
}

const hutong_filter hukou_exchange_filter = {sizeof(hutong_filter), take_start, take_text, take_end};
