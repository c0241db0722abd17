/* What `listen` names: places where the public door is open. Read by the option table, opened by the door. No state. */
#pragma once

#include <stdbool.h>

typedef enum {
    HT_LISTEN_PLAIN, /* "127.0.0.1:8080" */
    HT_LISTEN_TLS,   /* "tls:0.0.0.0:8443" */
    HT_LISTEN_UNIX,  /* "unix:/run/hutong/in.sock" */
} HtListenKind;

/* What the item is; `rest` becomes the address or the path. */
HtListenKind ht_listen_read(const char *item, const char **rest);

/* Whether nobody beyond this machine comes to "host:port": 127.0.0.0/8, ::1, localhost. */
bool ht_listen_is_local(const char *address);
