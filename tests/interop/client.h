/* The foreign clients: which there are, whether they are here, and running them. Each has a folder beside this file with a
 * script run.sh, which is told what to do: README.md. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct {
    const char *name;     /* and folder */
    const char *package;  /* what is missing when it is not here */
    const char *install;  /* the command that installs it */
    const char *versions; /* of SOAP, "1.1 1.2", for its plan; NULL: it judges by itself */
} Client;

extern const Client clients[];
extern const size_t client_count;

bool client_is_installed(const Client *client);

/* A directory of its own, below the current one, made when it is not there; the caller frees. */
char *client_scratch(const Client *client);

/* Runs run.sh MODE ADDRESS in `scratch` and gives whether it ended with 0. All that it and its children say is in `output`,
 * which the caller frees; what ran longer than its time is killed, with its children. */
bool client_run(const Client *client, const char *mode, const char *address, const char *scratch,
                char **output);

/* The path of a file of this folder; the caller frees. */
char *client_source_file(const char *name);
