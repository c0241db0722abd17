/* For the tests of payloads with several parts: running one by its content type, and what a refusal says. */
#pragma once

#include "tests/unit/mapping-test.h"

#define PHOTO_MAPPING                                                                                \
    MAPPING("<operation name='op'/>"                                                                 \
            "<event type='person.registered.v1' for-each='/r'><element to='person.name' from='XM'/>" \
            "<reference to='photo' from='xp'/></event>"                                              \
            "<event type='person.moved-in.v1' for-each='/doc/ROW'><id from='ID'/>"                   \
            "<element to='person.name' from='XM' required='yes'/></event>")

#define SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_12 "http://www.w3.org/2003/05/soap-envelope"
#define XOP "xmlns:x='http://www.w3.org/2004/08/xop/include'"
#define ENVELOPE(uri, content) "<e:Envelope xmlns:e='" uri "'><e:Body>" content "</e:Body></e:Envelope>"

#define PART(headers, content) "--b\r\n" headers "\r\n" content "\r\n"
#define END "--b--\r\n"
#define XML "Content-Type: text/xml\r\n"
#define RELATED "multipart/related; boundary=b"
#define MIXED "multipart/mixed; boundary=\"b\""

/* SHA-256 of the seven bytes GIF89a1 as the reference shows it. */
#define PHOTO "GIF89a1"

static inline HtVerdict run_typed(MappingTest *test, const char *type, HtText body)
{
    HtPayload payload = {.body = body, .head.content_type = ht_text_from(type)};
    ht_outcome_clear(&test->outcome);
    ht_outcome_init(&test->outcome);
    /* A copy without a NUL behind it: a body comes without. */
    g_autofree char *bytes = g_memdup2(body.data, body.size);
    payload.body.data = bytes;
    ht_mapper_run(test->mapper, &payload, &test->outcome);
    return test->outcome.verdict;
}

static inline void take_at(MappingTest *test, const char *type, const char *body, guint events, int line)
{
    if (run_typed(test, type, ht_text_from(body)) != HT_VERDICT_OK || test->outcome.events->len != events) {
        const HtFault *fault = &test->outcome.faults[0];
        g_error("line %d: %u events, %s part %u: %s", line, test->outcome.events->len, fault->code,
                fault->part, fault->text);
    }
}

static inline void refuse_at(MappingTest *test, const char *type, HtText body, const char *code,
                             unsigned part, int line)
{
    const HtFault *fault = &test->outcome.faults[0];
    if (run_typed(test, type, body) != HT_VERDICT_REJECT || strcmp(fault->code, code) != 0 ||
        fault->part != part || test->outcome.events->len != 0) {
        g_error("line %d: %s part %u instead of %s part %u", line, fault->code, fault->part, code, part);
    }
    g_assert_cmpuint(strlen(fault->text), >, 20);
}

#define assert_taken(test, type, body, events) take_at((test), (type), (body), (events), __LINE__)
#define assert_refused(test, type, body, code, part) \
    refuse_at((test), (type), ht_text_from(body), (code), (part), __LINE__)

#define ROW(number, more) "<ROW><ID>" #number "</ID>" more "</ROW>"
#define NAMED(number) ROW(number, "<XM>测试甲</XM>")
