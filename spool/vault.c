/* The file of periods; see vault.h.
 *
 * States of a vault, and the function that makes each:
 *
 *   CLOSED   nothing is known of its keys                       find()
 *   LOOKING  what there is can be opened                        ht_spool_vault_open() without sealing
 *   SEALING  there is a current period, or sealing is off       ht_spool_vault_open() with sealing
 *
 * Invariants, checked by assert_vault(): a period that is in memory stands in the file; the last one is the current one and is not destroyed, while the
 * vault seals; the key of a destroyed one is blank. */
#include "spool/vault.h"

#include "core/base/clock.h"
#include "core/base/digest.h"
#include "core/base/log.h"
#include "core/base/private.h"
#include "spool/disk.h"
#include "spool/schema.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC "hutong-periods 1 "
#define FILE_MAX ((size_t)16 << 20)
#define MASTER "master "
#define WRAPPED (HT_SPOOL_NONCE + HT_SPOOL_KEY_BYTES + HT_SPOOL_TAG)
#define BACK_US (HT_SECOND * 3600)

struct HtSpoolVault {
    GMutex lock;
    char *directory, *path;
    char **masters; /* files of master keys, as the file says or will say; NULL: the one in the directory */
    bool opened, seals;
    bool held;             /* a spool of this process is open: its keys are changed by that alone */
    ino_t file_number;     /* of the file when it was read, */
    struct timespec since; /* and when it was written */
    HtSpoolCipher cipher;
    int64_t period_us;
    int64_t retry_us; /* a new period could not be written: not tried again before; monotonic */
    uint8_t id[HT_SPOOL_VAULT_ID];
    uint8_t master[HT_SPOOL_KEY_BYTES];    /* the one that wraps */
    GArray *periods;                       /* of HtSpoolPeriod, in order of their numbers */
    HtSpoolPeriod files[HT_SPOOL_CIPHERS]; /* for files, by cipher; one without a key has the cipher OFF */
};

static const char *const cipher_names[] = {[HT_SPOOL_CIPHER_OFF] = "off",
                                           [HT_SPOOL_CIPHER_AES_256_GCM] = "aes-256-gcm",
                                           [HT_SPOOL_CIPHER_SM4_SM3] = "sm4-ctr-hmac-sm3"};

const char *ht_spool_cipher_name(HtSpoolCipher cipher)
{
    return cipher_names[cipher];
}

static void clear_period(void *data)
{
    HtSpoolPeriod *period = data;
    OPENSSL_cleanse(period->key, sizeof period->key);
}

static GArray *new_periods(void)
{
    GArray *periods = g_array_new(FALSE, TRUE, sizeof(HtSpoolPeriod));
    g_array_set_clear_func(periods, clear_period);
    return periods;
}

static void assert_vault(const HtSpoolVault *vault)
{
    const GArray *periods = vault->periods;
    g_assert(vault->opened || (periods->len == 0 && !vault->seals));
    g_assert(!vault->seals || periods->len > 0);
    g_assert(!vault->seals || g_array_index(periods, HtSpoolPeriod, periods->len - 1).destroyed_us == 0);
}

/* ---- One for each directory ---- */

static GMutex vaults_lock;
static GHashTable *vaults; /* char * → HtSpoolVault */

static HtSpoolVault *find(const char *directory)
{
    g_mutex_lock(&vaults_lock);
    if (!vaults) {
        vaults = g_hash_table_new(g_str_hash, g_str_equal);
    }
    HtSpoolVault *vault = g_hash_table_lookup(vaults, directory);
    if (!vault) {
        vault = g_new0(HtSpoolVault, 1);
        g_mutex_init(&vault->lock);
        vault->directory = g_strdup(directory);
        vault->path = g_build_filename(directory, HT_SPOOL_PERIODS_FILE, NULL);
        vault->periods = new_periods();
        g_hash_table_insert(vaults, vault->directory, vault);
    }
    g_mutex_unlock(&vaults_lock);
    return vault;
}

/* By its real path, as SQLite has it of a file. */
static HtSpoolVault *find_canonical(const char *directory)
{
    char *real = realpath(directory, NULL);
    g_autofree char *path = real ? g_strdup(real) : g_canonicalize_filename(directory, NULL);
    free(real);
    return find(path);
}

HtSpoolVault *ht_spool_vault_at(const char *directory)
{
    return find_canonical(directory);
}

