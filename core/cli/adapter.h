/* `hutong adapter list | inspect NAME | check NAME | new NAME`. No adapter is ever loaded into the command
 * itself: looking at one and trying it are done by hutong-host, as in the bus. */
#pragma once

#include "plugins/start.h"

/* Takes the arguments from "adapter" on; gives the exit status. */
int ht_cli_adapter(int argc, char **argv);

/* What the sub-verbs are told by options; NULL: not given. */
typedef struct {
    char *directory; /* of adapters */
    char *mapping;
    char *fixtures;
    char *data;
    gboolean json;
} HtAdapterOptions;

/* The file that NAME or FILE means, absolute. Free it. */
char *ht_adapter_find(const char *name, const HtAdapterOptions *options);

/* Has a host load the file and say what it is. ht_ready_clear() frees `ready` on both answers. */
bool ht_adapter_look(const char *file, HtReady *ready, GError **error);

/* adapter-check.c: the conformance kit. */
int ht_adapter_check(const char *name, const HtAdapterOptions *options);

/* adapter-new.c: a skeleton in the folder `name` of the current directory. */
int ht_adapter_new(const char *name);
