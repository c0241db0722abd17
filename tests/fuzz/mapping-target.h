/* What the fuzz targets of the whole mapping engine share: two mappers with a mapping that uses everything
 * (tests/data/mappings/rich.xml), and what must hold of every outcome. */
#pragma once

#include "mappings/engine/compile/compile.h"
#include "mappings/engine/run/mapper.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern HtMapping *mapping;
extern HtMapper *mappers[2];

void require(bool condition);
int LLVMFuzzerInitialize(int *argc, char ***argv);
void check_outcome(const HtOutcome *outcome);

/* Runs the payload through both mappers. */
void run_payload(const HtPayload *payload);
