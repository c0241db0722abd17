/* Files of the archive as they lie on disk: nothing of a person stands in them, they give back what was put in, and what was changed, cut off, or is another's is told. */
#include "core/keep/archive.h"
#include "core/keep/sealed.h"
#include "spool/vault-copy.h"
#include "tests/lib/spool-test.h"

#define TEST(name) static void name(Place *place, const void *unused)
#define NAME "测试丁"
#define PIECE ((size_t)64 << 10)

static const HtSpoolCipher ciphers[] = {HT_SPOOL_CIPHER_AES_256_GCM, HT_SPOOL_CIPHER_SM4_SM3};

static HtSpoolVault *vault_of(Place *place)
{
    return ht_spool_vault_at(place->directory);
}

/* ---- Bytes ---- */

static HtBuffer seal(Place *place, const char *bytes, size_t size)
{
    HtBuffer out = {.data = NULL};
    g_autoptr(GError) error = NULL;
    HtSealedWriter *writer = ht_sealed_writer_new(vault_of(place), &error);
    g_assert_no_error(error);
    for (size_t at = 0; at < size; at += MIN(size - at, 50000)) {
        ht_sealed_write(writer, (HtText){bytes + at, MIN(size - at, 50000)}, false, &out);
    }
    ht_sealed_write(writer, HT_TEXT_LITERAL(""), true, &out);
    ht_sealed_writer_free(writer);
    return out;
}

/* What was opened is appended to `all`; whether it was whole. `step`: so many bytes at once. */
static bool open_sealed(Place *place, HtText sealed, size_t step, HtBuffer *all, GError **error)
{
    HtBuffer out = {.data = NULL};
    HtSealedReader *reader = ht_sealed_reader_new(vault_of(place));
    bool good = true;
    for (size_t at = 0; good && at < sealed.size; at += step) {
        good = ht_sealed_read(reader, (HtText){sealed.data + at, MIN(step, sealed.size - at)}, &out, error);
        ht_buffer_add(all, out.data, good ? out.size : 0);
    }
    good = good && ht_sealed_is_whole(reader);
    ht_sealed_reader_free(reader);
    ht_buffer_clear(&out);
    return good;
}

TEST(test_what_was_put_in_comes_out)
{
    static const size_t sizes[] = {0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 200001};
    (void)unused;
    for (unsigned i = 0; i < G_N_ELEMENTS(ciphers) * G_N_ELEMENTS(sizes); i++) {
        size_t size = sizes[i % G_N_ELEMENTS(sizes)];
        g_autofree char *bytes = g_malloc0(size + 1);
        for (size_t at = 0; at < size; at++) {
            bytes[at] = (char)(at * 31 + at / 251);
        }
        place->options.sealing.cipher = ciphers[i / G_N_ELEMENTS(sizes)];
        place_open(place);
        HtBuffer sealed = seal(place, bytes, size), all = {.data = NULL};
        place_close(place);
        g_assert_true(open_sealed(place, ht_buffer_text(&sealed), i % 2 ? 1000 : 1 << 20, &all, NULL));
        g_assert_cmpmem(all.data, all.size, bytes, size);
        ht_buffer_clear(&sealed);
        ht_buffer_clear(&all);
    }
    place_open(place);
}

/* No byte may be another one; nothing may be missing at its end, or stand behind it. */
TEST(test_what_was_changed_is_told)
{
    (void)unused;
    for (unsigned c = 0; c < G_N_ELEMENTS(ciphers); c++) {
        char bytes[500];
        place->options.sealing.cipher = ciphers[c];
        place_open(place);
        memset(bytes, 'x', sizeof bytes);
        HtBuffer sealed = seal(place, bytes, sizeof bytes), all = {.data = NULL};
        for (size_t at = 0; at < sealed.size; at++) {
            for (unsigned way = 0; way < 2; way++) {
                g_autofree char *copy = g_memdup2(sealed.data, sealed.size);
                copy[at] ^= 1;
                all.size = 0;
                HtText shown = way == 0 ? (HtText){copy, sealed.size} : (HtText){sealed.data, at};
                g_assert_false(open_sealed(place, shown, 1 << 20, &all, NULL));
                g_assert_cmpuint(all.size, ==, 0);
            }
        }
        ht_buffer_add_char(&sealed, 'x');
        g_assert_false(open_sealed(place, ht_buffer_text(&sealed), 1 << 20, &all, NULL));
        ht_buffer_clear(&sealed);
        ht_buffer_clear(&all);
        place_close(place);
    }
    place_open(place);
}

