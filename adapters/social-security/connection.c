/* The test of a line: pension and annuity systems (pensiondata, msgtext) ask whether the other end is there before they send, by a
 * message of its head alone, and go on only when the same head comes back with a code of success. Asked by rows.c at the document's
 * end, and answered in reply(). */
#include "social-security.h"

#include <string.h>
#include <strings.h>

/* A document that tests its line: `kind` is one of `kinds`, there is nothing but the head, and no code of success: that has the
 * answer. */
typedef struct {
    const char *root, *kind, *kinds[3];
    const char *const
        *head; /* what comes back, in order: fields, and with a slash what is around those behind it */
    const char *message;
} Test;

static const char *const pension_head[] = {"version",      "sendcode",   "receivecode", "sendername",
                                           "receivername", "senddate",   "sendtime",    "dgst",
                                           "datasettype/", "typecode",   "typename",    "/datasettype",
                                           "pensioninfo/", "appseriono", "transtype",   "/pensioninfo",
                                           "appcode",      "appmsg",     NULL};
static const char *const annuity_head[] = {"grphdr/", "version", "ref",     "buscd",    "tradsrc",
                                           "sender",  "recver",  "dgst",    "date",     "time",
                                           "appcode", "appmsg",  "/grphdr", "busitext", NULL};

static const Test tests[] = {{"pensiondata", "typecode", {"0101"}, pension_head, ""},
                             {"msgtext", "buscd", {"SYS01000", "SYS02000"}, annuity_head, "交易成功"}};

static const Test *find_test(const SocsecRows *rows)
{
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++) {
        const char *kind = socsec_rows_head(rows, tests[i].kind);
        for (const char *const *known = tests[i].kinds; kind && *known; known++) {
            if (strcasecmp(rows->levels[0].name, tests[i].root) == 0 && strcasecmp(kind, *known) == 0) {
                return &tests[i];
            }
        }
    }
    return NULL;
}

static bool is_of_head(const Test *test, const char *name)
{
    const char *const *field = test->head;
    while (*field && strcasecmp(*field, name) != 0) {
        field++;
    }
    return *field != NULL;
}

bool socsec_connection_is_tested(const SocsecRows *rows)
{
    const Test *test = find_test(rows);
    bool tested = test && rows->count == 0 && !socsec_rows_head(rows, "appcode");
    for (unsigned i = 0; tested && i < rows->head.count; i++) {
        tested = is_of_head(test, socsec_fields_name(&rows->head, i));
    }
    return tested;
}

/* The field as the test has it; of what it has not, the code of success and what is said with it. */
static const char *find_value(const Test *test, const SocsecRows *rows, const char *name)
{
    const char *sent = socsec_rows_head(rows, name);
    if (strcmp(name, "appcode") == 0) {
        return "0000";
    }
    return strcmp(name, "appmsg") == 0 ? test->message : sent ? sent : "";
}

static void write_tag(const hutong_host *host, hutong_out *out, const char *name, size_t size, bool end)
{
    hutong_write_string(host, out, end ? "</" : "<");
    host->write(out, name, size);
    hutong_write_string(host, out, ">");
}

void socsec_connection_answer(const SocsecState *state, hutong_out *out)
{
    const hutong_host *host = state->host;
    const Test *test = find_test(&state->rows);
    write_tag(host, out, test->root, strlen(test->root), false);
    for (const char *const *field = test->head; *field; field++) {
        size_t size = strlen(*field);
        if ((*field)[0] == '/') {
            write_tag(host, out, *field + 1, size - 1, true);
        } else if ((*field)[size - 1] == '/') {
            write_tag(host, out, *field, size - 1, false);
        } else {
            const char *value = find_value(test, &state->rows, *field);
            write_tag(host, out, *field, size, false);
            host->write_escaped(out, value, strlen(value));
            write_tag(host, out, *field, size, true);
        }
    }
    write_tag(host, out, test->root, strlen(test->root), true);
}
