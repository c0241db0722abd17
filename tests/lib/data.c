/* Loading data files in tests. */
#include "tests/lib/data.h"

#include "core/base/paths.h"

HtDictionary *test_dictionary(void)
{
    g_autofree char *file = ht_paths_data("dictionary.xml"), *schema = ht_paths_data("dictionary.rng");
    g_autoptr(GError) error = NULL;
    HtDictionary *dictionary = ht_dictionary_load(file, schema, NULL, &error);
    g_assert_no_error(error);
    return dictionary;
}
