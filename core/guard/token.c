/* Tokens and their files; see token.h. Read at start and by commands. */
#include "core/guard/token.h"

#include "core/base/digest.h"
#include "core/base/private.h"

#include <glib/gi18n.h>
#include <string.h>
#include <sys/random.h>

#define FILE_MAX 16384
#define RANDOM_BYTES 32
#define SCHEME "hmac-sha256:"

bool ht_token_is(const char *text)
{
    size_t size = 0;
    while (g_ascii_isgraph(text[size])) {
        size++;
    }
    return text[size] == '\0' && size >= HT_TOKEN_MIN_BYTES && size <= HT_TOKEN_MAX_BYTES;
}

bool ht_token_is_name(const char *name)
{
    size_t size = 0;
    while (g_ascii_isalnum(name[size]) || name[size] == '-') {
        size++;
    }
    return size > 0 && size <= HT_TOKEN_NAME_MAX && name[size] == '\0';
}

static void digest(const uint8_t salt[HT_TOKEN_SALT], HtText token, uint8_t result[HT_SHA256])
{
    ht_hmac_sha256((HtText){(const char *)salt, HT_TOKEN_SALT}, &token, 1, result);
}

static void fill_random(void *bytes, size_t size)
{
    if (getrandom(bytes, size, 0) != (ssize_t)size) { /* up to 256 bytes come whole */
        g_error("the kernel gives no random bytes");
    }
}

static void add_token(HtTokens *tokens, HtText token)
{
    HtToken *made = &tokens->list[tokens->count++];
    fill_random(made->salt, sizeof made->salt);
    digest(made->salt, token, made->digest);
}

/* ---- Reading ---- */

/* SCHEME, salt, ':', digest, and perhaps a name behind a blank. */
static bool read_line(const char *line, HtToken *token)
{
    const char *salt = line + strlen(SCHEME), *sum = salt + 2 * sizeof token->salt + 1;
    const char *end = sum + 2 * sizeof token->digest;
    bool good = ht_hex_read(salt, token->salt, sizeof token->salt) && sum[-1] == ':' &&
                ht_hex_read(sum, token->digest, sizeof token->digest);
    return good && (*end == '\0' || (*end == ' ' && ht_token_is_name(end + strspn(end, " "))));
}

bool ht_token_is_hash(const char *text)
{
    return g_str_has_prefix(text, SCHEME);
}

bool ht_token_read_hash(const char *text, HtToken *token)
{
    return ht_token_is_hash(text) && !strchr(text, ' ') && read_line(text, token);
}

static bool fail(GError **error, const char *path, unsigned line, const char *reason)
{
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, _("\"%s\": line %u: %s"), path, line, reason);
    return false;
}

static bool read_lines(char **lines, const char *path, HtTokens *tokens, GError **error)
{
    for (unsigned i = 0; lines[i]; i++) {
        char *line = g_strstrip(lines[i]);
        if (*line == '\0' || *line == '#') {
            continue;
        }
        if (!g_str_has_prefix(line, SCHEME)) {
            return fail(
                error, path, i + 1,
                _("not \"hmac-sha256:SALT:DIGEST NAME\": `hutong token new` makes such a line, `hutong token hash` "
                  "makes it of a token that there is"));
        }
        if (tokens->count == HT_TOKENS_MAX) {
            return fail(error, path, i + 1, _("more than 8 tokens"));
        }
        if (!read_line(line, &tokens->list[tokens->count++])) {
            return fail(
                error, path, i + 1,
                _("not \"hmac-sha256:SALT:DIGEST NAME\" with 32 and 64 hexadecimal digits: a part is missing?"));
        }
    }
    return tokens->count > 0 ||
           fail(error, path, 1, _("there is no token in it: `hutong token new` makes one"));
}

/* One line that is no other's form: the token itself. */
static bool is_plain(const char *text)
{
    return ht_token_is(text) && !g_str_has_prefix(text, SCHEME) && *text != '#';
}

bool ht_tokens_read(const char *path, HtTokens *tokens, GError **error)
{
    size_t size = 0;
    char *text = ht_private_read(path, HT_PRIVATE_SECRET, FILE_MAX, &size, error);
    *tokens = (HtTokens){.count = 0};
    if (!text) {
        return false;
    }
    bool whole = strlen(text) == size;
    char *only = g_strstrip(text);
    tokens->plain = whole && is_plain(only);
    bool good = true;
    if (tokens->plain) {
        add_token(tokens, ht_text_from(only));
    } else {
        g_auto(GStrv) lines = g_strsplit(only, "\n", -1);
        good =
            whole ? read_lines(lines, path, tokens, error) : fail(error, path, 1, _("there is a NUL in it"));
    }
    explicit_bzero(text, size);
    g_free(text);
    return good;
}

bool ht_tokens_have(const HtTokens *tokens, HtText token)
{
    bool found = false;
    for (unsigned i = 0; i < tokens->count; i++) {
        uint8_t shown[HT_SHA256];
        digest(tokens->list[i].salt, token, shown);
        found |= ht_sha256_equal(shown, tokens->list[i].digest);
    }
    return found;
}

/* ---- Making ---- */

char *ht_token_make(void)
{
    uint8_t random[RANDOM_BYTES];
    fill_random(random, sizeof random);
    char *token = g_base64_encode(random, sizeof random);
    explicit_bzero(random, sizeof random);
    g_strdelimit(token, "+", '-'); /* as RFC 4648, section 5, and without the sign at the end */
    g_strdelimit(token, "/", '_');
    token[strcspn(token, "=")] = '\0';
    return token;
}

char *ht_token_line(const char *token, const char *name)
{
    HtTokens made = {.count = 0};
    char salt[2 * HT_TOKEN_SALT + 1] = "", hex[HT_SHA256_HEX] = "";
    add_token(&made, ht_text_from(token));
    ht_hex_write(made.list[0].salt, HT_TOKEN_SALT, salt);
    ht_hex_write(made.list[0].digest, HT_SHA256, hex);
    return g_strconcat(SCHEME, salt, ":", hex, name ? " " : "", name ? name : "", NULL);
}