HtSpoolVault *ht_spool_vault_of(sqlite3 *db)
{
    const char *file = sqlite3_db_filename(db, "main");
    g_autofree char *directory = g_path_get_dirname(file ? file : "");
    return find_canonical(directory);
}

/* ---- Wrapping ---- */

static bool fail(GError **error, const char *path, const char *reason)
{
    g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY, "spool: \"%s\": %s", path, reason);
    return false;
}

/* What a wrapped key is bound to. */
static HtText bind(const HtSpoolVault *vault, const HtSpoolPeriod *period, HtBuffer *room)
{
    char text[96];
    int size = snprintf(text, sizeof text, " %u %s %" G_GINT64_FORMAT, period->number,
                        cipher_names[period->cipher], period->begun_us);
    room->size = 0;
    ht_buffer_add(room, vault->id, sizeof vault->id);
    ht_buffer_add(room, text, (size_t)size);
    return ht_buffer_text(room);
}

static bool unwrap(const HtSpoolVault *vault, const uint8_t master[HT_SPOOL_KEY_BYTES],
                   const uint8_t wrapped[WRAPPED], HtSpoolPeriod *period)
{
    HtBuffer room = {.data = NULL};
    uint8_t bytes[WRAPPED];
    memcpy(bytes, wrapped, WRAPPED);
    g_autoptr(HtSpoolAead) aead = ht_spool_aead_new(period->cipher, master);
    bool good = ht_spool_aead_open(aead, bytes, bind(vault, period, &room), bytes + HT_SPOOL_NONCE,
                                   WRAPPED - HT_SPOOL_NONCE);
    if (good) {
        memcpy(period->key, bytes + HT_SPOOL_NONCE, HT_SPOOL_KEY_BYTES);
    }
    explicit_bzero(bytes, sizeof bytes);
    ht_buffer_clear(&room);
    return good;
}

static void wrap(const HtSpoolVault *vault, const HtSpoolPeriod *period, char hex[2 * WRAPPED + 1])
{
    HtBuffer room = {.data = NULL}, wrapped = {.data = NULL};
    uint8_t nonce[HT_SPOOL_NONCE];
    ht_spool_random(nonce, sizeof nonce);
    ht_buffer_add(&wrapped, nonce, sizeof nonce);
    g_autoptr(HtSpoolAead) aead = ht_spool_aead_new(period->cipher, vault->master);
    ht_spool_aead_seal(aead, nonce, bind(vault, period, &room),
                       (HtText){(const char *)period->key, sizeof period->key}, &wrapped);
    ht_hex_write((const uint8_t *)wrapped.data, WRAPPED, hex);
    ht_buffer_clear(&room);
    ht_buffer_clear(&wrapped);
}

/* ---- The file ---- */

static bool fail_errno(GError **error, const char *what, const char *path)
{
    int code = errno;
    bool full = code == ENOSPC || code == EDQUOT;
    g_set_error(error, HT_SPOOL_ERROR, full ? HT_SPOOL_ERROR_FULL : HT_SPOOL_ERROR_IO,
                "spool: cannot %s \"%s\": %s", what, path, g_strerror(code));
    return false;
}

static void add_line(const HtSpoolVault *vault, const HtSpoolPeriod *period, GString *text)
{
    char hex[2 * WRAPPED + 1] = "";
    g_string_append_printf(text, "%u %s %" G_GINT64_FORMAT " ", period->number, cipher_names[period->cipher],
                           period->begun_us);
    if (period->destroyed_us > 0) {
        g_string_append_printf(text, "destroyed %" G_GINT64_FORMAT "\n", period->destroyed_us);
    } else {
        wrap(vault, period, hex);
        g_string_append_printf(text, "%s\n", hex);
    }
}

