/* The layers of an adapter's box: what stands between its code and everything else. The host (plugins/box/) builds them, one after the
 * other, before any of the adapter's code is in memory, and tells the bus which stand. Shared by both; no state, any thread. */
#pragma once

#include "core/base/buffer.h"

#include <glib.h>

/* In the order in which they are told. */
typedef enum {
    HT_LAYER_CALLS, /* one allow-list of system calls: no path, socket, process, signal to others, new code */
    HT_LAYER_FILES, /* Landlock: no file, no TCP, no abstract socket, no signal to the outside */
    HT_LAYER_ROOT,  /* the root directory is an empty one */
    HT_LAYER_USER,  /* a user namespace */
    HT_LAYER_NETWORK, /* a network namespace */
    HT_LAYER_IPC,     /* a System V and POSIX IPC namespace */
    HT_LAYER_NAMES,   /* a namespace of host and domain names (UTS) */
    HT_LAYER_OWNER,   /* a user id of its own, where the bus runs as root */
    HT_LAYERS
} HtLayer;

typedef enum {
    HT_LAYER_MISSING, /* the kernel refuses it: `code` is its errno */
    HT_LAYER_STANDS,
    HT_LAYER_NEEDLESS, /* there is nothing that it would keep apart */
    HT_LAYER_OFF       /* a build with sanitizers, which cannot live in it */
} HtLayerState;

/* All zeros: nothing stands. */
typedef struct {
    struct {
        HtLayerState state;
        int code;
    } layer[HT_LAYERS];
} HtBox;

/* What must stand, or nothing of an adapter is loaded. */
typedef enum {
    HT_BOX_ANY,   /* nothing */
    HT_BOX_CALLS, /* HT_LAYER_CALLS: nothing else can be reached without these */
    HT_BOX_WHOLE  /* all that is not needless */
} HtBoxNeed;

void ht_layer_stands(HtBox *box, HtLayer layer);
void ht_layer_misses(HtBox *box, HtLayer layer, int code);

/* The first layer that misses although `need` asks for it; HT_LAYERS: none does. In a build with sanitizers only HT_BOX_WHOLE misses any. */
HtLayer ht_box_lacks(const HtBox *box, HtBoxNeed need);

/* "network namespace" and "no network: not even this machine's own addresses". */
const char *ht_layer_name(HtLayer layer);
const char *ht_layer_help(HtLayer layer);

/* "stands", "missing: Operation not permitted", … Free it. */
char *ht_layer_describe(const HtBox *box, HtLayer layer);

/* The names of those that miss, each with its reason, separated by `; `; NULL: none does. Free it. */
char *ht_box_missing(const HtBox *box);

void ht_box_pack(const HtBox *box, HtBuffer *buffer);

/* False when the bytes are broken: not every layer once, or a state that there is not. */
bool ht_box_unpack(HtText bytes, HtBox *box);
