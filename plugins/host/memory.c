/* The allocator of hutong-host: the C library's, whose failures are noted, see memory.h. These functions take the place of the library's
 * for everything in the process, adapters and other libraries included. Any thread. */
#include "plugins/host/memory.h"

#include "plugins/frame.h"

#include <errno.h>
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

static uint64_t *watched;
static bool failed;

void ht_memory_watch(uint64_t *page)
{
    watched = page;
}

bool ht_memory_failed(void)
{
    return __atomic_exchange_n(&failed, false, __ATOMIC_RELAXED);
}

/* A build with sanitizers has an allocator of its own, and no limit. */
#if defined(__GLIBC__) && !defined(HT_SANITIZED)

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void *note_failure(void)
{
    __atomic_store_n(&failed, true, __ATOMIC_RELAXED);
    if (watched) {
        __atomic_store_n(&watched[HT_PAGE_NO_MEMORY], 1, __ATOMIC_RELEASE);
    }
    errno = ENOMEM;
    return NULL;
}

void *malloc(size_t size)
{
    void *memory = __libc_malloc(size);
    return memory ? memory : note_failure();
}

void *calloc(size_t count, size_t size)
{
    void *memory = __libc_calloc(count, size);
    return memory ? memory : note_failure();
}

void *realloc(void *memory, size_t size)
{
    void *moved = __libc_realloc(memory, size);
    return moved || size == 0 ? moved : note_failure();
}

void *memalign(size_t alignment, size_t size)
{
    void *memory = __libc_memalign(alignment, size);
    return memory ? memory : note_failure();
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    if (alignment < sizeof(void *) || (alignment & (alignment - 1)) != 0) {
        return EINVAL;
    }
    void *found = memalign(alignment, size);
    *memory = found ? found : *memory;
    return found ? 0 : ENOMEM;
}

#endif