/* Pieces in each other's place, of another file, one left out, and the first as the last. */
TEST(test_pieces_are_bound_to_their_places)
{
    g_autofree char *bytes = g_malloc0(3 * PIECE);
    size_t head = 32, whole = 12 + 4 + PIECE + 16;
    (void)unused;
    place_open(place);
    HtBuffer one = seal(place, bytes, 3 * PIECE), two = seal(place, bytes, 3 * PIECE), all = {.data = NULL};
    const struct {
        size_t from, to;
        const HtBuffer *of;
    } put[] = {{head, head + whole, &one},
               {head + whole, head, &one},
               {head, head, &two},
               {head + 2 * whole, head, &one}};
    g_assert_cmpuint(one.size, ==, head + 3 * whole);
    for (unsigned i = 0; i < G_N_ELEMENTS(put); i++) {
        g_autofree char *copy = g_memdup2(one.data, one.size);
        memcpy(copy + put[i].to, put[i].of->data + put[i].from, whole);
        g_assert_false(open_sealed(place, (HtText){copy, one.size}, 1 << 20, &all, NULL));
    }
    g_autofree char *copy = g_memdup2(one.data, one.size);
    memmove(copy + head + whole, copy + head + 2 * whole, whole);
    g_assert_false(open_sealed(place, (HtText){copy, one.size - whole}, 1 << 20, &all, NULL));
    ht_buffer_clear(&one);
    ht_buffer_clear(&two);
    ht_buffer_clear(&all);
}

/* ---- Files ---- */

static char *write_archive(Place *place, HtSpoolVault *vault)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *part = g_build_filename(place->directory, "archive.part", NULL);
    g_autoptr(HtArchive) archive = ht_archive_begin(part, true, vault, &error);
    g_assert_no_error(error);
    for (uint64_t i = 1; i <= 1000; i++) {
        g_autofree char *line =
            g_strdup_printf("{\"event\":{\"sequence\":\"%" G_GUINT64_FORMAT "\",\"name\":\"" NAME "\"}}", i);
        g_assert_true(ht_archive_add(archive, i, ht_text_from(line), &error));
    }
    char *path = ht_archive_end(archive, NULL, &error);
    g_assert_no_error(error);
    return path;
}

static void count_line(HtText line, void *user)
{
    g_assert_nonnull(g_strstr_len(line.data, (gssize)line.size, NAME));
    ++*(unsigned *)user;
}

TEST(test_an_archive_is_sealed_and_read_back)
{
    HtArchiveSum sum;
    unsigned lines = 0;
    g_autoptr(GError) error = NULL;
    (void)unused;
    place_open(place);
    g_autofree char *path = write_archive(place, vault_of(place)), *clear = write_archive(place, NULL);
    g_assert_true(g_str_has_suffix(path, ".jsonl.zst.sealed"));
    g_assert_true(g_str_has_suffix(clear, ".jsonl.zst"));
    g_autoptr(GPtrArray) files = ht_archive_files(place->directory);
    g_assert_cmpuint(files->len, ==, 2);
    g_assert_true(ht_archive_verify(clear, vault_of(place), &sum, NULL));
    g_assert_true(ht_archive_verify(path, vault_of(place), &sum, NULL));
    g_assert_cmpuint(sum.events, ==, 1000);
    g_assert_false(sum.unopened);
    g_assert_true(ht_archive_read(path, vault_of(place), count_line, &lines, NULL));
    g_assert_cmpuint(lines, ==, 1000);

    g_autofree char *manifest = g_strconcat(path, ".manifest.json", NULL);
    g_assert_cmpint(g_unlink(manifest), ==, 0); /* as a crash leaves it */
    g_assert_true(ht_archive_recover(place->directory, vault_of(place), NULL));
    g_assert_true(ht_archive_verify(path, vault_of(place), &sum, NULL));

    HtSpoolVault *other = ht_spool_vault_at("/nowhere"); /* without the keys: the bytes can be checked */
    g_assert_true(ht_archive_verify(path, other, &sum, NULL));
    g_assert_true(sum.unopened);
    g_assert_false(ht_archive_read(path, other, count_line, &lines, &error));
    g_assert_error(error, HT_SPOOL_ERROR, HT_SPOOL_ERROR_KEY);
}

