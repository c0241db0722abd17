/* The values that stand in a payload's bytes, with their paths, whoever reads them and however broken they are. */
#include "core/kit/leaves.h"

#include <string.h>

static char *list(const char *payload, size_t size)
{
    g_autoptr(GPtrArray) leaves = ht_leaves_find((HtText){payload, size});
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < leaves->len; i++) {
        const HtLeaf *leaf = leaves->pdata[i];
        g_assert_cmpuint(leaf->start + leaf->size, <=, size);
        g_string_append_printf(text, "%s%s=%.*s", i > 0 ? " " : "", leaf->path, (int)leaf->size,
                               payload + leaf->start);
    }
    return g_string_free(text, FALSE);
}

static void test_found(void)
{
    static const char *const cases[][2] = {
        {"<a><b no='1' x = \"2\">3</b><c/><d y='4'/></a>", "/a/b/@no=1 /a/b/@x=2 /a/b=3 /a/d/@y=4"},
        {"\xef\xbb\xbf<?xml version='1.0' encoding='GBK'?>\n<!-- <x>1</x> -->\n<a> 1 </a>\n", "/a=1"},
        {"<p:a xmlns='u' xmlns:p='u' xsi:nil='0' p:z='1'><p:b>2</p:b></p:a>", "/a/@z=1 /a/b=2"},
        {"<a>1<b>2</b>3</a>", "/a=1 /a/b=2 /a=3"},
        {"<a><![CDATA[ 1<2 ]]></a>", "/a=1<2"},
        {"<w><s><![CDATA[<?xml version=\"1.0\"?><a><b>1</b></a>]]></s></w>", "/a/b=1"},
        {"<w><s>&lt;a x=&quot;1&quot;&gt;&lt;b&gt;2&lt;/b&gt;&lt;/a&gt;</s><t>3</t></w>",
         "/a/@x=1 /a/b=2 /w/t=3"},
        {"<w><s>&amp;lt;a&amp;gt;1&amp;lt;/a&amp;gt;</s></w>", "/a=1"},
        {"<w>Lane &lt;br&gt; 1</w>", "/w=Lane &lt;br&gt; 1"},
        {"<S:Envelope><S:Header><t>0</t></S:Header><S:Body><op soapenv:encodingStyle='0'><b>1</b></op></S:Body>"
         "</S:Envelope>",
         "/op/b=1"},
        {"<a>1", "/a=1"},
        {"<a b='1", ""},
        {"<a b></x></y>1", ""},
        {"<a><b", ""},
        {"<![CDATA[", ""},
        {"<!--", ""},
        {"<", ""},
        {"{\"a\":1}", ""},
        {"", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_test_message("%s", cases[i][0]);
        g_autofree char *found = list(cases[i][0], strlen(cases[i][0]));
        g_assert_cmpstr(found, ==, cases[i][1]);
    }
}

/* However it is cut: nothing outside of it is read, and it ends. */
static void test_cut(void)
{
    static const char payload[] =
        "<?xml version='1.0'?><!-- c --><a b='1'><![CDATA[<x y=\"2\">3</x>]]><c>&lt;d e=&quot;4&quot;&gt;5&lt;/d&gt;"
        "</c>\xd6\xd0</a>";
    for (size_t size = 0; size < sizeof payload; size++) {
        g_autofree char *cut = g_memdup2(payload, MAX(size, 1));
        g_autofree char *found = list(cut, size);
        g_assert_nonnull(found);
    }
    g_autofree char *wide = list("<\0a\0>\0001\0", 8);
    g_assert_cmpstr(wide, ==, "");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/leaves/found-with-their-paths", test_found);
    g_test_add_func("/leaves/cut-anywhere", test_cut);
    return g_test_run();
}
