/* `hutong adapter list | inspect NAME | check [NAME] | new NAME`. No adapter is ever loaded into the command
 * itself: looking at one and trying it are done by hutong-host, as in the bus. */
#pragma once

#include <glib.h>

/* Takes the arguments from "adapter" on; gives the exit status. */
int ht_cli_adapter(int argc, char **argv);

/* What the sub-verbs are told by options; NULL: not given. */
typedef struct {
    char *directory; /* of adapters */
    char *mapping;
    char *fixtures;
    char *data;
    char *mappings; /* the site's own, a directory */
    char *division;
    gboolean json, tap, quiet;
} HtAdapterOptions;

/* adapter-find.c: the file that NAME or FILE means, absolute. Free it. */
char *ht_adapter_find(const char *name, const HtAdapterOptions *options);

/* The same: all adapters of the directory, by name, of char *. NULL with GFileError. transfer full. */
GPtrArray *ht_adapter_list_files(const HtAdapterOptions *options, GError **error);

/* adapter-check.c: the conformance kit; without a name, for all adapters of the directory. */
int ht_adapter_check(const char *name, const HtAdapterOptions *options);

/* adapter-new.c: a skeleton in the folder `name` of the current directory. */
int ht_adapter_new(const char *name);