/* Under a name of its own until it is synced: half a file must never be found. */
static bool write_file(const HtSpoolVault *vault, GError **error)
{
    char id[2 * HT_SPOOL_VAULT_ID + 1] = "";
    g_autofree char *draft = g_strconcat(vault->path, ".new", NULL);
    g_autoptr(GString) text = g_string_new(MAGIC);
    ht_hex_write(vault->id, sizeof vault->id, id);
    g_string_append_printf(text, "%s\n", id);
    for (char **master = vault->masters; master && *master; master++) {
        g_string_append_printf(text, MASTER "%s\n", *master);
    }
    for (guint i = 0; i < vault->periods->len; i++) {
        add_line(vault, &g_array_index(vault->periods, HtSpoolPeriod, i), text);
    }
    for (unsigned i = 0; i < HT_SPOOL_CIPHERS; i++) {
        if (vault->files[i].cipher != HT_SPOOL_CIPHER_OFF) {
            add_line(vault, &vault->files[i], text);
        }
    }
    if (text->len > FILE_MAX) {
        return fail(error, vault->path, "it holds as many periods as it may: give key-period a longer time");
    }
    int file = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool good = file >= 0 && write(file, text->str, text->len) == (ssize_t)text->len && fsync(file) == 0;
    good = (file < 0 || close(file) == 0) && good;
    return ((good && g_rename(draft, vault->path) == 0) || fail_errno(error, "write", vault->path)) &&
           ht_spool_disk_sync(vault->directory, error);
}

static bool read_hex(const char *text, uint8_t *bytes, size_t size)
{
    return ht_hex_read(text, bytes, size) && text[2 * size] == '\0';
}

static bool read_cipher(const char *name, HtSpoolCipher *cipher)
{
    for (unsigned i = HT_SPOOL_CIPHER_AES_256_GCM; i < G_N_ELEMENTS(cipher_names); i++) {
        if (g_str_equal(name, cipher_names[i])) {
            *cipher = (HtSpoolCipher)i;
            return true;
        }
    }
    return false;
}

typedef struct {
    unsigned count;
    uint8_t (*keys)[HT_SPOOL_KEY_BYTES];
} Masters;

static bool has_file(const HtSpoolVault *vault)
{
    return g_file_test(vault->path, G_FILE_TEST_EXISTS);
}

