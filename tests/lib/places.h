/* Where tests find what they need, what they run in, and how much they may write. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One of tests/adapters, as a shared object. The caller frees. */
char *test_adapter_path(const char *name);

/* Whether the programs were built with sanitizers: slower, larger, without the box and its memory limit. The makefile sets HUTONG_SANITIZED in
 * any case; "" means that they were not. */
bool test_is_sanitized(void);

/* No file may become larger, from here on, as if the disk were full (EFBIG; SIGXFSZ is ignored); TEST_NO_LIMIT lifts it. */
#define TEST_NO_LIMIT UINT64_MAX
void test_limit_files(uint64_t bytes);
