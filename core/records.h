/* What the bus itself puts into the audit log: its configuration, its beginning and end, what administrators did, looked at and were refused;
 * and the verb `audit`, by which a search says that it is about to look. Main thread. */
#pragma once

#include "core/bus.h"

/* Opens the audit log of a bus with configuration and signer. */
void ht_records_open(HtBus *bus);

/* The audit log's sizes and times are those of the configuration in force from here on. */
void ht_records_change(HtBus *bus);

/* Says that the bus begins, with which configuration; and that it ends. */
void ht_records_begin(HtBus *bus);
void ht_records_end(HtBus *bus);

/* Says which configuration is in force from here on. */
void ht_records_config(HtBus *bus);

/* HtAdminRecord, with a HtBus: false only where it is required. */
bool ht_records_deed(void *bus, const HtAdminDeed *deed);

/* The verb `audit`: {"verb":"search","subject":"p-…"} or {"verb":"export"}; {} when it is recorded. */
void ht_records_answer(void *bus, JsonObject *asked, HtAdminReply *reply);

/* For status and metrics. */
void ht_records_json(const HtBus *bus, HtBuffer *json);
void ht_records_metrics(const HtBus *bus, HtBuffer *text);

/* What has to be looked at; NULL when nothing has. The caller frees. */
char *ht_records_notice(const HtBus *bus);
