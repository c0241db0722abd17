/* What is sealed under which period's key (vault.h), counted over the whole spool. By the connection of look.h, beside a running bus or without one; nothing
 * is changed. Blocks. */
#pragma once

#include "spool/look.h"

typedef struct {
    uint32_t number; /* 0: what is not sealed; UINT32_MAX: it cannot be told */
    HtSpoolCipher cipher;
    int64_t begun_us, destroyed_us; /* 0: it is not destroyed; both 0 of what is not sealed */
    bool current;                   /* new values are sealed under it */
    uint64_t rows;                  /* of events */
    uint64_t values;                /* payloads, faults, answers */
} HtSpoolPeriodUse;

/* In order, what is not sealed first, and last what is damaged so that nobody can tell, with the number UINT32_MAX (of HtSpoolPeriodUse). The caller unrefs. */
GArray *ht_spool_look_periods(HtSpoolLook *look, GError **error);
