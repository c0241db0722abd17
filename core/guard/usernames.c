/* Names, passwords and nonces; see usernames.h. */
#include "core/guard/usernames.h"

#include "core/base/private.h"
#include "core/base/username-token.h"
#include "core/guard/token.h"

#include <glib/gi18n.h>
#include <string.h>

#define FILE_MAX 65536
#define USERNAME_MAX 256
#define SHA1 20

typedef struct {
    char *name, *password; /* password NULL: only its hash is known */
    HtToken hash;
} User;

/* A nonce that came; the same under its key in the table. */
typedef struct {
    uint8_t key[HT_SHA256], message[HT_SHA256];
    int64_t came_us;
} Nonce;

/* What came; those that follow each other share it. */
typedef struct {
    GHashTable *nonces; /* Nonce → itself */
    GQueue order;       /* of them, oldest first */
} Memory;

struct HtUsernames {
    GArray *users; /* of User */
    Memory *memory;
    int64_t age_us;
    uint64_t most;
};

/* ---- The file ---- */

static void clear_user(void *data)
{
    User *user = data;
    if (user->password) {
        explicit_bzero(user->password, strlen(user->password));
    }
    g_free(user->name);
    g_free(user->password);
}

static bool fail(GError **error, const char *path, unsigned line, const char *reason)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _("\"%s\": line %u: %s"), path, line, reason);
    return false;
}

static bool is_known(const HtUsernames *usernames, const char *name)
{
    for (guint i = 0; i < usernames->users->len; i++) {
        if (g_str_equal(g_array_index(usernames->users, User, i).name, name)) {
            return true;
        }
    }
    return false;
}

static const char *add_user(HtUsernames *usernames, const char *line)
{
    size_t size = strcspn(line, " \t");
    const char *password = line + size + strspn(line + size, " \t");
    g_autofree char *name = g_strndup(line, size);
    if (size > USERNAME_MAX || *password == '\0' || strlen(password) > HT_USERNAME_TOKEN_TEXT) {
        return _("not \"NAME PASSWORD\" of at most 256 bytes each");
    }
    if (is_known(usernames, name)) {
        return _("this name was there before");
    }
    if (usernames->users->len == HT_USERNAMES_MAX) {
        return _("more than 64 names");
    }
    User user = {.name = NULL};
    bool hashed = ht_token_read_hash(password, &user.hash);
    if (!hashed && ht_token_is_hash(password)) {
        return _("a hash of which a part is missing: `hutong token hash` makes one");
    }
    user.name = g_steal_pointer(&name);
    user.password = hashed ? NULL : g_strdup(password);
    g_array_append_val(usernames->users, user);
    return NULL;
}

/* Nothing is moved in it: what stands there is cleared later. */
static const char *read_line(HtUsernames *usernames, char *line)
{
    while (g_ascii_isspace(*line)) {
        line++;
    }
    g_strchomp(line);
    return *line == '\0' || *line == '#' ? NULL : add_user(usernames, line);
}

static bool read_lines(HtUsernames *usernames, const char *text, const char *path, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const char *reason = NULL;
    unsigned read = 0;
    while (lines[read] && !reason) {
        reason = read_line(usernames, lines[read++]);
    }
    for (char **line = lines; *line; line++) {
        explicit_bzero(*line, strlen(*line));
    }
    if (reason) {
        return fail(error, path, read, reason);
    }
    return usernames->users->len > 0 ||
           fail(error, path, 1, _("there is no name in it: lines are \"NAME PASSWORD\""));
}

static guint hash_nonce(const void *data)
{
    guint hash;
    memcpy(&hash, ((const Nonce *)data)->key, sizeof hash);
    return hash;
}

static gboolean same_nonce(const void *a, const void *b)
{
    return memcmp(((const Nonce *)a)->key, ((const Nonce *)b)->key, HT_SHA256) == 0;
}

HtUsernames *ht_usernames_new(const char *file, uint64_t age_ms, uint64_t nonces, GError **error)
{
    size_t size = 0;
    char *text = ht_private_read(file, HT_PRIVATE_SECRET, FILE_MAX, &size, error);
    if (!text) {
        return NULL;
    }
    g_autoptr(HtUsernames) usernames = g_new0(HtUsernames, 1);
    usernames->users = g_array_new(FALSE, FALSE, sizeof(User));
    g_array_set_clear_func(usernames->users, clear_user);
    usernames->memory = g_rc_box_new0(Memory);
    usernames->memory->nonces = g_hash_table_new_full(hash_nonce, same_nonce, g_free, NULL);
    usernames->age_us = (int64_t)age_ms * 1000;
    usernames->most = nonces;
    bool good = strlen(text) == size ? read_lines(usernames, text, file, error)
                                     : fail(error, file, 1, _("there is a NUL in it"));
    explicit_bzero(text, size);
    g_free(text);
    return good ? g_steal_pointer(&usernames) : NULL;
}

static void clear_memory(void *data)
{
    Memory *memory = data;
    g_queue_clear(&memory->order);
    g_hash_table_unref(memory->nonces);
}

static void let_go(Memory *memory)
{
    g_rc_box_release_full(memory, clear_memory);
}

void ht_usernames_follow(HtUsernames *usernames, const HtUsernames *former)
{
    let_go(usernames->memory);
    usernames->memory = g_rc_box_acquire(former->memory);
}

void ht_usernames_free(HtUsernames *usernames)
{
    if (usernames) {
        g_array_unref(usernames->users);
        let_go(usernames->memory);
        g_free(usernames);
    }
}

/* ---- Passwords ---- */

static bool same(HtText a, HtText b)
{
    uint8_t digests[2][HT_SHA256]; /* whatever their lengths */
    ht_sha256(a, digests[0]);
    ht_sha256(b, digests[1]);
    return ht_sha256_equal(digests[0], digests[1]);
}

