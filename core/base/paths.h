/* Where the program's own files are. In order: the environment (HUTONG_LIBEXECDIR, HUTONG_ADAPTERDIR, HUTONG_DATADIR:
 * for running from a build directory), the directories compiled in if they are there, the directories beside the running
 * program (a staged installation that runs from where it was put). */
#pragma once

/* Each returns a path that the caller frees. It need not exist. */
char *ht_paths_libexec(const char *file); /* "hutong-host" → …/libexec/hutong/hutong-host */
char *ht_paths_adapters(void);            /* …/lib/hutong/adapters */
char *ht_paths_data(const char *file);    /* "dictionary.xml" → …/share/hutong/dictionary.xml */
char *ht_paths_config(void);              /* the default configuration file */
