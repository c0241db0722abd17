/* Makes ZIP archives for tests, good ones and such as no packer writes. */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <string.h>

typedef struct {
    GByteArray *bytes, *directory;
    unsigned count;
    guint last; /* where the last entry begins in the directory */
} ZipBuilder;

/* What is unusual about an entry; zeroes: nothing. */
typedef struct {
    bool stored;         /* not deflated */
    guint16 flags;       /* 1: encrypted */
    guint16 method;      /* instead of the real one */
    guint32 crc_change;  /* added to the right one */
    guint32 size_change; /* added to the size that the entry states */
} ZipOddity;

ZipBuilder zip_builder(void);

void zip_add(ZipBuilder *zip, const char *name, const void *bytes, gsize size, const ZipOddity *oddity);

void zip_add_text(ZipBuilder *zip, const char *name, const char *text);

/* The last entry stands in the directory `times` more: all of them have the same bytes. */
void zip_list_again(ZipBuilder *zip, unsigned times);

/* The archive; the builder is used up. `stated` entries are said to be there, 0: as many as there are. */
GBytes *zip_finish(ZipBuilder *zip, unsigned stated);
