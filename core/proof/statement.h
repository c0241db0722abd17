/* What a receipt says, field by field, and the text of it that is signed: the fields of a receipt, or of the state of a message,
 * in one order, for all forms (XML, SOAP, JSON). docs/wire.md has the same byte by byte. Pure; any thread. */
#pragma once

#include "core/base/clock.h"
#include "core/proof/signer.h"
#include "spool/spool.h"

/* What has become of a message's events. A delivery is one event for one consumer. */
typedef struct {
    int64_t at_us;
    uint64_t deliveries;   /* as the routes have it */
    uint64_t acknowledged; /* by the consumer */
    uint64_t dead;         /* refused by it: dead letters */
    uint64_t waiting;
} HtDeliveryState;

typedef struct {
    const HtReceipt *receipt;
    const char *bus, *source;     /* names; they stand in what is signed only */
    const HtDeliveryState *state; /* NULL: a receipt, and nothing of deliveries */
    const HtSigner *signer;       /* NULL: unsigned */
} HtStatement;

typedef struct {
    const char *name;
    HtText value;
    bool number;
} HtStatementField;

#define HT_STATEMENT_FIELDS 20
#define HT_STATEMENT_NUMBER 21

/* The fields in the order in which they are signed; `keyId` and `signature`, which are not, are the last ones. */
typedef struct {
    HtStatementField list[HT_STATEMENT_FIELDS];
    unsigned count;
    unsigned numbers;
    char number[10][HT_STATEMENT_NUMBER];
    char id[HT_UUID_TEXT], sha256[65], received[HT_CLOCK_TEXT], at[HT_CLOCK_TEXT];
    char signature[HT_SIGNATURE_TEXT];
} HtStatementFields;

/* Fills `fields`, whose values point into it and into the statement. */
void ht_statement_fields(const HtStatement *statement, HtStatementFields *fields);

/* Appends the fields as members of the JSON object that the buffer ends in. */
void ht_statement_json(const HtStatementFields *fields, HtBuffer *json);

/* Names of fields in order, NULL-terminated: those that every receipt has; those that a signed one has, too; those of a state. */
extern const char *const ht_statement_always[], *const ht_statement_signed[], *const ht_statement_state[];

/* Appends the text that is signed: a line that says what it is, then `name=value` and a line feed for each field. */
void ht_statement_text(const HtStatementField *fields, unsigned count, bool of_state, HtBuffer *text);
