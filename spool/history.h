/* Looking at what came in and what became of it: messages by id and by time, their events, where consumers are, what was counted by the
 * day. Reads by the connection of look.h, beside a running bus or without one: no read lasts long, nothing is changed. Blocks. For
 * commands, and for a thread of the bus's own. */
#pragma once

#include "spool/look.h"

typedef struct {
    HtReceipt receipt; /* without the adapter's reply */
    char *source;
} HtSpoolKept;

void ht_spool_kept_clear(HtSpoolKept *kept);

/* The message with this id. Ids rise in the order in which requests came, rows stand in the order of commits: the place is found
 * by halving, then at most `most` rows are looked at (0: all, from the beginning if need be). `found` false: it is not there, or
 * not so near. */
bool ht_spool_look_message(HtSpoolLook *look, const HtUuid *id, uint64_t most, HtSpoolKept *kept, bool *found,
                           GError **error);

/* From this time on and before that one, microseconds since 1970. */
typedef struct {
    int64_t from_us, before_us;
} HtSpoolSpan;

/* Each message that was received in the span, in the order of commits, which is about that of times unless the clock was set back (turns.h).
 * `kept` is the caller's until the callee returns. */
bool ht_spool_look_messages(HtSpoolLook *look, const HtSpoolSpan *span,
                            void (*seen)(const HtSpoolKept *kept, void *user), void *user, GError **error);

/* When each source's last message was received, of the last `most` that were taken. `seen` is called once a source. */
bool ht_spool_look_latest(HtSpoolLook *look, uint64_t most,
                          void (*seen)(const char *source, int64_t received_us, void *user), void *user,
                          GError **error);

/* The first and the last event of messages that were received in the span; both 0 when there is none. Events between them may be of other
 * times, when the clock was set. Some tens of milliseconds at most. */
bool ht_spool_look_sequences(HtSpoolLook *look, const HtSpoolSpan *span, uint64_t *first, uint64_t *last,
                             GError **error);

/* The clock was set back: what stands below this sequence was there at that time, whatever it says of when it was recorded. */
typedef struct {
    uint64_t sequence;
    int64_t time_us;
} HtSpoolTurn;

/* All of them that are known, in order (of HtSpoolTurn). The caller unrefs. */
GArray *ht_spool_look_turns(HtSpoolLook *look, GError **error);

/* Each event above `after` and not above `last`, in order; also what cannot be read any more, by its state. */
bool ht_spool_look_events(HtSpoolLook *look, uint64_t after, uint64_t last,
                          void (*seen)(const HtStoredEvent *event, void *user), void *user, GError **error);

/* Where a consumer is. Its dead letters count as finished. */
typedef struct {
    char *name;
    uint64_t start;   /* what it was to begin after; 0 also where that is not known (before format 7) */
    uint64_t cursor;  /* everything up to it is finished, */
    GArray *finished; /* of HtSpoolRun: and these are above it */
    GArray *dead;     /* of uint64_t, ascending: its dead letters, as far as they were asked for */
} HtSpoolConsumer;

/* All that the spool knows (of HtSpoolConsumer), with their dead letters from `first` to `last`. The caller unrefs. */
GPtrArray *ht_spool_look_consumers(HtSpoolLook *look, uint64_t first, uint64_t last, GError **error);

/* What was counted from one day to another, both included (of HtSpoolDay, in order of day and source). The caller unrefs. */
GArray *ht_spool_look_days(HtSpoolLook *look, int first, int last, GError **error);

/* The last sequence that was pruned, 0 for none. */
bool ht_spool_look_pruned(HtSpoolLook *look, uint64_t *sequence, GError **error);

/* One of them; NULL when there is none. */
const HtSpoolConsumer *ht_spool_consumer_find(const GPtrArray *consumers, const char *name);

typedef enum { HT_SPOOL_EVENT_WAITING, HT_SPOOL_EVENT_FINISHED, HT_SPOOL_EVENT_DEAD } HtSpoolEventState;

/* What became of an event that is the consumer's. */
HtSpoolEventState ht_spool_consumer_state(const HtSpoolConsumer *consumer, uint64_t sequence);
