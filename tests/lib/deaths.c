/* Deaths for tests that need many events. */
#include "tests/lib/deaths.h"

/* The citizen number of the n-th synthetic person. */
static void write_number(char number[19], unsigned n)
{
    static const unsigned weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    unsigned sum = 0;
    g_snprintf(number, 19, "990104%u%02u17%03u", 1900 + n / 12000 % 90, n / 1000 % 12 + 1, n % 1000);
    for (unsigned i = 0; i < 17; i++) {
        sum += (unsigned)(number[i] - '0') * weights[i];
    }
    number[17] = "10X98765432"[sum % 11];
    number[18] = '\0';
}

char *deaths_payload(unsigned first, unsigned count, unsigned persons)
{
    GString *payload = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ROWS>");
    for (unsigned i = 0; i < count; i++) {
        char number[19];
        unsigned n = first + i, person = persons > 0 ? n % persons : n;
        write_number(number, person);
        g_string_append_printf(
            payload,
            "<ROW no=\"%u\"><SWZXID>%09u</SWZXID><RYNBID>%09u</RYNBID><SWRQ>20090318</SWRQ><SWZXLB>0201</SWZXLB>"
            "<HJYWID>%09u</HJYWID><CXBZ>0</CXBZ><JCWH>440104001003</JCWH><XM>测试丁</XM><GMSFHM>%s</GMSFHM>"
            "<XB>1</XB><MZ>01</MZ><CSRQ>%.8s</CSRQ></ROW>",
            i + 1, n, person, n, number, number + 6);
    }
    g_string_append(payload, "</ROWS>");
    return g_string_free(payload, FALSE);
}
