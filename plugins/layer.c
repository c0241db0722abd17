/* The layers of a box, named, packed and unpacked: see layer.h. No state. */
#include "plugins/layer.h"

#include "core/base/pack.h"

#define CODE_MAX 4096

static const struct {
    const char *name, *help;
} layers[HT_LAYERS] = {
    [HT_LAYER_CALLS] =
        {"system calls",
         "only those of one list: no path, no socket, no process, no signal to others, no new code"},
    [HT_LAYER_FILES] = {"Landlock", "no file, no TCP port, no abstract socket, no signal to the outside"},
    [HT_LAYER_ROOT] = {"empty root", "the root directory is an empty one that cannot be written"},
    [HT_LAYER_USER] = {"user namespace", "its user id means nothing to other processes' files and memory"},
    [HT_LAYER_NETWORK] = {"network namespace", "no network, not even this machine's own addresses"},
    [HT_LAYER_IPC] = {"IPC namespace", "no shared memory, semaphores or queues of others"},
    [HT_LAYER_NAMES] = {"UTS namespace", "the machine's name is out of reach"},
    [HT_LAYER_OWNER] = {"own user id", "not root, and nobody else's"},
};

void ht_layer_stands(HtBox *box, HtLayer layer)
{
    box->layer[layer].state = HT_LAYER_STANDS;
    box->layer[layer].code = 0;
}

void ht_layer_misses(HtBox *box, HtLayer layer, int code)
{
    box->layer[layer].state = HT_LAYER_MISSING;
    box->layer[layer].code = code;
}

static bool is_lacking(const HtBox *box, HtLayer layer, HtBoxNeed need)
{
    HtLayerState state = box->layer[layer].state;
    bool asked = need == HT_BOX_WHOLE || (need == HT_BOX_CALLS && layer == HT_LAYER_CALLS);
    return asked && (state == HT_LAYER_MISSING || (state == HT_LAYER_OFF && need == HT_BOX_WHOLE));
}

HtLayer ht_box_lacks(const HtBox *box, HtBoxNeed need)
{
    unsigned layer = 0;
    while (layer < HT_LAYERS && !is_lacking(box, (HtLayer)layer, need)) {
        layer++;
    }
    return (HtLayer)layer;
}

const char *ht_layer_name(HtLayer layer)
{
    return layers[layer].name;
}

const char *ht_layer_help(HtLayer layer)
{
    return layers[layer].help;
}

char *ht_layer_describe(const HtBox *box, HtLayer layer)
{
    int code = box->layer[layer].code;
    switch (box->layer[layer].state) {
    case HT_LAYER_STANDS: return g_strdup("stands");
    case HT_LAYER_NEEDLESS: return g_strdup("not needed");
    case HT_LAYER_OFF: return g_strdup("off: a build with sanitizers");
    case HT_LAYER_MISSING: break;
    }
    return code == 0 ? g_strdup("missing") : g_strdup_printf("missing: %s", g_strerror(code));
}

char *ht_box_missing(const HtBox *box)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        HtLayerState state = box->layer[layer].state;
        if (state == HT_LAYER_MISSING || state == HT_LAYER_OFF) {
            g_autofree char *how = ht_layer_describe(box, (HtLayer)layer);
            g_string_append_printf(text, "%s%s (%s)", text->len > 0 ? "; " : "", layers[layer].name, how);
        }
    }
    return text->len > 0 ? g_string_free(g_steal_pointer(&text), FALSE) : NULL;
}

/* A field for each: its state, and the errno above. */
void ht_box_pack(const HtBox *box, HtBuffer *buffer)
{
    for (unsigned layer = 0; layer < HT_LAYERS; layer++) {
        uint32_t code = (uint32_t)box->layer[layer].code;
        ht_pack_u32(buffer, (uint8_t)(layer + 1), (uint32_t)box->layer[layer].state | code << 8);
    }
}

static bool take_layer(uint32_t number, HtBox *box, unsigned layer)
{
    uint32_t state = number & 0xff, code = number >> 8;
    if (state > HT_LAYER_OFF || code >= CODE_MAX) {
        return false;
    }
    box->layer[layer].state = (HtLayerState)state;
    box->layer[layer].code = (int)code;
    return true;
}

bool ht_box_unpack(HtText bytes, HtBox *box)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    unsigned layer = 0;
    uint8_t tag;
    HtText value;
    *box = (HtBox){0};
    while (ht_unpack_next(&unpack, &tag, &value)) {
        uint32_t number;
        if (layer == HT_LAYERS || tag != layer + 1 || !ht_unpack_u32(value, &number) ||
            !take_layer(number, box, layer)) {
            return false;
        }
        layer++;
    }
    return layer == HT_LAYERS && !unpack.broken;
}
