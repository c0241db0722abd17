/* The answers of health's clients. Whoever sent an interaction or a document set gets the acknowledgement MCCI_IN000002UV01, AA
 * or AE, in HIPMessageServer's <payload> when it came through that, else bare. Its identifiers are written as the message
 * wrote its own, without the @ of the manual. What tables are answered is in the mapping (<service>). */
#include "health.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define ANSWER_MAX 4096

const char *const health_operations[] = {"HIPMessageServer", NULL};

/* An answer that is put together before it is written: it may go into a string. */
typedef struct {
    char data[ANSWER_MAX];
    size_t size;
} Answer;

static void add(Answer *answer, const char *text)
{
    hutong_append(answer->data, sizeof answer->data, &answer->size, text, strlen(text));
}

/* Escaped for XML, as an attribute's value or text. */
static void add_value(Answer *answer, const char *text, size_t size)
{
    hutong_append_escaped(answer->data, sizeof answer->data, &answer->size, text, size);
}

static void add_string(Answer *answer, const char *text)
{
    add_value(answer, text, strlen(text));
}

/* ---- The acknowledgement ---- */

static void add_id(Answer *answer, const char *root, const char *extension, bool as_item)
{
    add(answer, as_item ? "<id><item root=\"" : "<id root=\"");
    add(answer, root);
    add(answer, "\" extension=\"");
    add_string(answer, extension);
    add(answer, as_item ? "\"/></id>" : "\"/>");
}

/* The time in the bus's message id (UUID version 7: milliseconds in its first twelve digits), so that the same message is
 * always answered in the same words. False: the id is of another kind. */
static bool read_time(hutong_text id, char text[32])
{
    unsigned long long milliseconds;
    unsigned long low;
    struct tm parts;
    int version = 0; /* where it ends, if it is the right one */
    char copy[37];
    if (id.size != sizeof copy - 1) {
        return false;
    }
    health_copy(copy, sizeof copy, id.data, id.size);
    if (sscanf(copy, "%8llx-%4lx-7%n", &milliseconds, &low, &version) != 2 || version == 0) {
        return false;
    }
    time_t seconds = (time_t)((milliseconds << 16 | low) / 1000) + HEALTH_CHINA_S;
    return gmtime_r(&seconds, &parts) && strftime(text, 32, "%Y%m%d%H%M%S", &parts) > 0;
}

static void add_time(Answer *answer, const HealthReply *reply, hutong_text id)
{
    char text[32];
    add(answer, "<creationTime value=\"");
    add_string(answer, read_time(id, text) ? text : reply->created);
    add(answer, "\"/>");
}

/* Who received is who answers. */
static void add_parties(Answer *answer, const HealthReply *reply)
{
    static const char device[] = "<device classCode=\"DEV\" determinerCode=\"INSTANCE\">";
    add(answer, "<receiver typeCode=\"RCV\">");
    add(answer, device);
    add_id(answer, "2.16.156.10011.0.1.1", reply->sender, reply->has_items);
    add(answer, "</device></receiver><sender typeCode=\"SND\">");
    add(answer, device);
    add_id(answer, "2.16.156.10011.0.1.2", reply->receiver, reply->has_items);
    add(answer, "</device></sender>");
}

/* "required-missing: a required element has no value (person.name (name), record 1, line 3)" */
static void add_reason(Answer *answer, const hutong_outcome *outcome)
{
    char place[64];
    add_value(answer, outcome->fault_code.data, outcome->fault_code.size);
    add(answer, ": ");
    add_value(answer, outcome->fault_text.data, outcome->fault_text.size);
    if (outcome->fault_element.size > 0) {
        add(answer, "; ");
        add_value(answer, outcome->fault_element.data, outcome->fault_element.size);
    }
    if (outcome->fault_record > 0) {
        snprintf(place, sizeof place, "; record %u, line %u", outcome->fault_record, outcome->fault_line);
        add(answer, place);
    }
}

static void add_acknowledgement(Answer *answer, const HealthReply *reply, const hutong_outcome *outcome)
{
    bool good = outcome->verdict == HUTONG_OK;
    char id[HEALTH_ID];
    health_copy(id, sizeof id, outcome->message_id.data, outcome->message_id.size);
    add(answer, "<MCCI_IN000002UV01 xmlns=\"urn:hl7-org:v3\" ITSVersion=\"XML_1.0\">");
    add_id(answer, "2.16.156.10011.0", id, false);
    add_time(answer, reply, outcome->message_id);
    add(answer, "<interactionId root=\"2.16.840.1.113883.1.6\" extension=\"MCCI_IN000002UV01\"/>"
                "<processingCode code=\"P\"/><processingModeCode code=\"R\"/><acceptAckCode code=\"NE\"/>");
    add_parties(answer, reply);
    add(answer, good ? "<acknowledgement typeCode=\"AA\"><targetMessage>"
                     : "<acknowledgement typeCode=\"AE\"><targetMessage>");
    add_id(answer, "2.16.156.10011.0", reply->id, false);
    add(answer, "</targetMessage><acknowledgementDetail><text value=\"");
    if (good) {
        add(answer, "处理成功");
    } else {
        add_reason(answer, outcome);
    }
    add(answer, "\"/></acknowledgementDetail></acknowledgement></MCCI_IN000002UV01>");
}

/* ---- Answers ---- */

static hutong_verdict answer_message(const HealthState *state, const hutong_outcome *outcome, hutong_out *out)
{
    Answer answer = {.size = 0};
    bool wrapped = hutong_text_is(outcome->operation, health_operations[0]);
    add_acknowledgement(&answer, &state->reply, outcome);
    if (wrapped) {
        hutong_write_string(state->host, out, "<HIPMessageServerResponse xmlns=\"urn:hl7-org:v3\"><payload>");
        state->host->write_escaped(out, answer.data, answer.size);
        hutong_write_string(state->host, out, "</payload></HIPMessageServerResponse>");
    } else {
        state->host->write(out, answer.data, answer.size);
    }
    return HUTONG_OK;
}

hutong_verdict health_reply(void *user, const hutong_outcome *outcome, hutong_out *out)
{
    const HealthState *state = user;
    if (outcome->verdict == HUTONG_RETRY) {
        return HUTONG_REJECT; /* the bus says 503 */
    }
    if (state->reply.is_message || hutong_text_is(outcome->operation, health_operations[0])) {
        return answer_message(state, outcome, out);
    }
    return HUTONG_REJECT;
}
