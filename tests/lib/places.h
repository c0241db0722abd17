/* Where tests find what they need, what they run in, and how much they may write. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* One of tests/adapters, as a shared object. The caller frees. */
char *test_adapter_path(const char *name);

/* Whether the programs were built with sanitizers: slower, larger, without the box and its memory limit. The makefile sets HUTONG_SANITIZED in
 * any case; "" means that they were not. */
bool test_is_sanitized(void);

/* In a build with sanitizers, where the conformance kit takes a minute for an adapter: hukou and xml with a few fixtures each, in a folder of the
 * test's own, which HUTONG_ADAPTERDIR names from here on; it is returned, to be removed and freed. NULL, and nothing is changed, in other
 * builds. */
char *test_use_small_adapters(void);

/* No file may become larger, from here on, as if the disk were full (EFBIG; SIGXFSZ is ignored); TEST_NO_LIMIT lifts it. */
#define TEST_NO_LIMIT UINT64_MAX
void test_limit_files(uint64_t bytes);
