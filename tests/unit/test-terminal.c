/* Widths on a terminal, of which printf() knows nothing. */
#include "core/cli/columns.h"

#include <string.h>

static void test_fields_take_their_columns(void)
{
    static const struct {
        const char *text;
        const char *left, *right;
    } cases[] = {
        {"", "|      |", "|      |"},
        {"abc", "|abc   |", "|   abc|"},
        {"来源", "|来源  |", "|  来源|"},
        {"a源b", "|a源b  |", "|  a源b|"},
        {"消费方", "|消费方|", "|消费方|"},
        {"longer", "|longer|", "|longer|"},
        {"长于六列", "|长于六列|", "|长于六列|"},
        {"e\xcc\x81", "|e\xcc\x81     |", "|     e\xcc\x81|"},
    };
    for (unsigned i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *left = g_strdup_printf("|%-*s|", HT_COLUMN(6, cases[i].text));
        g_autofree char *right = g_strdup_printf("|%*s|", HT_COLUMN(6, cases[i].text));
        g_assert_cmpstr(left, ==, cases[i].left);
        g_assert_cmpstr(right, ==, cases[i].right);
    }
}

/* A field of less than nothing would be left-aligned by printf(), and one of broken text must end somewhere. */
static void test_odd_text_does_no_harm(void)
{
    g_assert_cmpint(ht_columns_field(0, "来源来源"), ==, 4);
    g_autofree char *odd = g_strdup_printf("%*s", HT_COLUMN(4, "\xff\xe6\x9d"));
    g_assert_cmpuint(strlen(odd), >=, 3);
    g_assert_cmpuint(ht_columns_of(0x6e90), ==, 2);
    g_assert_cmpuint(ht_columns_of('a'), ==, 1);
    g_assert_cmpuint(ht_columns_of(0x301), ==, 0);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/terminal/fields-take-their-columns", test_fields_take_their_columns);
    g_test_add_func("/terminal/odd-text-does-no-harm", test_odd_text_does_no_harm);
    return g_test_run();
}
