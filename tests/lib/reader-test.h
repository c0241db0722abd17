/* What the reader's tests share: run a payload, write its events as text, compare.
 * Contents are never printed. */
#pragma once

#include "mappings/engine/read/reader.h"

#include <glib.h>
#include <string.h>

#define ALL_REPAIRS 0x3f

#define SOAP_11 "http://schemas.xmlsoap.org/soap/envelope/"
#define SOAP_12 "http://www.w3.org/2003/05/soap-envelope"

/* An envelope of SOAP 1.1 around the content of its Body. */
#define IN_BODY(content) "<e:Envelope xmlns:e='" SOAP_11 "'><e:Body>" content "</e:Body></e:Envelope>"

typedef struct {
    HtReader *reader;
    GString *events; /* [root, <name a='value'>, text, </>, ]; blank text is left out */
    GString *text;   /* since the last tag */
    GPtrArray *open; /* names, to check that events are balanced */
    unsigned documents;
    unsigned restarts;
    uint32_t last_line; /* ht_reader_line() at the last start */
    HtName stop_at;     /* the sink stops the reading at this element's start */
    HtReading reading;
    HtFault fault;
} ReaderTest;

void reader_test_start(void *user, HtName name, const HtAttribute *attributes, unsigned count);

extern const HtSink reader_test_sink;

void reader_test_forget(ReaderTest *test);

void reader_test_restart(void *user);

ReaderTest *reader_test_new(const HtLimits *limits);

void reader_test_free(ReaderTest *test);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ReaderTest, reader_test_free)

bool reader_test_run_payload(ReaderTest *test, const HtPayload *payload, unsigned repairs);

bool reader_test_run(ReaderTest *test, const char *xml, unsigned repairs);

/* Line breaks count for nothing. */
void assert_same(const char *what, const char *found, const char *expected);

void reader_test_expect(ReaderTest *test, const char *xml, unsigned repairs, const char *events);

void reader_test_refuses(ReaderTest *test, const char *xml, const char *code);
