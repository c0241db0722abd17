/* XPath 1.0 on a tree of one record, for what the matcher's paths cannot say: only records whose rules ask for it are
 * built as trees. Expressions come from mapping files (trusted), trees from payloads. Engine only. */
#pragma once

#include "core/base/buffer.h"
#include "mappings/engine/read/reader.h"

typedef struct HtXpath HtXpath;
typedef struct HtRecordTree HtRecordTree;

/* transfer full; NULL with `problem` (transfer full) when it is not XPath 1.0. No namespaces: names are local names. */
HtXpath *ht_xpath_compile(const char *expression, char **problem);
void ht_xpath_free(HtXpath *xpath);

/* True when the expression is true for the record (a non-empty set, text or number other than 0). */
bool ht_xpath_test(const HtXpath *xpath, HtRecordTree *tree);

/* Appends the expression's value as text; false when it has none (empty set, empty text). */
bool ht_xpath_string(const HtXpath *xpath, HtRecordTree *tree, HtBuffer *text);

HtRecordTree *ht_record_tree_new(void);
void ht_record_tree_free(HtRecordTree *tree);

/* Forgets the record before. The next element started is the record itself. */
void ht_record_tree_clear(HtRecordTree *tree);
void ht_record_tree_start(HtRecordTree *tree, HtName name, const HtAttribute *attributes,
                          unsigned attribute_count);
void ht_record_tree_text(HtRecordTree *tree, const char *text, size_t size);
void ht_record_tree_end(HtRecordTree *tree);

/* True when something invisible was taken out of some text of the record, as is done with the values of paths. */
bool ht_record_tree_changed(const HtRecordTree *tree);
