/* Whether the host process has run out of memory: its limit (`memory`) is the adapter's to meet, and an allocation that failed is told
 * whatever became of it, a crash, an error of a library, or nothing at all. Any thread. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From now on a failure is also noted on the page shared with the bus, which reads it when the process has died. */
void ht_memory_watch(uint64_t *page);

/* Whether an allocation has failed since this was asked last. */
bool ht_memory_failed(void);

/* The C library's, whose place they take. */
extern void *malloc(size_t size);
extern void *calloc(size_t count, size_t size);
extern void *realloc(void *memory, size_t size);
extern void *memalign(size_t alignment, size_t size);
extern void *aligned_alloc(size_t alignment, size_t size);
extern int posix_memalign(void **memory, size_t alignment, size_t size);
