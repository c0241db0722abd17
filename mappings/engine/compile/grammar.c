/* What a mapping's form lacks, in words: names of elements and attributes as the grammar has them, with what was meant. The grammar alone
 * decides whether it is right (compile.c); this is asked when it is not, because libxml2 says only that something was not expected. */
#include "mappings/engine/compile/compiler.h"

#include "core/base/paths.h"

#include <libxml/parser.h>

#define REFERENCES_MAX 32 /* of definitions in definitions */

/* What may, and must, be in an element of one name, wherever it stands. */
typedef struct {
    GPtrArray *attributes, *children; /* of char * */
    GHashTable *lacking;              /* attribute → in how many of its patterns it must be */
    unsigned patterns;
    bool any_attribute;
} Form;

typedef struct {
    HtCompiler *compiler;
    xmlNode *grammar;
    GHashTable *forms; /* name → Form */
} Forms;

static void free_form(void *data)
{
    Form *form = data;
    g_ptr_array_unref(form->attributes);
    g_ptr_array_unref(form->children);
    g_hash_table_unref(form->lacking);
    g_free(form);
}

static Form *form_of(Forms *forms, const char *name)
{
    Form *form = g_hash_table_lookup(forms->forms, name);
    if (!form) {
        form = g_new0(Form, 1);
        form->attributes = g_ptr_array_new_with_free_func(g_free);
        form->children = g_ptr_array_new_with_free_func(g_free);
        form->lacking = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_insert(forms->forms, g_strdup(name), form);
    }
    return form;
}

static bool is_in(const GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func((GPtrArray *)names, name, g_str_equal, NULL);
}

static void add_once(GPtrArray *names, const char *name)
{
    if (!is_in(names, name)) {
        g_ptr_array_add(names, g_strdup(name));
    }
}

/* ---- Reading the grammar ---- */

/* NULL: none. */
static char *read_name(xmlNode *node)
{
    xmlChar *value = xmlGetNoNsProp(node, (const xmlChar *)"name");
    char *name = g_strdup((const char *)value);
    xmlFree(value);
    return name;
}

static xmlNode *find_definition(const Forms *forms, const char *name)
{
    for (xmlNode *node = forms->grammar->children; node; node = node->next) {
        g_autofree char *own = ht_compile_is(node, "define") ? read_name(node) : NULL;
        if (own && strcmp(own, name) == 0) {
            return node;
        }
    }
    return NULL;
}

static void take_attribute(Form *form, xmlNode *node, bool must)
{
    g_autofree char *name = read_name(node);
    form->any_attribute = form->any_attribute || !name;
    if (name) {
        add_once(form->attributes, name);
        unsigned before = GPOINTER_TO_UINT(g_hash_table_lookup(form->lacking, name));
        g_hash_table_insert(form->lacking, g_strdup(name), GUINT_TO_POINTER(before + must));
    }
}

static void take_pattern(Forms *forms, Form *form, xmlNode *pattern, bool must, unsigned levels)
{
    for (xmlNode *node = pattern->children; node && levels > 0; node = node->next) {
        g_autofree char *name = node->type == XML_ELEMENT_NODE ? read_name(node) : NULL;
        if (ht_compile_is(node, "attribute")) {
            take_attribute(form, node, must);
        } else if (ht_compile_is(node, "element") && name) {
            add_once(form->children, name);
        } else if (ht_compile_is(node, "ref") && name) {
            xmlNode *definition = find_definition(forms, name);
            if (definition) {
                take_pattern(forms, form, definition, must, levels - 1);
            }
        } else if (node->type == XML_ELEMENT_NODE) {
            bool may = ht_compile_is(node, "optional") || ht_compile_is(node, "zeroOrMore") ||
                       ht_compile_is(node, "choice");
            take_pattern(forms, form, node, must && !may, levels - 1);
        }
    }
}

static void take_elements(Forms *forms, xmlNode *above)
{
    for (xmlNode *node = above->children; node; node = node->next) {
        g_autofree char *name = ht_compile_is(node, "element") ? read_name(node) : NULL;
        if (name) {
            Form *form = form_of(forms, name);
            form->patterns++;
            take_pattern(forms, form, node, true, REFERENCES_MAX);
        }
        take_elements(forms, node);
    }
}

/* ---- Looking at the mapping ---- */

static GPtrArray *list_names(const Forms *forms)
{
    GPtrArray *names = g_ptr_array_new();
    GHashTableIter iterator;
    gpointer name;
    g_hash_table_iter_init(&iterator, forms->forms);
    while (g_hash_table_iter_next(&iterator, &name, NULL)) {
        g_ptr_array_add(names, name);
    }
    return names;
}

static void check_attributes(const Forms *forms, const Form *form, xmlNode *node)
{
    for (xmlAttr *attribute = node->properties; attribute && !form->any_attribute;
         attribute = attribute->next) {
        const char *name = (const char *)attribute->name;
        if (!is_in(form->attributes, name)) {
            g_autofree char *hint = ht_compile_suggest(name, form->attributes);
            ht_compile_error(forms->compiler, node, "<%s %s=…>: no such attribute%s", node->name, name, hint);
        }
    }
    for (unsigned i = 0; i < form->attributes->len; i++) {
        const char *name = form->attributes->pdata[i];
        bool must = GPOINTER_TO_UINT(g_hash_table_lookup(form->lacking, name)) == form->patterns;
        if (must && !xmlHasProp(node, (const xmlChar *)name)) {
            ht_compile_error(forms->compiler, node, "<%s> lacks %s=\"…\"", node->name, name);
        }
    }
}

static void check_element(const Forms *forms, xmlNode *node);

static void check_children(const Forms *forms, const Form *form, xmlNode *above)
{
    for (xmlNode *node = above->children; node; node = node->next) {
        const char *name = (const char *)node->name;
        if (node->type != XML_ELEMENT_NODE) {
            continue;
        }
        if (!g_hash_table_contains(forms->forms, name)) {
            g_autoptr(GPtrArray) names = list_names(forms);
            g_autofree char *near = ht_compile_suggest(name, form->children);
            g_autofree char *hint = *near ? g_steal_pointer(&near) : ht_compile_suggest(name, names);
            ht_compile_error(forms->compiler, node, "<%s>: no such element%s", name, hint);
        } else if (!is_in(form->children, name)) {
            ht_compile_error(forms->compiler, node, "<%s> cannot stand in <%s>", name, above->name);
        } else {
            check_element(forms, node);
        }
    }
}

static void check_element(const Forms *forms, xmlNode *node)
{
    const Form *form = g_hash_table_lookup(forms->forms, (const char *)node->name);
    check_attributes(forms, form, node);
    check_children(forms, form, node);
}

void ht_compile_explain(HtCompiler *compiler, xmlDoc *document)
{
    g_autofree char *path = ht_paths_data("mapping.rng");
    xmlDoc *grammar = xmlReadFile(path, NULL, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    xmlNode *root = xmlDocGetRootElement(document), *top = grammar ? xmlDocGetRootElement(grammar) : NULL;
    if (top && ht_compile_is(root, "mapping")) {
        Forms forms = {compiler, top, g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_form)};
        take_elements(&forms, top);
        check_element(&forms, root);
        g_hash_table_unref(forms.forms);
    }
    xmlFreeDoc(grammar);
}