/* One that is genuine, and has its manifest, under the name of another one that is gone. */
TEST(test_a_file_in_the_place_of_another_is_told)
{
    HtArchiveSum sum;
    g_autoptr(GError) error = NULL;
    (void)unused;
    place_open(place);
    g_autofree char *path = write_archive(place, vault_of(place));
    g_autofree char *other = g_build_filename(
        place->directory,
        "events-00000000000000001001-00000000000000002000-20260101T000000Z.jsonl.zst.sealed", NULL);
    g_autofree char *manifest = g_strconcat(path, ".manifest.json", NULL),
                    *other_manifest = g_strconcat(other, ".manifest.json", NULL);
    g_assert_true(ht_archive_verify(path, vault_of(place), &sum, NULL));
    g_assert_cmpint(g_rename(path, other) | g_rename(manifest, other_manifest), ==, 0);
    g_assert_false(ht_archive_verify(other, vault_of(place), &sum, &error));
    g_assert_error(error, HT_ARCHIVE_ERROR, HT_ARCHIVE_ERROR_BAD);
}

/* Its key goes with a change of the master key, and an older copy of the file of periods does not take it away. */
TEST(test_the_key_is_kept)
{
    unsigned lines = 0;
    gsize size;
    g_autofree char *periods = g_build_filename(place->directory, HT_SPOOL_PERIODS_FILE, NULL),
                    *former = g_build_filename(place->directory, "former", NULL), *copy = NULL;
    g_autofree char *old = g_build_filename(place->directory, HT_SPOOL_MASTER_FILE, NULL),
                    *new = g_build_filename(place->directory, "new.key", NULL);
    char *both[] = {new, old, NULL};
    (void)unused;
    place_open(place);
    g_autofree char *path = write_archive(place, vault_of(place));
    place_close(place);
    g_assert_true(g_file_get_contents(periods, &copy, &size, NULL));
    char *line = strstr(copy, "\n0 ");
    g_assert_nonnull(line);
    line[1] = '\0';
    g_assert_cmpint(g_rename(periods, former), ==, 0);
    g_assert_true(g_file_set_contents_full(periods, copy, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    g_assert_true(ht_spool_vault_keep_destroyed(former, periods, NULL));
    g_autofree char *digits = g_strnfill(64, 'a');
    g_assert_true(g_file_set_contents_full(new, digits, 64, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
    place->options.sealing.master_files = both;
    place_open(place);
    g_assert_true(ht_archive_read(path, vault_of(place), count_line, &lines, NULL));
    g_assert_cmpuint(lines, ==, 1000);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    place_add_test("/keep/sealed/what-was-put-in-comes-out", NULL, test_what_was_put_in_comes_out);
    place_add_test("/keep/sealed/what-was-changed-is-told", NULL, test_what_was_changed_is_told);
    place_add_test("/keep/sealed/pieces-are-bound-to-their-places", NULL,
                   test_pieces_are_bound_to_their_places);
    place_add_test("/keep/sealed/an-archive-is-sealed-and-read-back", NULL,
                   test_an_archive_is_sealed_and_read_back);
    place_add_test("/keep/sealed/a-file-in-the-place-of-another-is-told", NULL,
                   test_a_file_in_the_place_of_another_is_told);
    place_add_test("/keep/sealed/the-key-is-kept", NULL, test_the_key_is_kept);
    return g_test_run();
}
