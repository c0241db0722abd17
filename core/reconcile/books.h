/* The books (对账): by the day, what came in, what became of it, and what each consumer has; held against the other side's list. One pass over
 * the messages and events of the time; memory does not grow with them, only with the list. Beside a running bus, or without one.
 * One thread; blocks. */
#pragma once

#include "core/reconcile/delivered.h"
#include "core/reconcile/manifest.h"
#include "core/reconcile/sum.h"

#define HT_BOOK_COUNTS 8

/* A line of a book. */
typedef struct {
    int day;                        /* as ht_spool_day_of() has it, of the message */
    char *consumer, *source, *type; /* NULL where the book is not by them */
    uint64_t counts[HT_BOOK_COUNTS];
    HtSum
        ids; /* of messages, or of events (of a consumer: the acknowledged ones): the SHA-256 of each id's text */
    HtSum payloads; /* of messages: their sha256 */
} HtBookLine;

/* What is counted, by day and source: intake; by day, source and type: events; by day, consumer, source and type: deliveries. */
typedef enum { HT_BOOK_INTAKE, HT_BOOK_EVENTS, HT_BOOK_DELIVERIES, HT_BOOKS } HtBookKind;

typedef struct {
    const char *name;
    const char *columns[HT_BOOK_COUNTS]; /* names of the counts; NULL behind the last */
} HtBookHead;

extern const HtBookHead ht_book_heads[HT_BOOKS];

/* How the list and the books differ. */
typedef enum {
    HT_DIFFERENCE_NOT_IN_LIST, /* the books have it: a message that was taken, an event that was acknowledged */
    HT_DIFFERENCE_NOT_IN_BOOKS, /* the list has it */
    HT_DIFFERENCE_ALTERED,      /* both have it, with another digest */
    HT_DIFFERENCE_TWICE,        /* it stands in the list twice */
    HT_DIFFERENCE_DEAD_LETTER,  /* the list has it, and the consumer had refused it */
    HT_DIFFERENCE_UNREADABLE,   /* a line of the list that is no entry */
    HT_DIFFERENCES
} HtDifferenceKind;

extern const char *const ht_difference_names[HT_DIFFERENCES];

typedef struct {
    HtDifferenceKind kind;
    HtUuid id;
    bool has_id;
    unsigned line; /* of the list; 0: it is not in it */
} HtDifference;

typedef struct {
    int first, last;      /* days, both of them included */
    const char *source;   /* this one only; NULL: all. With a list: whose messages it has */
    const char *consumer; /* the same; with a list: whose events it has */
    HtManifest *list;     /* NULL: nothing to compare with */
    unsigned limit;       /* differences of each kind that are listed */
} HtBooksQuestion;

typedef struct {
    GPtrArray *lines[HT_BOOKS]; /* of HtBookLine, in order */
    GArray *differences;        /* of HtDifference, in order of kind */
    uint64_t different[HT_DIFFERENCES];
    uint64_t agreed;  /* entries of the list that are in the books, as they are there */
    uint64_t waiting; /* of these, events that the consumer has not acknowledged: they come again */
    uint64_t damaged; /* events that cannot be read any more; they are in no book */
    uint64_t pruned;  /* the last sequence that is no longer kept; 0: all are */
} HtBooks;

/* Makes the books up from a spool; `config` and `dictionary` say whose events are whose. HT_SPOOL_ERROR. NULL on failure. */
HtBooks *ht_books_make(const HtConfig *config, const HtDictionary *dictionary,
                       const HtBooksQuestion *question, GError **error);
void ht_books_free(HtBooks *books);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtBooks, ht_books_free)

/* Whether the list says what the books say. */
bool ht_books_agree(const HtBooks *books);
