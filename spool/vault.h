/* The keys under which a spool's values are sealed (sealer.h): one for each period of time, so that a period's data can be destroyed with its key, wherever
 * copies of it lie. They stand in the file `periods` beside spool.db, each wrapped under the site's master key, which stands elsewhere if the site
 * wants it so:
 *
 *   hutong-periods 1 ID             of the vault: 16 hexadecimal digits
 *   master PATH                     of each file of a master key that was named; none: master.key beside it
 *   NUMBER CIPHER BEGUN WRAPPED     a period: microseconds since 1970; nonce (12), key (32) and tag (16) in hexadecimal, bound to
 *                                   vault, number, cipher and time
 *   NUMBER CIPHER BEGUN destroyed TIME
 *   0 CIPHER BEGUN WRAPPED          not a period: the key of that cipher for files that leave the spool (the archive); never destroyed by itself
 *
 * The file is replaced as a whole and synced before the first value is sealed under a new key. One vault for each directory of a process; all
 * its functions may be called on any thread. */
#pragma once

#include "spool/aead.h"
#include "spool/database.h"

#define HT_SPOOL_PERIODS_FILE "periods"
#define HT_SPOOL_MASTER_FILE "master.key"

#define HT_SPOOL_VAULT_ID 8

typedef struct HtSpoolVault HtSpoolVault;

typedef enum {
    HT_SPOOL_PERIOD_GOOD,
    HT_SPOOL_PERIOD_DESTROYED,
    HT_SPOOL_PERIOD_UNKNOWN, /* no such period, or the vault was not opened */
} HtSpoolPeriodState;

typedef struct {
    uint32_t number; /* 1 and up */
    HtSpoolCipher cipher;
    int64_t begun_us, destroyed_us; /* 0: it is not */
    uint8_t key[HT_SPOOL_KEY_BYTES];
} HtSpoolPeriod;

/* Reads the directory's periods and unwraps their keys. `sealing` NULL: to look only, with the master key that was named last or stands in the directory;
 * nothing is made, and what cannot be read leaves the
 * vault as it was; while a spool of this process is open, it is its vault. Otherwise new values will be sealed as it says; a master key and a first period are made where there are none, and keys
 * that are wrapped under another of its master keys than the first are wrapped anew. HT_SPOOL_ERROR_KEY when a key cannot be unwrapped, with the file that lacks; IO, FULL. */
bool ht_spool_vault_open(const char *directory, const HtSpoolSealing *sealing, GError **error);

/* The spool of this process that was opened with sealing is closed: the file may be another's to change from now on. */
void ht_spool_vault_release(const char *directory);

/* Whether the keys of the directory's file are those with which the values of this spool are sealed: HT_SPOOL_ERROR_KEY when they are missing or others. True
 * for a spool of which nothing is sealed. Before ht_spool_vault_open() it is only looked whether there is a file. */
bool ht_spool_vault_belongs(sqlite3 *db, GError **error);

/* The vault of the directory of this connection's file; lives as long as the process. Never NULL: one that was not opened seals nothing and opens
 * nothing. */
HtSpoolVault *ht_spool_vault_of(sqlite3 *db);

/* The vault of a directory, likewise. */
HtSpoolVault *ht_spool_vault_at(const char *directory);

/* The key for files of this cipher, as `period` 0. HT_SPOOL_CIPHER_OFF: of the one under which new values are sealed; then it is made when there is none yet, and on disk.
 * HT_SPOOL_ERROR_KEY when there is none, IO, FULL. */
bool ht_spool_vault_file_key(HtSpoolVault *vault, HtSpoolCipher cipher, HtSpoolPeriod *period,
                             GError **error);

/* Which keys these are; false when there are none. */
bool ht_spool_vault_id(HtSpoolVault *vault, uint8_t id[HT_SPOOL_VAULT_ID]);

/* Whether new values are sealed. */
bool ht_spool_vault_seals(HtSpoolVault *vault);

/* The period for new values; a new one is begun when the last has had its time or has another cipher. When that cannot be written the last one goes on,
 * which is logged. Of a vault that seals. */
void ht_spool_vault_current(HtSpoolVault *vault, HtSpoolPeriod *period);

HtSpoolPeriodState ht_spool_vault_period(HtSpoolVault *vault, uint32_t number, HtSpoolPeriod *period);

/* All periods, in order; keys are blank. The caller unrefs. */
GArray *ht_spool_vault_periods(HtSpoolVault *vault);

/* The period's key is no more, here and in the file: what was sealed under it can be opened by nobody. Not the current one. HT_SPOOL_ERROR_REPAIR when there is
 * none such, IO. */
bool ht_spool_vault_destroy(HtSpoolVault *vault, uint32_t number, int64_t now_us, GError **error);

/* "aes-256-gcm"; "off". */
const char *ht_spool_cipher_name(HtSpoolCipher cipher);
