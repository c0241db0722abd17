/* What is kept of delivery besides cursors, as the main thread knows it: which events are dead letters, what is paused, which
 * replays there are. Loaded when the spool is opened; changed together with the deed that writes it (delivery.c). */
#pragma once

#include "spool/database.h"
#include "spool/delivery.h"

struct HtSpoolStanding {
    GHashTable *letters;                  /* by consumer: GArray of uint64_t, ascending */
    GHashTable *pauses[HT_SPOOL_PARTIES]; /* by name: HtSpoolPause */
    uint64_t pause_turn;                  /* counts their changes */
    GPtrArray *replays;                   /* of HtSpoolReplay, by id */
};
typedef struct HtSpoolStanding HtSpoolStanding;

bool ht_spool_standing_load(HtSpoolStanding *kept, sqlite3 *db, GError **error);
void ht_spool_standing_clear(HtSpoolStanding *kept);

/* False when it was there, or not there. */
bool ht_spool_standing_add_letter(HtSpoolStanding *kept, const char *consumer, uint64_t sequence);
bool ht_spool_standing_has_letter(HtSpoolStanding *kept, const char *consumer, uint64_t sequence);
bool ht_spool_standing_remove_letter(HtSpoolStanding *kept, const char *consumer, uint64_t sequence);

void ht_spool_standing_pause(HtSpoolStanding *kept, HtSpoolParty party, const char *name,
                             const HtSpoolPause *pause);

/* "consumer", "source", …: as the table has it. */
const char *ht_spool_party_name(HtSpoolParty party);

/* Of all consumers. */
uint64_t ht_spool_standing_letters(const HtSpoolStanding *kept);

/* The spool's. In spool.c. */
HtSpoolStanding *ht_spool_standing(HtSpool *spool);