static bool is_digest(const User *user, const HtUsernameToken *token)
{
    uint8_t digest[SHA1];
    gsize size = 0;
    g_autofree char *text = g_strndup(token->nonce.data, token->nonce.size);
    g_autofree guchar *nonce = g_base64_decode(text, &size);
    const HtText parts[] = {{(const char *)nonce, size}, token->created, ht_text_from(user->password)};
    ht_sha1(parts, G_N_ELEMENTS(parts), digest);
    g_autofree char *right = g_base64_encode(digest, sizeof digest);
    return same(ht_text_from(right), token->password);
}

static bool is_password(const User *user, const HtUsernameToken *token)
{
    if (token->digest) {
        return user->password && is_digest(user, token);
    }
    HtTokens tokens = {.count = 1, .list = {user->hash}};
    return user->password ? same(ht_text_from(user->password), token->password)
                          : ht_tokens_have(&tokens, token->password);
}

/* All are looked at: the time does not tell whether there is the name. */
static bool is_user(const HtUsernames *usernames, const HtUsernameToken *token)
{
    bool found = false;
    for (guint i = 0; i < usernames->users->len; i++) {
        const User *user = &g_array_index(usernames->users, User, i);
        bool right = is_password(user, token);
        found |= right && token->username.size == strlen(user->name) &&
                 memcmp(token->username.data, user->name, token->username.size) == 0;
    }
    return found;
}

/* ---- Times ---- */

/* Without a zone it is UTC, as the profile recommends. */
static bool read_time(HtText text, int64_t *time_us)
{
    g_autofree char *copy = g_strndup(text.data, text.size);
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(copy, utc);
    *time_us = time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
    return time != NULL;
}

static bool is_fresh(const HtUsernames *usernames, HtText text, int64_t now_us)
{
    int64_t time_us;
    return !text.data || (read_time(text, &time_us) && time_us >= now_us - usernames->age_us &&
                          time_us <= now_us + usernames->age_us);
}

static bool has_expired(const HtUsernames *usernames, HtText text, int64_t now_us)
{
    int64_t time_us;
    return text.data && (!read_time(text, &time_us) || time_us < now_us - usernames->age_us);
}

static bool is_timely(const HtUsernames *usernames, const HtUsernameToken *token, int64_t now_us)
{
    return is_fresh(usernames, token->created, now_us) && is_fresh(usernames, token->stamp_created, now_us) &&
           !has_expired(usernames, token->stamp_expires, now_us);
}

/* ---- Nonces ---- */

/* The digest is of its bytes, which several texts can stand for: of those only one is taken, or each would be new. */
static bool is_canonical(HtText nonce)
{
    gsize size = 0;
    g_autofree char *text = g_strndup(nonce.data, nonce.size);
    g_autofree guchar *bytes = g_base64_decode(text, &size);
    g_autofree char *again = g_base64_encode(bytes, size);
    return size > 0 && strlen(again) == nonce.size && memcmp(again, nonce.data, nonce.size) == 0;
}

/* A time may be as far ahead of ours as behind it: so long a nonce can come again, by the age in force, not by that when it came. */
static void forget_old(HtUsernames *usernames, int64_t now_us)
{
    int64_t before_us = now_us - 2 * usernames->age_us;
    for (Nonce *oldest;
         (oldest = g_queue_peek_head(&usernames->memory->order)) && oldest->came_us < before_us;) {
        g_queue_pop_head(&usernames->memory->order);
        g_hash_table_remove(usernames->memory->nonces, oldest);
    }
}

static bool is_first(HtUsernames *usernames, const HtUsernameToken *token, const uint8_t sha256[HT_SHA256],
                     int64_t now_us, HtRefusal *refusal)
{
    Nonce made = {.came_us = now_us};
    HtBuffer key = {.data = NULL};
    ht_buffer_add_text(&key, token->username);
    ht_buffer_add_char(&key, '\0');
    ht_buffer_add_text(&key, token->nonce);
    ht_sha256(ht_buffer_text(&key), made.key);
    ht_buffer_clear(&key);
    memcpy(made.message, sha256, HT_SHA256);
    forget_old(usernames, now_us);
    const Nonce *known = g_hash_table_lookup(usernames->memory->nonces, &made);
    if (known) {
        return memcmp(known->message, sha256, HT_SHA256) == 0 || ht_refuse(refusal, "username-replayed");
    }
    if (g_hash_table_size(usernames->memory->nonces) >= usernames->most) {
        return ht_refuse(refusal, "username-busy");
    }
    Nonce *kept = g_memdup2(&made, sizeof made);
    g_hash_table_add(usernames->memory->nonces, kept);
    g_queue_push_tail(&usernames->memory->order, kept);
    return true;
}

/* ---- */

bool ht_usernames_admit(HtUsernames *usernames, HtText security, const uint8_t sha256[HT_SHA256],
                        int64_t now_us, HtRefusal *refusal)
{
    HtUsernameToken token;
    if (!security.data || !ht_username_token_unpack(security, &token) || !token.has_token ||
        token.username.size == 0) {
        return ht_refuse(refusal, "username-missing");
    }
    bool has_both = token.nonce.size > 0 && token.created.size > 0;
    bool bad_nonce = token.nonce.data && !is_canonical(token.nonce);
    if (!token.password.data || bad_nonce || (token.digest && !has_both) || !is_user(usernames, &token)) {
        return ht_refuse(refusal, "username-refused");
    }
    if (!is_timely(usernames, &token, now_us)) {
        return ht_refuse(refusal, "username-stale");
    }
    return token.nonce.size == 0 || is_first(usernames, &token, sha256, now_us, refusal);
}
