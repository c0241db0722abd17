/* Where tests find what they need, and how much they may write. */
#pragma once

#include <stdint.h>

/* One of tests/adapters, as a shared object. The caller frees. */
char *test_adapter_path(const char *name);

/* No file may become larger, from here on, as if the disk were full (EFBIG; SIGXFSZ is ignored); TEST_NO_LIMIT lifts it. */
#define TEST_NO_LIMIT UINT64_MAX
void test_limit_files(uint64_t bytes);
