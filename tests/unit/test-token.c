/* core/guard/token: files of tokens, new and old, and that no file and no error shows a token. */
#include "core/guard/token.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

static char *write_file(const char *text, gssize size)
{
    char *path = NULL;
    int file = g_file_open_tmp("hutong-token-XXXXXX", &path, NULL);
    g_assert_cmpint(file, >=, 0);
    g_assert_cmpint(write(file, text, size < 0 ? strlen(text) : (size_t)size), >=, 0);
    close(file);
    return path;
}

static bool read_text(const char *text, gssize size, HtTokens *tokens, GError **error)
{
    g_autofree char *path = write_file(text, size);
    bool good = ht_tokens_read(path, tokens, error);
    g_unlink(path);
    return good;
}

static void test_what_is_made_is_known(void)
{
    g_autofree char *token = ht_token_make();
    g_autofree char *other = ht_token_make();
    g_autofree char *line = ht_token_line(token, "police");
    g_autofree char *again = ht_token_line(token, NULL);
    HtTokens tokens;
    g_assert_cmpuint(strlen(token), ==, 43);
    g_assert_true(ht_token_is(token));
    g_assert_cmpstr(token, !=, other);
    g_assert_null(strstr(line, token));
    g_assert_false(g_str_has_prefix(line, again)); /* each has a salt of its own */
    g_assert_true(read_text(line, -1, &tokens, NULL));
    g_assert_false(tokens.plain);
    g_assert_true(ht_tokens_have(&tokens, ht_text_from(token)));
    g_assert_false(ht_tokens_have(&tokens, ht_text_from(other)));
    g_assert_false(ht_tokens_have(&tokens, HT_TEXT_NONE));
    g_assert_false(ht_tokens_have(&tokens, (HtText){token, 42}));
    const char *digest = strrchr(line, ':') + 1; /* what the file shows opens nothing */
    g_assert_false(ht_tokens_have(&tokens, (HtText){digest, 64}));
    g_assert_false(ht_tokens_have(&tokens, ht_text_from(line)));
}

/* What another program makes of it: printf %s TOKEN | openssl dgst -sha256 -mac HMAC -macopt hexkey:SALT */
static void test_the_form_is_the_one_that_is_documented(void)
{
    HtTokens tokens;
    g_assert_true(read_text("# of the police\n\n"
                            "hmac-sha256:000102030405060708090A0B0c0d0e0f:"
                            "328f86f891b1058bdada40abd5f68ccd41cf8c8ee000770b9fe98b358bae4989  police-1 \r\n",
                            -1, &tokens, NULL));
    g_assert_true(ht_tokens_have(&tokens, HT_TEXT_LITERAL("0123456789abcdef0123")));
}

static void test_several_open(void)
{
    g_autoptr(GString) text = g_string_new("# two at a time\n");
    char *made[HT_TOKENS_MAX + 1];
    HtTokens tokens;
    g_autoptr(GError) error = NULL;
    for (unsigned i = 0; i <= HT_TOKENS_MAX; i++) {
        made[i] = ht_token_make();
        g_autofree char *line = ht_token_line(made[i], NULL);
        g_string_append_printf(text, "%s\n", line);
        g_assert_true(read_text(text->str, -1, &tokens, i < HT_TOKENS_MAX ? NULL : &error) ==
                      (i < HT_TOKENS_MAX));
        for (unsigned j = 0; i < HT_TOKENS_MAX && j <= i; j++) {
            g_assert_true(ht_tokens_have(&tokens, ht_text_from(made[j])));
        }
    }
    g_assert_nonnull(strstr(error->message, "line 10: more than 8 tokens"));
    for (unsigned i = 0; i <= HT_TOKENS_MAX; i++) {
        g_free(made[i]);
    }
}

static void test_the_token_itself_is_taken_and_told(void)
{
    HtTokens tokens;
    g_assert_true(read_text("  0123456789abcdef\n", -1, &tokens, NULL));
    g_assert_true(tokens.plain);
    g_assert_true(ht_tokens_have(&tokens, HT_TEXT_LITERAL("0123456789abcdef")));
    g_assert_false(ht_tokens_have(&tokens, HT_TEXT_LITERAL("0123456789abcde")));
}

