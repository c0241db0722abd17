/* Payloads as they are kept: what is packed comes out as it was, and what was altered does not. */
#include "spool/payload.h"

#include <string.h>

static char *make_bytes(size_t size, bool at_random, const char *begin)
{
    char *bytes = g_malloc(MAX(size, 8));
    for (size_t i = 0; i < size; i++) {
        bytes[i] = at_random ? (char)g_test_rand_int() : (char)('a' + i / 50 % 20);
    }
    memcpy(bytes, begin, MIN(strlen(begin), size));
    return bytes;
}

static void test_comes_out_as_it_was(void)
{
    static const char *const begins[] = {"", "HtZ0", "HtZ1", "HtV1", "\x28\xb5\x2f\xfd"};
    static const size_t sizes[] = {0, 1, 3, 4, 5, 200, 5000, 300000};
    for (unsigned i = 0; i < G_N_ELEMENTS(begins) * G_N_ELEMENTS(sizes) * 4; i++) {
        size_t size = sizes[i / 4 % G_N_ELEMENTS(sizes)], packed_size = size;
        g_autofree char *bytes =
            make_bytes(size, i & 1, begins[i / 4 / G_N_ELEMENTS(sizes) % G_N_ELEMENTS(begins)]);
        g_autofree char *packed = ht_spool_payload_pack(g_memdup2(bytes, MAX(size, 1)), &packed_size, i & 2);
        HtBuffer room = {.data = NULL};
        HtText value;
        g_assert_cmpuint(packed_size, <=, size + 4);
        g_assert_true(!(i & 2) || i & 1 || size < 5000 || packed_size < size / 10);
        g_assert_true(ht_spool_payload_unpack((HtText){packed, packed_size}, &room, &value));
        g_assert_cmpmem(value.data, value.size, bytes, size);
        ht_buffer_clear(&room);
    }
}

static void test_what_was_altered_is_found(void)
{
    size_t size = 20000;
    g_autofree char *bytes = make_bytes(size, false, "");
    g_autofree char *packed = ht_spool_payload_pack(g_memdup2(bytes, size), &size, true);
    for (size_t i = 4 * 8; i < size * 8; i++) {
        HtBuffer room = {.data = NULL};
        HtText value;
        packed[i / 8] ^= (char)(1 << i % 8);
        g_assert_true(!ht_spool_payload_unpack((HtText){packed, size}, &room, &value) ||
                      (value.size == 20000 && memcmp(value.data, bytes, 20000) == 0));
        packed[i / 8] ^= (char)(1 << i % 8);
        ht_buffer_clear(&room);
    }
    for (size_t cut = 4; cut < size; cut++) {
        HtBuffer room = {.data = NULL};
        HtText value;
        g_assert_false(ht_spool_payload_unpack((HtText){packed, cut}, &room, &value));
        ht_buffer_clear(&room);
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/spool/payload/comes-out-as-it-was", test_comes_out_as_it_was);
    g_test_add_func("/spool/payload/what-was-altered-is-found", test_what_was_altered_is_found);
    return g_test_run();
}
