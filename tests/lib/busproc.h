/* A real bus, as a process, for tests and the demo: its own directory, free ports, killed by its process id. */
#pragma once

#include <glib.h>
#include <json-glib/json-glib.h>
#include <stdbool.h>

typedef struct {
    char *folder;   /* private; holds hutong.conf, state/, run/, bus.log */
    char *config;   /* hutong.conf */
    GPid pid;       /* 0 when not running */
    unsigned port;  /* of the public door, once ready; atomic where other threads read it across a start */
    unsigned files; /* limit of open files for the next start; 0: as it is */
} BusProcess;

/* Makes the folder and writes the configuration: [bus] with port 0 and `sections` behind it. `bus_keys` are added to [bus];
 * may be NULL. Adapters serve unchecked unless they name adapter-check. Not started yet. */
BusProcess *bus_process_new(const char *bus_keys, const char *sections);

/* Starts `hutong run`, and waits for nothing. */
void bus_process_spawn(BusProcess *bus);

/* The same, and waits until it is ready (fails the test after 30 s, with the log). */
void bus_process_start(BusProcess *bus);

/* From now on no file of the running bus grows beyond what the log of changes is now. Whoever starts the bus ignores SIGXFSZ before, so that a
 * write beyond it is an error there. */
void bus_process_fail_disk(const BusProcess *bus);

/* kill -9, and waits for the end. */
void bus_process_kill(BusProcess *bus);

/* SIGTERM, waits for the end, gives the exit status (-1: ended by a signal). */
int bus_process_stop(BusProcess *bus);

/* Kills if need be and removes the folder. */
void bus_process_free(BusProcess *bus);

/* The status page, parsed; NULL when no bus answers. The caller unrefs the node. */
JsonNode *bus_process_status(BusProcess *bus);

/* GETs a page of the admin socket; the caller frees. */
char *bus_process_page(BusProcess *bus, const char *page, unsigned *status);

/* A number in the status page by path: "spool.lastSequence", "sources.0.host.pid". -1 when it is not there. */
gint64 bus_process_figure(BusProcess *bus, const char *path);

/* Waits until the figure is at least `value`, or fails the test after `timeout_ms`. */
void bus_process_wait_figure(BusProcess *bus, const char *path, gint64 value, unsigned timeout_ms);

/* Waits until the figure is `value`, or fails the test after `timeout_ms`. Whoever waits for a consumer waits for this too: the
 * bus counts a delivery after the consumer has seen it. */
void bus_process_expect_figure(BusProcess *bus, const char *path, gint64 value, unsigned timeout_ms);

/* "off", "checking", "passed" or "failed": the check of the adapter of the source with this number; "" when no bus answers. */
const char *bus_process_check_state(BusProcess *bus, unsigned source);

/* Waits until it is `state`, or fails the test after `timeout_ms`. */
void bus_process_wait_check(BusProcess *bus, unsigned source, const char *state, unsigned timeout_ms);

/* What the bus wrote to its log so far; the caller frees. */
char *bus_process_log(BusProcess *bus);

/* The number that a stopped bus's spool answers to an SQL question. */
gint64 bus_process_ask_spool(const BusProcess *bus, const char *question);

/* Runs the hutong program with these arguments (NULL-terminated, without the program's name), and gives its exit status;
 * standard output and error go to `output`, which the caller frees. */
int run_hutong(char **output, ...) G_GNUC_NULL_TERMINATED;