#define SALT "00112233445566778899aabbccddeeff"
#define DIGEST SALT SALT

static void test_bad_files_are_refused(void)
{
    static const struct {
        const char *text;
        gssize size;
    } cases[] = {{"", -1},
                 {"\n\n# nothing\n", -1},
                 {"#0123456789abcdef0", -1},
                 {"0123456789abcde", -1},
                 {"0123456789 abcdef", -1},
                 {"0123456789abcdef\n0123456789abcdeg", -1},
                 {"0123456789abcdef\0", 17},
                 {"hmac-sha256:" SALT ":" DIGEST " a\0b", 113},
                 {"hmac-sha256:" SALT ":" DIGEST "0", -1},
                 {"hmac-sha256:" SALT ":" DIGEST " two words", -1},
                 {"hmac-sha256:" SALT ":" DIGEST " ../x", -1},
                 {"hmac-sha256:" SALT ":" SALT, -1},
                 {"hmac-sha256:" SALT "00:" DIGEST, -1},
                 {"hmac-sha256:" SALT, -1},
                 {"hmac-sha256:", -1},
                 {"hmac-sha256:" SALT ":" DIGEST "\nsha1:" SALT ":" DIGEST, -1},
                 {"hmac-sha256:" SALT ":" DIGEST "\n0123456789abcdef", -1},
                 {"hmac-sha256:" SALT ":00112233445566778899aabbccddeefg" SALT, -1}};
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        HtTokens tokens;
        g_autoptr(GError) error = NULL;
        g_test_message("%s", cases[i].text);
        g_assert_false(read_text(cases[i].text, cases[i].size, &tokens, &error));
        g_assert_nonnull(strstr(error->message, "\": line "));
        g_assert_null(strstr(error->message, "0123456789"));
        g_assert_null(strstr(error->message, SALT));
    }
    g_autofree char *long_file = g_strnfill(20000, '\n');
    HtTokens tokens;
    g_assert_false(read_text(long_file, -1, &tokens, NULL));
    g_autofree char *long_token = g_strnfill(513, 'a');
    g_assert_false(read_text(long_token, -1, &tokens, NULL));
    g_assert_true(read_text(long_token + 1, -1, &tokens, NULL));
}

static void test_others_may_not_read_it(void)
{
    static const int modes[] = {0644, 0640, 0660, 0606};
    g_autofree char *path = write_file("0123456789abcdef", -1);
    HtTokens tokens;
    for (unsigned i = 0; i < G_N_ELEMENTS(modes); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_cmpint(g_chmod(path, modes[i]), ==, 0);
        g_assert_false(ht_tokens_read(path, &tokens, &error));
        g_assert_nonnull(strstr(error->message, "chmod 0600"));
    }
    g_assert_cmpint(g_chmod(path, 0600), ==, 0);
    g_assert_true(ht_tokens_read(path, &tokens, NULL));
    g_unlink(path);
}

static void test_names(void)
{
    static const char *const good[] = {"a", "police-2", "7"}, *const bad[] = {"",    "a b", "a_b",
                                                                              "a/b", "a\n", "局"};
    for (unsigned i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_true(ht_token_is_name(good[i]));
    }
    for (unsigned i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_assert_false(ht_token_is_name(bad[i]));
    }
    g_autofree char *longest = g_strnfill(HT_TOKEN_NAME_MAX + 1, 'a');
    g_assert_false(ht_token_is_name(longest));
    g_assert_true(ht_token_is_name(longest + 1));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/token/what-is-made-is-known", test_what_is_made_is_known);
    g_test_add_func("/token/the-form-is-the-one-that-is-documented",
                    test_the_form_is_the_one_that_is_documented);
    g_test_add_func("/token/several-open", test_several_open);
    g_test_add_func("/token/the-token-itself-is-taken-and-told", test_the_token_itself_is_taken_and_told);
    g_test_add_func("/token/bad-files-are-refused", test_bad_files_are_refused);
    g_test_add_func("/token/others-may-not-read-it", test_others_may_not_read_it);
    g_test_add_func("/token/names", test_names);
    return g_test_run();
}
