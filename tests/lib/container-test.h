/* For the tests of payloads with several parts: running one by its content type, and what a refusal says. */
#pragma once

#include "tests/lib/mapping-test.h"

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

HtVerdict run_typed(MappingTest *test, const char *type, HtText body);

void take_at(MappingTest *test, const char *type, const char *body, guint events, int line);

void refuse_at(MappingTest *test, const char *type, HtText body, const char *code, unsigned part, int line);

#define assert_taken(test, type, body, events) take_at((test), (type), (body), (events), __LINE__)
#define assert_refused(test, type, body, code, part) \
    refuse_at((test), (type), ht_text_from(body), (code), (part), __LINE__)

#define ROW(number, more) "<ROW><ID>" #number "</ID>" more "</ROW>"
#define NAMED(number) ROW(number, "<XM>测试甲</XM>")