static void clear_masters(Masters *masters)
{
    if (masters->keys) {
        OPENSSL_cleanse(masters->keys, masters->count * sizeof *masters->keys);
        g_free(masters->keys);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Masters, clear_masters)

/* `rewrap`: it was wrapped under another master key than the first. */
static bool read_period(HtSpoolVault *vault, const char *line, const Masters *masters, bool *rewrap,
                        GError **error)
{
    HtSpoolPeriod period = {.number = 0};
    uint8_t wrapped[WRAPPED];
    guint64 number, next = vault->periods->len + 1;
    gint64 begun, destroyed;
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    unsigned count = g_strv_length(words);
    if (count < 4 || !g_ascii_string_to_unsigned(words[0], 10, 0, next, &number, NULL) ||
        (number > 0 && number < next) || !read_cipher(words[1], &period.cipher) ||
        !g_ascii_string_to_signed(words[2], 10, 0, G_MAXINT64, &begun, NULL)) {
        return fail(error, vault->path,
                    "this is no file of periods, or it is damaged: bring back a copy of it");
    }
    period.number = (uint32_t)number;
    period.begun_us = begun;
    if (number > 0 && count == 5 && g_str_equal(words[3], "destroyed") &&
        g_ascii_string_to_signed(words[4], 10, 1, G_MAXINT64, &destroyed, NULL)) {
        period.destroyed_us = destroyed;
        g_array_append_val(vault->periods, period);
        return true;
    }
    if (count != 4 || !read_hex(words[3], wrapped, sizeof wrapped)) {
        return fail(error, vault->path, "a line of it is damaged: bring back a copy of it");
    }
    unsigned at = 0;
    while (at < masters->count && !unwrap(vault, masters->keys[at], wrapped, &period)) {
        at++;
    }
    if (at == masters->count) {
        return fail(
            error, vault->path,
            "its keys are wrapped under another master key than those of master-key-file (without it: master.key in the "
            "state directory): bring that key back");
    }
    *rewrap |= at > 0;
    if (number == 0) {
        vault->files[period.cipher] = period;
    } else {
        g_array_append_val(vault->periods, period);
    }
    explicit_bzero(&period, sizeof period);
    return true;
}

static bool read_lines(HtSpoolVault *vault, char *text, const Masters *masters, bool *rewrap, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_array_set_size(vault->periods, 0);
    if (!lines[0] || !g_str_has_prefix(lines[0], MAGIC) ||
        !read_hex(lines[0] + strlen(MAGIC), vault->id, sizeof vault->id)) {
        return fail(error, vault->path,
                    "this is no file of periods, or it is damaged: bring back a copy of it");
    }
    for (char **line = lines + 1; *line; line++) {
        if (**line != '\0' && !g_str_has_prefix(*line, MASTER) &&
            !read_period(vault, *line, masters, rewrap, error)) {
            return false;
        }
    }
    return true;
}

/* ---- Opening ---- */

/* The files of master keys that the text of a file of periods names; NULL: none. */
static char **named_masters(const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    g_autoptr(GStrvBuilder) named = g_strv_builder_new();
    for (char **line = lines; *line; line++) {
        if (g_str_has_prefix(*line, MASTER)) {
            g_strv_builder_add(named, *line + strlen(MASTER));
        }
    }
    char **list = g_strv_builder_end(named);
    if (!*list) {
        g_clear_pointer(&list, g_strfreev);
    }
    return list;
}

static bool same_list(char *const *a, char *const *b)
{
    return a && b ? g_strv_equal((const char *const *)a, (const char *const *)b) : !a && !b;
}

/* `make`: the one in the directory, if it is not there. */
static bool load_masters(const HtSpoolVault *vault, bool make, Masters *masters, GError **error)
{
    g_autofree char *own = g_build_filename(vault->directory, HT_SPOOL_MASTER_FILE, NULL);
    char *only[] = {own, NULL};
    char **files = vault->masters ? vault->masters : only;
    masters->count = g_strv_length(files);
    masters->keys = g_malloc0_n(masters->count, sizeof *masters->keys);
    for (unsigned i = 0; i < masters->count; i++) {
        if (!ht_spool_load_key(files[i], make && files == only, masters->keys[i], error)) {
            return false;
        }
    }
    return true;
}

/* NULL text: there is no file. */
static bool read_text(const HtSpoolVault *vault, char **text, GError **error)
{
    g_autoptr(GError) reason = NULL;
    size_t size = 0;
    *text =
        has_file(vault) ? ht_private_read(vault->path, HT_PRIVATE_SECRET, FILE_MAX, &size, &reason) : NULL;
    return !reason || fail(error, vault->path, reason->message);
}

static HtSpoolPeriod *last_of(const HtSpoolVault *vault)
{
    return vault->periods->len > 0 ? &g_array_index(vault->periods, HtSpoolPeriod, vault->periods->len - 1)
                                   : NULL;
}

/* Written, or taken back. */
static bool begin_period(HtSpoolVault *vault, int64_t now_us, GError **error)
{
    HtSpoolPeriod period = {
        .number = vault->periods->len + 1, .cipher = vault->cipher, .begun_us = MAX(now_us, 0)};
    ht_spool_random(period.key, sizeof period.key);
    g_array_append_val(vault->periods, period);
    explicit_bzero(&period, sizeof period);
    if (write_file(vault, error)) {
        return true;
    }
    g_array_set_size(vault->periods, vault->periods->len - 1);
    return false;
}

/* If it is not there; written, or taken back. */
static bool make_file_key(HtSpoolVault *vault, GError **error)
{
    HtSpoolPeriod *key = &vault->files[vault->cipher];
    if (key->cipher != HT_SPOOL_CIPHER_OFF) {
        return true;
    }
    *key = (HtSpoolPeriod){.cipher = vault->cipher, .begun_us = MAX(ht_clock_now(), 0)};
    ht_spool_random(key->key, sizeof key->key);
    bool good = write_file(vault, error);
    key->cipher = good ? key->cipher : HT_SPOOL_CIPHER_OFF;
    return good;
}

static bool begin_sealing(HtSpoolVault *vault, const HtSpoolSealing *sealing, bool rewrap, GError **error)
{
    const HtSpoolPeriod *last = last_of(vault);
    vault->cipher = sealing->cipher;
    vault->period_us = (int64_t)sealing->period_ms * 1000;
    vault->retry_us = 0;
    if (rewrap && !write_file(vault, error)) {
        return false;
    }
    if (rewrap) {
        ht_log(HT_LOG_INFO, "spool", "the keys of %u periods are wrapped under the first master key now",
               vault->periods->len);
    }
    if (sealing->cipher == HT_SPOOL_CIPHER_OFF) {
        return true;
    }
    if (!last) {
        ht_spool_random(vault->id, sizeof vault->id);
    }
    bool goes_on = last && last->destroyed_us == 0 && last->cipher == sealing->cipher;
    vault->seals = goes_on || begin_period(vault, ht_clock_now(), error);
    if (vault->seals) {
        make_file_key(
            vault,
            NULL); /* so that every copy of the file has it; else it is tried again when it is needed */
    }
    return vault->seals;
}

/* Fills `vault->periods`, which are empty. */
static bool read_vault(HtSpoolVault *vault, const HtSpoolSealing *sealing, GError **error)
{
    g_auto(Masters) masters = {0};
    g_autofree char *text = NULL;
    bool wants = sealing && sealing->cipher != HT_SPOOL_CIPHER_OFF;
    if (!read_text(vault, &text, error)) {
        return false;
    }
    if (!text && !wants) {
        return true;
    }
    g_auto(GStrv) named = text ? named_masters(text) : NULL;
    g_strfreev(vault->masters);
    vault->masters = g_strdupv(sealing ? (char **)sealing->master_files : named);
    bool rewrap = text && sealing && !same_list(named, vault->masters);
    if (!load_masters(vault, wants && !text, &masters, error) ||
        (text && !read_lines(vault, text, &masters, &rewrap, error))) {
        return false;
    }
    memcpy(vault->master, masters.keys[0], sizeof vault->master);
    return !sealing || begin_sealing(vault, sealing, rewrap, error);
}

static void look_at_file(HtSpoolVault *vault, ino_t *number, struct timespec *since)
{
    struct stat info = {.st_ino = 0};
    (void)!stat(vault->path, &info);
    *number = info.st_ino;
    *since = info.st_mtim;
}

/* What cannot be read leaves the vault as it was. */
static bool open_vault(HtSpoolVault *vault, const HtSpoolSealing *sealing, GError **error)
{
    GArray *before = vault->periods;
    bool opened = vault->opened, seals = vault->seals;
    uint8_t id[HT_SPOOL_VAULT_ID];
    HtSpoolPeriod files[HT_SPOOL_CIPHERS];
    memcpy(id, vault->id, sizeof id);
    memcpy(files, vault->files, sizeof files);
    OPENSSL_cleanse(vault->files, sizeof vault->files);
    vault->periods = new_periods();
    vault->seals = false;
    look_at_file(vault, &vault->file_number, &vault->since);
    bool good = read_vault(vault, sealing, error);
    if (!good) {
        GArray *half = vault->periods;
        vault->periods = before;
        memcpy(vault->id, id, sizeof id);
        memcpy(vault->files, files, sizeof files);
        before = half;
        vault->seals = seals;
    }
    OPENSSL_cleanse(files, sizeof files);
    vault->opened = good || opened;
    g_array_unref(before);
    return good;
}

bool ht_spool_vault_open(const char *directory, const HtSpoolSealing *sealing, GError **error)
{
    HtSpoolVault *vault = find_canonical(directory);
    g_mutex_lock(&vault->lock);
    bool good = (!sealing && vault->held) || open_vault(vault, sealing, error);
    vault->held = vault->held || (good && sealing);
    assert_vault(vault);
    g_mutex_unlock(&vault->lock);
    return good;
}

void ht_spool_vault_release(const char *directory)
{
    HtSpoolVault *vault = find_canonical(directory);
    g_mutex_lock(&vault->lock);
    vault->held = false;
    g_mutex_unlock(&vault->lock);
}

bool ht_spool_vault_belongs(sqlite3 *db, GError **error)
{
    HtSpoolVault *vault = ht_spool_vault_of(db);
    uint8_t wanted[HT_SPOOL_VAULT_ID] = {0}, id[HT_SPOOL_VAULT_ID];
    bool wants = false;
    int version;
    if (!ht_spool_schema_version(db, &version, error) ||
        (version > 0 && !ht_spool_meta_get(db, HT_SPOOL_META_VAULT, wanted, sizeof wanted, &wants, error))) {
        return false;
    }
    bool same = has_file(vault) && (!ht_spool_vault_id(vault, id) || memcmp(id, wanted, sizeof id) == 0);
    return !wants || same ||
           fail(
               error, vault->path,
               "what is in the spool beside it is sealed, and this file is missing or another's: bring it back, and the "
               "master key with it");
}

/* ---- Periods ---- */

bool ht_spool_vault_id(HtSpoolVault *vault, uint8_t id[HT_SPOOL_VAULT_ID])
{
    g_mutex_lock(&vault->lock);
    bool has = vault->periods->len > 0;
    memcpy(id, vault->id, HT_SPOOL_VAULT_ID);
    g_mutex_unlock(&vault->lock);
    return has;
}

bool ht_spool_vault_seals(HtSpoolVault *vault)
{
    g_mutex_lock(&vault->lock);
    bool seals = vault->seals;
    g_mutex_unlock(&vault->lock);
    return seals;
}

/* A clock that was set back makes no period; one that was set forward makes one. */
static void renew(HtSpoolVault *vault)
{
    g_autoptr(GError) error = NULL;
    int64_t now_us = ht_clock_now();
    bool over = vault->period_us > 0 && now_us >= last_of(vault)->begun_us + vault->period_us;
    if (over && ht_clock_monotonic() >= vault->retry_us && !begin_period(vault, now_us, &error)) {
        vault->retry_us = ht_clock_monotonic() + BACK_US;
        ht_log(HT_LOG_WARNING, "spool",
               "no new period of keys can be begun, the last one goes on for an hour: %s", error->message);
    }
}

void ht_spool_vault_current(HtSpoolVault *vault, HtSpoolPeriod *period)
{
    g_mutex_lock(&vault->lock);
    g_assert(vault->seals);
    renew(vault);
    *period = *last_of(vault);
    assert_vault(vault);
    g_mutex_unlock(&vault->lock);
}

/* A bus beside us may have begun a period. */
static void follow(HtSpoolVault *vault)
{
    ino_t number;
    struct timespec since;
    look_at_file(vault, &number, &since);
    if (vault->opened && (number != vault->file_number || since.tv_sec != vault->since.tv_sec ||
                          since.tv_nsec != vault->since.tv_nsec)) {
        open_vault(vault, NULL, NULL);
    }
}

HtSpoolPeriodState ht_spool_vault_period(HtSpoolVault *vault, uint32_t number, HtSpoolPeriod *period)
{
    HtSpoolPeriodState state = HT_SPOOL_PERIOD_UNKNOWN;
    g_mutex_lock(&vault->lock);
    if (number > vault->periods->len && !vault->held) {
        follow(vault);
    }
    if (number >= 1 && number <= vault->periods->len) {
        *period = g_array_index(vault->periods, HtSpoolPeriod, number - 1);
        state = period->destroyed_us > 0 ? HT_SPOOL_PERIOD_DESTROYED : HT_SPOOL_PERIOD_GOOD;
    }
    g_mutex_unlock(&vault->lock);
    return state;
}

bool ht_spool_vault_file_key(HtSpoolVault *vault, HtSpoolCipher cipher, HtSpoolPeriod *period, GError **error)
{
    g_mutex_lock(&vault->lock);
    bool makes = cipher == HT_SPOOL_CIPHER_OFF && vault->seals, good = !makes || make_file_key(vault, error);
    cipher = makes ? vault->cipher : MIN(cipher, HT_SPOOL_CIPHERS - 1);
    bool has = cipher != HT_SPOOL_CIPHER_OFF && vault->files[cipher].cipher == cipher;
    *period = vault->files[cipher];
    g_mutex_unlock(&vault->lock);
    return good && (has || fail(error, vault->path, "it has no key for such files: bring back a copy of it"));
}

GArray *ht_spool_vault_periods(HtSpoolVault *vault)
{
    GArray *periods = g_array_new(FALSE, FALSE, sizeof(HtSpoolPeriod));
    g_mutex_lock(&vault->lock);
    for (guint i = 0; i < vault->periods->len; i++) {
        HtSpoolPeriod period = g_array_index(vault->periods, HtSpoolPeriod, i);
        memset(period.key, 0, sizeof period.key);
        g_array_append_val(periods, period);
    }
    g_mutex_unlock(&vault->lock);
    return periods;
}

bool ht_spool_vault_destroy(HtSpoolVault *vault, uint32_t number, int64_t now_us, GError **error)
{
    g_mutex_lock(&vault->lock);
    HtSpoolPeriod *period = number >= 1 && number < vault->periods->len
                                ? &g_array_index(vault->periods, HtSpoolPeriod, number - 1)
                                : NULL;
    bool good = period && period->destroyed_us == 0;
    if (!good) {
        g_set_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_REPAIR,
                    "there is no period %u, or it is the current one, or its key was destroyed before",
                    number);
    } else {
        HtSpoolPeriod before = *period;
        period->destroyed_us = MAX(now_us, 1);
        OPENSSL_cleanse(period->key, sizeof period->key);
        good = write_file(vault, error);
        if (!good) {
            *period = before;
        }
        OPENSSL_cleanse(&before, sizeof before);
    }
    assert_vault(vault);
    g_mutex_unlock(&vault->lock);
    return good;
}
