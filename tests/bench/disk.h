/* How long the disk takes to sync what was appended to a growing file. */
#pragma once

typedef struct {
    double p50_ms, p99_ms; /* negative: it could not be written */
} DiskSync;

/* 400 times 4 KB, in a file that is gone afterwards. */
DiskSync disk_sync(const char *folder);
