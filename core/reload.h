/* Another configuration for the running bus, by `hutong reload` or SIGHUP. Main-loop thread.
 *
 *   IDLE   nothing is asked for                                   ht_reload_new(), end()
 *   TRIES  `hutong check` reads the files and tries all            begin()
 *   WAITS  what it needs is made beside what serves; adapters      take_tried()
 *          and mappings that are new go through the gate
 *   IDLE   taken in one turn of the main loop, or thrown away      take_over(), refuse()
 *
 * Until it is taken nothing of the former one is touched: an error leaves all as it is. Taken, it counts for what begins then. A source or a consumer
 * with the same settings stays as it is; of another there is a new one, and the former one ends with what is under way (core/source/sources.h,
 * core/delivery/delivery.h). Keys that are fixed (core/config/options.h) keep their values until a restart, and are told. */
#pragma once

#include "core/admin/reply.h"
#include "core/base/buffer.h"

typedef struct HtReload HtReload;

/* `bus` is a HtBus. */
HtReload *ht_reload_new(void *bus);

/* Throws away what is not taken; who has asked is told. */
void ht_reload_free(HtReload *reload);

/* SIGHUP: asked for while one is under way, another follows. */
void ht_reload_ask(HtReload *reload);

/* The verb `reload`, of a HtBus: {"file": the configuration that the one who asks has read; empty: whichever} → {"applied": true, "changes": [text],
 * "restart": [key], "left": [{"consumer","cursor","letters"}], "told": warnings, "sha256": …} or {"applied": false, "problems": text}.
 * 409 when one is under way, or the bus has another configuration. */
void ht_reload_verb(void *bus, JsonObject *asked, HtAdminReply *reply);

/* On the status page ("configuration") and in the metrics; what has to be looked at, which anybody may see who can
 * ask whether the bus is ready: without the problem's text (the caller frees; NULL: nothing). */
void ht_reload_json(const HtReload *reload, HtBuffer *json);
void ht_reload_metrics(const HtReload *reload, HtBuffer *text);
char *ht_reload_notice(const HtReload *reload);
