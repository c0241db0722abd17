/* The commands. Each takes the arguments after `hutong` (its own name first) and gives the exit status: 0 ok, 1 failed,
 * 2 integrity errors found, 64 usage, 78 bad configuration. Results go to standard output, complaints to standard error.
 * Each has a file, or some: audit.c, catalogue.c, check.c, consumer.c, dead.c, map.c, mapping.c, message.c, pause.c, policy.c, receipt.c, reconcile.c, reload.c, replay.c, schema.c, spool.c,
 * status.c, subject.c, test.c, tap.c, token.c, top-run.c, trail.c, wsdl.c; cli.c chooses. */
#pragma once

#include "core/config/config.h"
#include "mappings/engine/reference/dictionary.h"

/* Exit statuses of the program (sysexits.h where it has one). */
enum { HT_EXIT_OK = 0, HT_EXIT_FAILED = 1, HT_EXIT_INTEGRITY = 2, HT_EXIT_USAGE = 64, HT_EXIT_CONFIG = 78 };

int ht_cli_run(int argc, char **argv);

int ht_cli_check(int argc, char **argv);
int ht_cli_reload(int argc, char **argv);
int ht_cli_status(int argc, char **argv);
int ht_cli_tap(int argc, char **argv);
int ht_cli_top(int argc, char **argv);
int ht_cli_map(int argc, char **argv);
int ht_cli_explain(int argc, char **argv);
int ht_cli_mapping(int argc, char **argv);
int ht_cli_catalogue(int argc, char **argv);
int ht_cli_wsdl(int argc, char **argv);
int ht_cli_test(int argc, char **argv);
int ht_cli_message(int argc, char **argv);
int ht_cli_spool(int argc, char **argv);
int ht_cli_subject(int argc, char **argv);
int ht_cli_token(int argc, char **argv);
int ht_cli_receipt(int argc, char **argv);
int ht_cli_reconcile(int argc, char **argv);
int ht_cli_consumer(int argc, char **argv);
int ht_cli_dead(int argc, char **argv);
int ht_cli_policy(int argc, char **argv);
int ht_cli_replay(int argc, char **argv);
int ht_cli_audit(int argc, char **argv);
int ht_cli_audit_list(int argc, char **argv);
int ht_cli_schema(int argc, char **argv);

/* options.c: reads `-c FILE` and the flags that `entries` describe (NULL: none). What is left stays in argv, the verb first. False
 * after a complaint. `summary` is what the verb does; the file's name is for the caller to free. `config_file` NULL: the verb reads no
 * configuration, and takes no -c. */
bool ht_cli_options(int *argc, char ***argv, const char *summary, const GOptionEntry *entries,
                    char **config_file);

/* From now on ht_cli_options() tells `describe` what it was given instead of reading options, and gives false: every verb ends there. NULL:
 * it reads again. For what is made of the tables of options (manual.h). */
typedef void (*HtCliDescribe)(const char *summary, const GOptionEntry *entries, void *user);
void ht_cli_describe(HtCliDescribe describe, void *user);

/* As root, goes on as the configuration's `user`, for good; false, told to standard error, when that cannot be. */
bool ht_cli_become(const HtConfig *config);

/* Loads the configuration, warnings and errors to standard error, and goes on as its `user`; NULL when it is bad. */
HtConfig *ht_cli_load(const char *config_file);
