/* What is made of the table of verbs and of each verb's own table of options: the manual's list of options, and the shell's completion. */
#pragma once

#include <glib.h>

/* A row of the table of verbs (cli.c). */
typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *words; /* what it takes first: "list|show"; NULL: no word */
    const char *summary;
} HtCliVerb;

/* The part OPTIONS of hutong(1), as roff, up to the next heading. */
void ht_cli_manual(const HtCliVerb *verbs, unsigned count, GString *roff);

/* The completion of bash. Names of sources and consumers it asks `hutong config` for, when it is asked for one. */
void ht_cli_completion(const HtCliVerb *verbs, unsigned count, GString *script);
