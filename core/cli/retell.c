/* Sentences of the bus, recognised by their English form; see retell.h. A new sentence of the bus has its row here, each value as %s; one that is
 * missing is shown in English. */
#include "core/cli/retell.h"

#include "core/cli/language.h"
#include "core/cli/states.h"

#include <glib/gi18n.h>
#include <string.h>

#define VALUES_MAX 6
#define DEPTH_MAX 4 /* sentences within sentences */

/* The first that fits counts. */
static const char *const sentences[] = {
    /* notices of the status page: core/status.c, core/pauses.c, core/reload.c, core/left.c, core/delivery/status.c */
    N_("%s events of the spool are damaged and set aside: see the log, and `hutong spool check` when the bus is stopped"),
    N_("the spool's room is getting short (%s): at %s intake stops"),
    N_("maintenance since %s, no source takes anything: %s"),
    N_("maintenance since %s, no source takes anything"),
    N_("source %s is %s since %s"),
    N_("route %s is %s since %s"),
    N_("consumer %s is %s since %s"),
    N_("events that are due are not pruned: %s"),
    N_("the purpose of consumer %s lapses soon"),
    N_("the purpose of consumer %s has lapsed"),
    N_("the last reload was refused, and the configuration in force is not that of its files: see the log, `hutong status` and `hutong check`"),
    N_("%s was changed and needs a restart"),
    N_("consumer %s is configured no more and has left its place (event %s) and %s dead letters: `hutong consumer rename %s NEW` gives them to another, `hutong consumer forget %s` drops them"),
    N_("the audit log cannot be written: %s"),
    N_("the audit log cannot be written"),
    /* alarms: core/alarms.c */
    N_("source %s: %s"),
    N_("consumer %s: %s"),
    N_("bus: %s"),
    N_("its oldest event has waited for %s; it is %s"),
    N_("%s events are behind its cursor"),
    N_("it has %s dead letters: hutong dead list %s"),
    N_("its purpose lapses soon: renew purpose-until"),
    N_("its purpose has lapsed: it gets no personal data"),
    N_("it has sent nothing for %s of working days"),
    N_("it has sent nothing for %s"),
    N_("%s of its last %s messages were refused or failed"),
    N_("its adapter or mapping failed the check and may not serve: hutong status"),
    N_("its host is %s: %s"),
    N_("the spool is near max-size (%s percent): at 100 intake stops"),
    N_("the spool's disk is full: intake is stopped"),
    N_("the spool's disk is getting full: at its reserve intake stops"),
    N_("the public door's certificate ends in %s: renew it"),
    N_("the public door's certificate has ended: clients refuse it"),
    N_("%s events of the spool are damaged: hutong spool check"),
    /* refusals of the admin socket */
    N_("there is no source of this name"),
    N_("there is no route of this name"),
    N_("there is no consumer of this name"),
    N_("%s; did you mean '%s'?"),
    N_("a reason is 1 to 200 bytes of plain text, without long numbers"),
    N_("a notice is 1 to 500 bytes of plain text, without long numbers"),
    N_("it is paused already"),
    N_("it is not paused"),
    N_("this consumer is configured: take its section out, and reload, first"),
    N_("requests to this consumer are still under way: try again in a moment"),
    N_("nothing is kept of a consumer of this name"),
    N_("a consumer's name is of letters, digits and hyphens"),
    N_("the other consumer has a place of its own: forget that first"),
    N_("the other consumer is configured, and delivered to already: rename first, then add its section, and reload"),
    N_("the spool cannot be written"),
    N_("none of these events is a dead letter of this consumer"),
    N_("this event is not kept, or is damaged"),
    N_("the consumer's settings were changed, or the bus ends: try again"),
    N_("message is the id of a message"),
    N_("no payload of this message is kept: keep-payload says of which one is"),
    N_("no message with this id is in quarantine"),
    N_("the message's source is not configured any more"),
    N_("the bus is ending"),
    N_("the bus is starting"),
    N_("the bus has another configuration: %s"),
    N_("a reload is under way: ask again when it is over"),
    N_("the bus has ended; the reload was not taken"),
    N_("it has ended"),
    N_("there is no such replay"),
    N_("there is no [retention] section: everything is kept"),
    N_("a sweep runs already"),
    N_("there is no such period: `hutong spool keys` lists them"),
    N_("it is the current period: what comes is sealed under its key"),
    N_("its key was destroyed before"),
    /* of a question itself: core/admin/form.c */
    N_("the question has a member that is unknown here; there are:%s"),
    N_("the question has no member '%s'; there are:%s"),
    N_("%s is of at most %s bytes"),
    N_("%s is one of: %s"),
    N_("%s is a number from %s to %s: %s"),
    N_("%s is a whole number"),
    N_("%s is true or false"),
    N_("%s is a text"),
    N_("%s is missing: %s"),
};

/* Whether the line is the sentence; then `values` are what stands in its places, for the caller to free. */
static bool find_values(const char *sentence, const char *line, char *values[VALUES_MAX + 1])
{
    g_auto(GStrv) parts = g_strsplit(sentence, "%s", -1);
    unsigned last = g_strv_length(parts) - 1;
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    if (!g_str_has_prefix(line, parts[0]) || last > VALUES_MAX) {
        return false;
    }
    const char *at = line + strlen(parts[0]);
    for (unsigned i = 1; i <= last; i++) {
        const char *end = i == last && g_str_has_suffix(at, parts[i]) ? at + strlen(at) - strlen(parts[i])
                          : i == last                                 ? NULL
                                                                      : strstr(at, parts[i]);
        if (!end || end == at) {
            return false;
        }
        g_ptr_array_add(found, g_strndup(at, (gsize)(end - at)));
        at = end + strlen(parts[i]);
    }
    for (unsigned i = 0; i < found->len && *at == '\0'; i++) {
        values[i] = g_strdup(found->pdata[i]);
    }
    return *at == '\0';
}

/* The translation, with the values in its places: %s is the next one, %2$s the second. */
static char *fill(const char *translation, char *const values[VALUES_MAX + 1])
{
    GString *text = g_string_new(NULL);
    unsigned next = 0;
    for (const char *at = translation; *at;) {
        bool numbered = at[0] == '%' && g_ascii_isdigit(at[1]) && at[2] == '$' && at[3] == 's';
        unsigned place = numbered ? (unsigned)(at[1] - '1') : next;
        bool is_value = (numbered || g_str_has_prefix(at, "%s")) && place < VALUES_MAX && values[place];
        if (!is_value) {
            g_string_append_c(text, *at++);
            continue;
        }
        g_string_append(text, values[place]);
        next += !numbered;
        at += numbered ? 4 : 2;
    }
    return g_string_free(text, FALSE);
}

static char *retell(const char *line, unsigned depth)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(sentences) && depth < DEPTH_MAX; i++) {
        char *values[VALUES_MAX + 1] = {NULL};
        if (!find_values(sentences[i], line, values)) {
            continue;
        }
        for (char **value = values; *value; value++) {
            char *own = *value;
            *value = retell(own, depth + 1);
            g_free(own);
        }
        char *told = fill(_(sentences[i]), values);
        for (char **value = values; *value; value++) {
            g_free(*value);
        }
        return told;
    }
    return g_strdup(ht_cli_state(line));
}

char *ht_cli_retell(const char *line)
{
    return ht_language_is_other() ? retell(line, 0) : g_strdup(line);
}
