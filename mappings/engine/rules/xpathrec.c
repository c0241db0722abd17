/* Trees of single records and XPath on them, with libxml2. Called by the matcher (building) and the recorder (asking), in
 * the host, on the mapper's thread. */
#include "mappings/engine/rules/xpathrec.h"

#include "mappings/engine/text/value.h"

#include <libxml/tree.h>
#include <libxml/xpath.h>
#include <libxml/xpathInternals.h>

#define TEXT_KEEP (64 * 1024)

struct HtXpath {
    xmlXPathCompExprPtr expression;
};

struct HtRecordTree {
    xmlDoc *document;
    xmlNode *open; /* the element that text and children go to; NULL before the record and after it */
    HtBuffer text; /* of the open element, until something else begins or it ends */
    bool changed;  /* something invisible was taken out of a text */
};

/* Nothing is printed: the compiler says where a wrong expression stands, and one that fails on a record has no value. */
static void be_silent(void *user, xmlErrorPtr error)
{
    (void)user;
    (void)error;
}

HtXpath *ht_xpath_compile(const char *expression, char **problem)
{
    xmlXPathContext *context = xmlXPathNewContext(NULL);
    context->error = be_silent;
    xmlXPathCompExprPtr compiled = xmlXPathCtxtCompile(context, (const xmlChar *)expression);
    xmlXPathFreeContext(context);
    if (!compiled) {
        *problem = g_strdup_printf("\"%s\" is not XPath 1.0", expression);
        return NULL;
    }
    HtXpath *xpath = g_new0(HtXpath, 1);
    xpath->expression = compiled;
    return xpath;
}

void ht_xpath_free(HtXpath *xpath)
{
    if (xpath) {
        xmlXPathFreeCompExpr(xpath->expression);
        g_free(xpath);
    }
}

static xmlXPathObject *evaluate(const HtXpath *xpath, HtRecordTree *tree)
{
    xmlNode *root = xmlDocGetRootElement(tree->document);
    if (!root) {
        return NULL;
    }
    xmlXPathContext *context = xmlXPathNewContext(tree->document);
    context->error = be_silent;
    context->node = root;
    xmlXPathObject *object = xmlXPathCompiledEval(xpath->expression, context);
    xmlXPathFreeContext(context);
    return object;
}

bool ht_xpath_test(const HtXpath *xpath, HtRecordTree *tree)
{
    xmlXPathObject *object = evaluate(xpath, tree);
    bool holds = object && xmlXPathCastToBoolean(object);
    xmlXPathFreeObject(object);
    return holds;
}

bool ht_xpath_string(const HtXpath *xpath, HtRecordTree *tree, HtBuffer *text)
{
    xmlXPathObject *object = evaluate(xpath, tree);
    xmlChar *string = object ? xmlXPathCastToString(object) : NULL;
    bool has_value = string && *string;
    if (has_value) {
        ht_buffer_add_string(text, (const char *)string);
    }
    xmlFree(string);
    xmlXPathFreeObject(object);
    return has_value;
}

HtRecordTree *ht_record_tree_new(void)
{
    return g_new0(HtRecordTree, 1);
}

void ht_record_tree_free(HtRecordTree *tree)
{
    if (tree) {
        xmlFreeDoc(tree->document);
        ht_buffer_clear(&tree->text);
        g_free(tree);
    }
}

void ht_record_tree_clear(HtRecordTree *tree)
{
    xmlFreeDoc(tree->document);
    tree->document = xmlNewDoc((const xmlChar *)"1.0");
    tree->open = NULL;
    tree->changed = false;
    ht_buffer_reset(&tree->text, TEXT_KEEP);
}

/* As match/clean.c does with the values of paths. transfer full. */
static char *make_clean(HtRecordTree *tree, HtText text)
{
    char *clean = g_malloc(text.size + 1);
    size_t size = ht_text_drop_invisible(text.data, text.size, clean);
    clean[size] = '\0';
    tree->changed = tree->changed || size < text.size;
    return clean;
}

static void flush_text(HtRecordTree *tree)
{
    if (tree->open && tree->text.size > 0) {
        g_autofree char *text = make_clean(tree, ht_buffer_text(&tree->text));
        xmlAddChild(tree->open, xmlNewDocText(tree->document, (const xmlChar *)text));
    }
    ht_buffer_reset(&tree->text, TEXT_KEEP);
}

void ht_record_tree_start(HtRecordTree *tree, HtName name, const HtAttribute *attributes,
                          unsigned attribute_count)
{
    flush_text(tree);
    xmlNode *node = xmlNewDocNode(tree->document, NULL, (const xmlChar *)name, NULL);
    if (tree->open) {
        xmlAddChild(tree->open, node);
    } else {
        xmlDocSetRootElement(tree->document, node);
    }
    tree->open = node;
    for (unsigned i = 0; i < attribute_count; i++) {
        g_autofree char *value = make_clean(tree, attributes[i].value);
        xmlNewProp(node, (const xmlChar *)attributes[i].name, (const xmlChar *)value);
    }
}

void ht_record_tree_text(HtRecordTree *tree, const char *text, size_t size)
{
    if (tree->open) {
        ht_buffer_add(&tree->text, text, size);
    }
}

void ht_record_tree_end(HtRecordTree *tree)
{
    flush_text(tree);
    if (tree->open) {
        xmlNode *parent = tree->open->parent;
        tree->open = parent && parent->type == XML_ELEMENT_NODE ? parent : NULL;
    }
}

bool ht_record_tree_changed(const HtRecordTree *tree)
{
    return tree->changed;
}
