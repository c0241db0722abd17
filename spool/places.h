/* Where rows stand: the table `places` names, by the sequence of its last event, each row of the table `rows` (row.h), and with its
 * own checksum. A row that no place names is not there yet for whoever reads. Reading, over any connection, on the thread that
 * has it. */
#pragma once

#include "spool/database.h"
#include "spool/row.h"

typedef struct {
    uint64_t last;    /* sequence of the last event */
    uint64_t row;     /* 0: none; these were given out, and are lost (append.h) */
    uint64_t message; /* messages.id from which the records count theirs */
    uint32_t count;   /* of events */
} HtSpoolPlace;

static inline uint64_t ht_spool_place_first(const HtSpoolPlace *place)
{
    return place->last - place->count + 1;
}

/* The column `sum`. */
int64_t ht_spool_place_sum(const HtSpoolPlace *place);

typedef struct HtSpoolPlaces HtSpoolPlaces;

HtSpoolPlaces *ht_spool_places_new(sqlite3 *db, GError **error);
void ht_spool_places_free(HtSpoolPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HtSpoolPlaces, ht_spool_places_free)

/* From now on, or no longer: what the disk fails to read (EIO) is passed over as what is damaged is. Otherwise it is an error. */
void ht_spool_places_bear(HtSpoolPlaces *places, bool bears);

/* The first place that ends above `after` and can be read; what cannot is passed over, as far as `last`. It may begin above
 * `after + 1`: what is between is lost, or was pruned. `found` false: there is none. */
bool ht_spool_places_next(HtSpoolPlaces *places, uint64_t after, uint64_t last, HtSpoolPlace *place,
                          bool *found, GError **error);

/* The sequence at which the last place ends that can be read; 0 when there is none. */
bool ht_spool_places_last(HtSpoolPlaces *places, uint64_t *last, GError **error);

/* The row that stands there; its bytes are NULL when it is not there or cannot be read. The caller unrefs. */
bool ht_spool_places_read(HtSpoolPlaces *places, const HtSpoolPlace *place, GBytes **bytes, GError **error);

static inline HtSpoolRow ht_spool_place_row(const HtSpoolPlace *place, GBytes *bytes)
{
    gsize size = 0;
    const char *data = bytes ? g_bytes_get_data(bytes, &size) : NULL;
    return (HtSpoolRow){{data, size}, place->row, place->count};
}

/* One event. */
typedef struct {
    HtSpoolRowVerdict verdict; /* GONE also when no place has it */
    uint64_t message;          /* messages.id */
    HtSpoolRecord record;      /* of a good one */
} HtSpoolFound;

/* Under which period's key the event's row is sealed; 0: it is not, or there is none that can be read. */
bool ht_spool_places_period(HtSpoolPlaces *places, uint64_t sequence, uint32_t *period, GError **error);

/* Reads of its row no more than is needed; the record's texts point into `room`. */
bool ht_spool_places_find(HtSpoolPlaces *places, uint64_t sequence, HtBuffer *room, HtSpoolFound *found,
                          GError **error);
