/* The option tables: every key of the configuration, declared once. They drive parsing, messages, `hutong config` and
 * docs/config.md. options.c has the tables, values.c reads and writes values. */
#pragma once

#include "core/config/config.h"

typedef enum {
    HT_OPTION_STRING,
    HT_OPTION_NAME,     /* letters, digits, hyphens */
    HT_OPTION_PATH,     /* made absolute against the file that names it */
    HT_OPTION_PATHS,    /* the same, separated by ; */
    HT_OPTION_FILE,     /* a name inside a directory of the [bus] section, or a path; resolved by its user */
    HT_OPTION_LISTEN,   /* host:port, tls:host:port, unix:path, separated by ; */
    HT_OPTION_URL,      /* http:// or https:// */
    HT_OPTION_DIVISION, /* 6, 9 or 12 digits */
    HT_OPTION_DATE,     /* yyyy-mm-dd */
    HT_OPTION_NUMBER,
    HT_OPTION_SIZE,      /* bytes: a number with K, M or G */
    HT_OPTION_TIME,      /* milliseconds: a number with ms, s, min, h or d */
    HT_OPTION_WORD,      /* one of `words` */
    HT_OPTION_LIST,      /* separated by ; */
    HT_OPTION_NETWORKS,  /* the same, of what ht_network_parse() reads */
    HT_OPTION_DIGESTS,   /* the same, of SHA-256 in hexadecimal, with or without colons */
    HT_OPTION_URL_PATHS, /* the same, of paths in the form that ht_url_path_write() gives them */
} HtOptionType;

typedef struct {
    const char *key;
    HtOptionType type;
    size_t offset;        /* of the field in the section's struct */
    const char *fallback; /* default, as it would be written; NULL: none */
    uint64_t min, max;    /* NUMBER, SIZE, TIME */
    const char *words;    /* WORD: "reject|quarantine" */
    bool required;
    const char *help;
} HtOption;

typedef enum {
    HT_SECTION_BUS,
    HT_SECTION_SPOOL,
    HT_SECTION_SOURCE,
    HT_SECTION_CONSUMER,
    HT_SECTION_ROUTE,
    HT_SECTION_RETENTION,
    HT_SECTIONS
} HtSectionKind;

typedef struct {
    const char *name; /* "bus", "source", … */
    bool named;       /* [source NAME] */
    size_t size;      /* of the struct */
    const char *help;
    const HtOption *own;      /* ends with a NULL key; NULL: none */
    const char *const *fixed; /* keys that need a restart; ends with NULL. NULL: none */
    const HtLimitRow *limits; /* further keys; NULL: none, */
    size_t limits_offset;     /* and where their struct is in the section's */
} HtSectionTable;

extern const HtSectionTable ht_section_tables[HT_SECTIONS];

/* All options of a section: its own, then its limits; ends with a NULL key. Main thread. */
const HtOption *ht_section_options(const HtSectionTable *table);

/* Whether a reload does not take it: it needs a restart. */
bool ht_option_is_fixed(const HtSectionTable *table, const HtOption *option);

/* The option with this key, or NULL. */
const HtOption *ht_option_find(const HtSectionTable *table, const char *key);

/* The option that a mistyped key may mean, or NULL. */
const HtOption *ht_option_near(const HtSectionTable *table, const char *key);

/* What to expect, for messages and the reference: "a size such as 16M, 1K to 1G". The caller frees. */
char *ht_option_expects(const HtOption *option);

/* Reads `text` into the field at `record + offset`. `folder` is where relative paths begin. False and a reason when it
 * cannot be read or is out of range; what may not be shown is not in it. */
bool ht_option_set(const HtOption *option, void *record, const char *text, const char *folder, char **reason);

/* Whether the value may be told: an address with a user or a query may hold what opens a door. */
bool ht_option_may_be_shown(const HtOption *option, const char *text);

/* The field's value as it would be written in the file. The caller frees; NULL when there is none. */
char *ht_option_format(const HtOption *option, const void *record);

/* Gives the field of `to` the value that it has in `from`. */
void ht_option_copy(const HtOption *option, void *to, const void *from);

/* Frees what the fields of the record point to. */
void ht_option_clear(const HtSectionTable *table, void *record);
