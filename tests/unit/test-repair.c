/* mappings/engine/read/repair: each repair mends what it is for, and leaves everything else as it is. */
#include "mappings/engine/read/repair.h"

#include "mappings/engine/text/scan.h"

#include <time.h>

#define ALL_REPAIRS 0x3f
#define ROOM (1 << 20)

typedef struct {
    const char *broken;
    const char *mended; /* NULL: stays as it is */
} Case;

static void check_cases(unsigned repair, const Case *cases, size_t count)
{
    HtRepairBuffers buffers = {0};
    for (size_t i = 0; i < count; i++) {
        const char *expected = cases[i].mended ? cases[i].mended : cases[i].broken;
        HtRepaired repaired = ht_repair_apply(repair, ht_text_from(cases[i].broken), ROOM, &buffers);
        g_assert_cmpstr(repaired.text.data, ==, expected); /* with its NUL */
        g_assert_cmpuint(repaired.text.size, ==, strlen(expected));
        g_assert_cmphex(repaired.effective, ==, cases[i].mended ? repair : 0);
        /* Once is enough. */
        g_autofree char *again = g_strndup(repaired.text.data, repaired.text.size);
        g_assert_cmphex(ht_repair_apply(repair, ht_text_from(again), ROOM, &buffers).effective, ==, 0);
    }
    ht_repair_clear(&buffers);
}

static void test_comments(void)
{
    static const Case cases[] = {
        {"<a><!—男性姓名--><b/></a>", "<a><b/></a>"},
        {"<a><!——姓名——><b/></a>", "<a><b/></a>"},
        {"<a><!–x–><b/></a>", "<a><b/></a>"},
        {"<a><!-x-><b/></a>", "<a><b/></a>"},
        {"<a><!－x--><b/></a>", "<a><b/></a>"},
        {"<a><!--x---><b/></a>", "<a><b/></a>"},
        {"<a><!--x--y--><b/></a>", "<a><b/></a>"},
        {"<a><!--x—><b/><!--y--></a>", "<a><b/><!--y--></a>"},
        {"<a><!—x\n\ny--><b/></a>", "<a>\n\n<b/></a>"},
        {"<a><!-- <b>1</b> -- old --></a>", "<a></a>"},
        /* good ones */
        {"<a><!--x--><!----><!-- - -><b/> —> --></a>", NULL},
        {"<a><![CDATA[<!—x-->]]></a>", NULL},
        {"<?p <!—x--> ?><a/>", NULL},
        {"<!DOCTYPE a><a/>", NULL},
        /* no end: left to the parser */
        {"<a><!—x</a>", NULL},
        {"<a><!--x</a>", NULL},
        {"<a><!", NULL},
    };
    check_cases(HT_REPAIR_COMMENTS, cases, G_N_ELEMENTS(cases));
}

static void test_end_tags(void)
{
    static const Case cases[] = {
        {"<r><Data>1</Data<Data><Data>2</Data></r>", "<r><Data>1</Data><Data>2</Data></r>"},
        {"<r><Data>1</Data<Data>2</Data></r>", "<r><Data>1</Data><Data>2</Data></r>"},
        {"<r><a>1</a\n<b x='1'><b x='1'>2</b></r>", "<r><a>1</a>\n<b x='1'>2</b></r>"},
        {"<r><a>1</a<b x='1'><b x='2'/></b></r>", "<r><a>1</a><b x='1'><b x='2'/></b></r>"},
        {"<r><a>1</a</r", "<r><a>1</a></r>"},
        {"<r><a>1</a x<b/></r>", NULL},
        {"<r><a><a/></a></r>", NULL},
        {"<r><Data><Data>2</Data></Data></r>", NULL},
        {"<r><![CDATA[</Data<Data>]]><!--</Data<Data>--></r>", NULL},
    };
    check_cases(HT_REPAIR_END_TAGS, cases, G_N_ELEMENTS(cases));
}

static void test_short_end_tags(void)
{
    static const Case cases[] = {
        {"<a>1</>", "<a>1</a>"},
        {"<a><p:b x='>'>1</><c/>2</ ></a>", "<a><p:b x='>'>1</p:b><c/>2</a></a>"},
        {"<a>1</\n>", "<a>1</a>\n"},
        {"</><a></a></>", NULL},
        {"<a><![CDATA[</>]]></a>", NULL},
    };
    check_cases(HT_REPAIR_SHORT_END_TAGS, cases, G_N_ELEMENTS(cases));
}

static void test_ampersands(void)
{
    static const Case cases[] = {
        {"<a>R&D</a>", "<a>R&amp;D</a>"},
        {"<a b='x&y=1&z;'/>", "<a b='x&amp;y=1&amp;z;'/>"},
        {"<a>&nbsp;&&#;&#x;&#xG;&", "<a>&amp;nbsp;&amp;&amp;#;&amp;#x;&amp;#xG;&amp;"},
        {"<a>&lt;&gt;&amp;&apos;&quot;&#1;&#x4e2D;</a>", NULL},
        {"<a><![CDATA[R&D]]><!--R&D--><?p R&D?></a>", NULL},
    };
    check_cases(HT_REPAIR_BARE_AMPERSAND, cases, G_N_ELEMENTS(cases));
}

static void test_root(void)
{
    static const Case cases[] = {
        {"<a/><b>1</b>", "<fragment><a/><b>1</b></fragment>"},
        {"hello", "<fragment>hello</fragment>"},
        {"<a/>x", "<fragment><a/>x</fragment>"},
        {"<a/>\n<?xml version='1.0'?>\n<b/>", "<fragment><a/>\n\n<b/></fragment>"},
        {"<a><b/><c/></a>", NULL},
        {" <!--x--> <a x='<'/> <?p?> ", NULL},
        {"<a/>", NULL},
        {" ", NULL},
        {"", NULL},
    };
    check_cases(HT_REPAIR_ROOT, cases, G_N_ELEMENTS(cases));
}

