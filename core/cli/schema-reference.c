/* `hutong schema` alone: docs/events.md, made from the dictionary. */
#include "core/cli/schema.h"

#include <glib/gi18n.h>
#include <stdio.h>

/* Paragraphs and rows. */
static const char *const introduction[] = {
    N_("# Event reference\n\n"),
    N_("Made by `hutong schema` from `mappings/dictionary.xml`; do not edit. [In Chinese](events.zh-CN.md).\n\n"),
    N_("Every event is a CloudEvents 1.0 JSON object. `data` holds elements of the dictionary as `group.element`, then "
       "`reported` (elements that another department is the authority for), `quality` (what was repaired, upgraded, guessed or "
       "does not check, as far as its element is shown) and `unmapped` (what no mapping names). An element that a consumer may not see is absent; one that is "
       "shown masked or hashed is a string.\n\n"),
    N_("## Attributes\n\n"),
    N_("| attribute | meaning |\n|---|---|\n"),
    N_("| `specversion` | `1.0` |\n"),
    N_("| `id` | UUIDv7; the same however often the event is delivered |\n"),
    N_("| `source` | `/BUS/SOURCE` |\n"),
    N_("| `type` | below, with its version: `person.moved-in.v1` |\n"),
    N_("| `subject`, `partitionkey` | a pseudonym of the person (or household, address, record); never a citizen number |\n"),
    N_("| `formersubject` | a pseudonym under which earlier events of this person may have gone |\n"),
    N_("| `sequence` | 20 digits; the order in which the bus accepted |\n"),
    N_("| `consumersequence` | 20 digits; which event it is of those that this consumer gets, from 1, without gaps |\n"),
    N_("| `time`, `timeprecision` | when it happened; `year`, `month`, `day`, `minute` or `second`. Both are absent where the consumer may not see the element that has this value, such as `death.date`; below |\n"),
    N_("| `recordedtime` | when the bus took it |\n"),
    N_("| `action` | `assert`, `correct` (stands in place of the event that `reverses` names, if it names one), `cancel` (undoes it), `verify` |\n"),
    N_("| `businessid`, `reverses` | the department's numbers, or pseudonyms of them: below. `reverses` is a `businessid`, or the `id` of an event that has none |\n"),
    N_("| `direction` | `return`, `report`, `lateral`, `query` |\n"),
    N_("| `department` | who answers for the data |\n"),
    N_("| `division`, `fromdivision`, `divisionedition` | 6, 9, 12 or (a grid of a committee) 14 digits, and the list they were read against |\n"),
    N_("| `otherdivisions`, `presentdivisions` | up to eight of these with blanks between: further places that it concerns (register and residence); and what the places are known as on the day of receipt, where by another code |\n"),
    N_("| `dataclassification` | 0 to 3: the highest sensitivity of its elements |\n"),
    N_("| `correlationid`, `causationid`, `traceparent` | what belongs together; the message it came in; W3C trace context |\n"),
    N_("| `dataschema`, `datacontenttype` | where the JSON Schema of `data` is, or its name; `application/json` |\n\n"),
    N_("No attribute carries personal data, whatever a source sends: attributes go to every consumer. `businessid`, `reverses` "
       "and `divisionedition` stay as they are sent when they are 1 to 64 of `A-Z a-z 0-9 . _ : / -` and hold no "
       "citizen number: 18 digits in a row that begin with a province and hold a date, the last may be X, or 15 such, anywhere in a "
       "longer number too, and with `. _ : / -` between them. Anything else is replaced by `b-` and 26 characters, a keyed "
       "pseudonym: equal for equal numbers, in every event and source, so that `reverses` still names the `businessid` that it "
       "reverses. `correlationid` is always such a pseudonym. `traceparent` is the bus's: its trace is a keyed digest of the trace that "
       "the sender named, if it did.\n\n"),
    N_("`time` has the value of an element (the one that the mapping reads from the same field), and who may not see that element does "
       "not see `time`: under the mask `year` it is the first instant of its year with the precision `year`, under any other, and where "
       "the element is not shown, it is absent, and so is `timeprecision`. A time that is no element's counts as the event's "
       "`dataclassification`.\n\n"),
    N_("Each entry of `quality` has a `mark`, and an `element` when it is about one. `identity-conflict` has `identity` instead, the "
       "kind of number that named somebody else, too (`person`, `card`, `birthCertificate`, …): the number itself is not said.\n\n"),
    N_("What stands in an element for something else counts as sensitive (2) at least: an original code "
       "(`{\"code\":…,\"text\":…,\"system\":…}`), and in an element of sensitivity 0 a value that does not have the element's form or "
       "length, or holds a citizen number.\n"),
};

static void print_event_types(const HtDictionary *dictionary)
{
    printf(_(
        "\n## Event types\n\n`about`: what `subject` is a pseudonym of. Two things of one kind have one subject only when a number that all sources "
        "share is the same: a citizen number, a credit code (organization), a unit number (property); else when one source's own is. "
        "What is marked (overtakes) goes to each consumer before all that waits for it.\n\n"
        "| type | 中文 | department | about | direction | groups |\n|---|---|---|---|---|---|\n"));
    for (uint32_t i = 0; i < ht_dictionary_n_event_types(dictionary); i++) {
        const HtEventType *type = ht_dictionary_event_type(dictionary, i);
        g_autofree char *groups = g_strjoinv(", ", (char **)type->groups);
        printf("| `%s.v%u`%s%s | %s | %s | %s | %s%s%s | %s |\n", type->name, type->version,
               type->restricted ? _(" (restricted)") : "", type->overtakes ? _(" (overtakes)") : "", type->zh,
               type->department ? type->department : "", type->about ? type->about : "person",
               type->direction, type->also ? ", " : "", type->also ? type->also : "", groups);
    }
}

static void print_elements(const HtDictionary *dictionary)
{
    const char *group = "";
    printf(_(
        "\n## Elements\n\nSensitivity: 0 not personal, 1 personal, 2 sensitive, 3 health, biometric, minors.\n"));
    for (uint32_t i = 0; i < ht_dictionary_n_elements(dictionary); i++) {
        const HtElement *element = ht_dictionary_element(dictionary, i);
        if (!g_str_equal(group, element->group)) {
            group = element->group;
            printf(
                _("\n### %s%s\n\n| element | 中文 | type | table | standard | authority | sensitivity | mask |\n"
                  "|---|---|---|---|---|---|---|---|\n"),
                group, element->repeats ? _(" (a list)") : "");
        }
        printf("| `%s` | %s | %s | %s | %s | %s | %u | %s |\n", element->element, element->zh,
               ht_type_name(element->type), element->table ? element->table : "",
               element->standard ? element->standard : "", element->authority ? element->authority : "",
               element->sensitivity, ht_mask_name(element->mask));
    }
}

static void print_marks(const HtDictionary *dictionary)
{
    fputs(_("\n## Quality marks\n\n| mark | 中文 | meaning |\n|---|---|---|\n"), stdout);
    for (uint32_t i = 0; i < ht_dictionary_n_marks(dictionary); i++) {
        const HtMarkInfo *mark = ht_dictionary_mark(dictionary, i);
        printf("| `%s` | %s | %s |\n", mark->name, mark->zh, _(mark->text));
    }
}

void ht_cli_schema_reference(const HtDictionary *dictionary)
{
    for (unsigned i = 0; i < G_N_ELEMENTS(introduction); i++) {
        fputs(_(introduction[i]), stdout);
    }
    print_event_types(dictionary);
    print_elements(dictionary);
    print_marks(dictionary);
}
