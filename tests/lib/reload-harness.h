/* A bus with a source and a platform that takes its events, whose configuration a test writes anew. */
#pragma once

#include "tests/lib/busproc.h"
#include "tests/lib/platform.h"

#define WAIT_MS 20000
#define HUKOU "[source hukou]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
#define SECOND \
    "[source second]\ndepartment = police\nadapter = hukou\nmapping = hukou.xml\ndivision = 440104\n"
#define PURPOSE "purpose = 社区人口服务\npurpose-until = 2099-12-31\nretry-first = 20ms\nretry-max = 100ms\n"
#define ROUTE "[route all]\nto = platform\n"

typedef struct {
    Platform *platform;
    char *consumer; /* the section of the platform, with the purpose */
    BusProcess *bus;
} ReloadFixture;

/* `bus_keys` (may be NULL) as bus_process_new(); `source` is its sections before the consumer. */
void reload_start_with(ReloadFixture *f, const char *bus_keys, const char *source);

/* With the source hukou. */
void reload_start(ReloadFixture *f);

/* In order, if it runs; frees all. */
void reload_stop(ReloadFixture *f);

/* Into the bus's folder, in place of what is there. */
void reload_write_file(const ReloadFixture *f, const char *name, const char *text);

/* The whole configuration: [bus] with these keys, and the sections, up to NULL. */
void reload_write_config(const ReloadFixture *f, const char *bus_keys, ...) G_GNUC_NULL_TERMINATED;

/* The status of the answer to a message of so many deaths. */
int reload_post_deaths(const ReloadFixture *f, const char *path, unsigned first, unsigned count);
void reload_wait_for_log(const ReloadFixture *f, const char *text);

/* A command of the bus's configuration. */
#define RUN(f, output, ...) run_hutong(output, __VA_ARGS__, "-c", (f)->bus->config, NULL)

/* It ends with this status, and its output has this text. */
#define EXPECT(f, status, text, ...)                             \
    do {                                                         \
        g_autofree char *expect_output = NULL;                   \
        int expect_status = RUN(f, &expect_output, __VA_ARGS__); \
        g_test_message("%s", expect_output);                     \
        g_assert_cmpint(expect_status, ==, status);              \
        g_assert_nonnull(strstr(expect_output, text));           \
    } while (0)