static void test_controls(void)
{
    static const Case cases[] = {
        {"<a>\x01\x1f\x0c</a>", "<a>\uFFFD\uFFFD\uFFFD</a>"},
        {"<a b='\x02'><![CDATA[\x03]]></a>", "<a b='\uFFFD'><![CDATA[\uFFFD]]></a>"},
        {"<a>\uFFFE\uFFFF</a>", "<a>\uFFFD\uFFFD</a>"},
        {"<a>&#0;&#x1F;&#xD800;&#99999999999;</a>", "<a>\uFFFD\uFFFD\uFFFD\uFFFD</a>"},
        {"<a>\t\r\n\x7f\uFFFD\uF8FF&#9;&#x4e2d;</a>", NULL},
        {"<a><![CDATA[&#0;]]></a>", NULL},
    };
    check_cases(HT_REPAIR_CONTROLS, cases, G_N_ELEMENTS(cases));

    HtRepairBuffers buffers = {0};
    HtRepaired repaired = ht_repair_apply(HT_REPAIR_CONTROLS, HT_TEXT_LITERAL("<a>\0</a>"), ROOM, &buffers);
    g_assert_true(ht_text_is(repaired.text, "<a>\uFFFD</a>"));
    g_assert_cmphex(repaired.traits & HT_TRAIT_REPLACEMENT, ==, HT_TRAIT_REPLACEMENT);
    ht_repair_clear(&buffers);
}

static void test_together(void)
{
    HtRepairBuffers buffers = {0};
    HtText broken = HT_TEXT_LITERAL("<a>1\x01</><!—x--><b>R&D</b<c></>");
    HtRepaired repaired = ht_repair_apply(ALL_REPAIRS, broken, ROOM, &buffers);
    g_assert_cmpstr(repaired.text.data, ==, "<fragment><a>1\uFFFD</a><b>R&amp;D</b><c></c></fragment>");
    g_assert_cmphex(repaired.effective, ==, ALL_REPAIRS);
    repaired = ht_repair_apply(0, broken, ROOM, &buffers);
    g_assert_true(repaired.text.data == broken.data && repaired.effective == 0);
    ht_repair_clear(&buffers);
}

static void test_names(void)
{
    static const char *const names[] = {"comments", "end-tags",       "ampersands",
                                        "root",     "short-end-tags", "controls"};
    unsigned all = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
        unsigned bit = ht_repair_parse(names[i]);
        g_assert_cmpuint(bit, !=, 0);
        g_assert_cmpuint(all & bit, ==, 0);
        all |= bit;
    }
    g_assert_cmphex(all, ==, ALL_REPAIRS);
    g_assert_cmpuint(ht_repair_parse("Root"), ==, 0);
    g_assert_cmpuint(ht_repair_parse(""), ==, 0);
}

static void test_bounded(void)
{
    HtRepairBuffers buffers = {0};
    g_autofree char *signs = g_strnfill(1000, '&');
    HtRepaired repaired = ht_repair_apply(HT_REPAIR_BARE_AMPERSAND, ht_text_from(signs), 4999, &buffers);
    g_assert_true(repaired.text.data == signs && repaired.effective == 0);
    repaired = ht_repair_apply(HT_REPAIR_BARE_AMPERSAND, ht_text_from(signs), 5000, &buffers);
    g_assert_cmpuint(repaired.text.size, ==, 5000);
    ht_repair_clear(&buffers);
}

/* A quarter of a MB of each beginning; with anything quadratic in it, this takes minutes. */
static void test_linear(void)
{
    static const char *const beginnings[] = {
        "<!--",   "<!—", "<!-", "<![CDATA[", "<?",        "</",     "</a",     "<a",
        "<a b='", "&",   "&#",  "</a<b>",    "</a<b><b>", "<!—x—>", "<!--x—>", "<!--x—><",
        "<a>",    "</>", "<",   "<a></>",    "<!--a-->",  "->",
    };
    HtRepairBuffers buffers = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(beginnings); i++) {
        size_t size = strlen(beginnings[i]), count = (256 << 10) / size;
        g_autofree char *text = g_malloc(size * count + 1);
        for (size_t k = 0; k < count; k++) {
            memcpy(text + k * size, beginnings[i], size);
        }
        text[size * count] = '\0';
        clock_t start = clock();
        ht_repair_apply(ALL_REPAIRS, (HtText){text, size * count}, 64 << 20, &buffers);
        g_assert_cmpfloat((double)(clock() - start) / CLOCKS_PER_SEC, <, 3.0);
    }
    ht_repair_clear(&buffers);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/repair/comments-are-taken-out", test_comments);
    g_test_add_func("/repair/end-tags-get-their-sign", test_end_tags);
    g_test_add_func("/repair/short-end-tags-close-what-is-open", test_short_end_tags);
    g_test_add_func("/repair/ampersands-are-escaped", test_ampersands);
    g_test_add_func("/repair/root-is-put-around", test_root);
    g_test_add_func("/repair/controls-are-replaced", test_controls);
    g_test_add_func("/repair/all-together", test_together);
    g_test_add_func("/repair/names-are-those-of-the-mapping", test_names);
    g_test_add_func("/repair/result-is-bounded", test_bounded);
    g_test_add_func("/repair/time-is-linear", test_linear);
    return g_test_run();
}
