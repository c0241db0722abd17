/* Reading the table of envelopes. */
#include "tests/lib/envelopes.h"

#include "tests/lib/post.h"

#include <string.h>

static void free_envelope(gpointer data)
{
    Envelope *envelope = data;
    g_free(envelope->text);
    g_free(envelope->fault);
    g_strfreev(envelope->headers);
    g_free(envelope);
}

static void replace(GString *text, const char *from, const char *to)
{
    g_string_replace(text, from, to, 0);
}

/* The longer forms first: they hold the shorter ones. */
static char *write_out(const char *brief, unsigned version, unsigned number)
{
    GString *text = g_string_new(brief);
    g_autofree char *fields =
        g_strdup_printf("<number>%u</number><place>440104001</place><name>测试甲</name>", number);
    replace(text, "$E", "<s:Envelope xmlns:s=\"$S\">");
    replace(text, "$X", "</s:Envelope>");
    replace(text, "$B", "<s:Body>$DOC</s:Body>");
    replace(text, "$DOC", "<person>$FIELDS</person>");
    replace(text, "$FIELDS", fields);
    replace(text, "$S", version == 11 ? ENVELOPES_11 : ENVELOPES_12);
    replace(text, "\\n", "\n");
    g_assert_null(strchr(text->str, '$'));
    return g_string_free(text, FALSE);
}

static void add(GPtrArray *envelopes, unsigned line, unsigned version, char **columns)
{
    Envelope *envelope = g_new0(Envelope, 1);
    g_autofree char *names = write_out(columns[2] && columns[3] ? columns[3] : "", version, 0);
    envelope->line = line;
    envelope->version = version;
    envelope->text = write_out(columns[1], version, 1000 + envelopes->len);
    envelope->fault = strcmp(columns[2], "taken") == 0 ? NULL : g_strdup(columns[2]);
    envelope->headers = names[0] ? g_strsplit(names, " ", -1) : g_new0(char *, 1);
    g_ptr_array_add(envelopes, envelope);
}

GPtrArray *envelopes_read(void)
{
    gsize size;
    g_autofree char *table = read_source_file("tests/data/soap/envelopes.tsv", &size);
    g_auto(GStrv) lines = g_strsplit(table, "\n", -1);
    GPtrArray *envelopes = g_ptr_array_new_with_free_func(free_envelope);
    for (unsigned i = 0; lines[i]; i++) {
        if (lines[i][0] == '#' || lines[i][0] == '\0') {
            continue;
        }
        g_auto(GStrv) columns = g_strsplit(lines[i], "\t", -1);
        unsigned count = g_strv_length(columns);
        bool both = strcmp(columns[0], "both") == 0;
        g_assert_true((count == 3 || count == 4) &&
                      (both || strcmp(columns[0], "11") == 0 || strcmp(columns[0], "12") == 0));
        for (unsigned version = 11; version <= 12; version++) {
            if (both || (unsigned)atoi(columns[0]) == version) {
                add(envelopes, i + 1, version, columns);
            }
        }
    }
    return envelopes;
}
