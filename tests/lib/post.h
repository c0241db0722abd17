/* A department's client: one POST, with what came back. */
#pragma once

#include <glib.h>
#include <stdbool.h>

typedef struct {
    long status; /* 0: no answer (refused, reset, timeout) */
    GString *body;
    char *content_type;
    char *message_id;  /* Hutong-Message-Id, NULL when none */
    char *retry_after; /* NULL when none */
    gint64 took_us;
} Answer;

/* POSTs to http://127.0.0.1:`port``path`. `headers` are further ones, NULL-terminated; may be NULL. */
Answer *post(unsigned port, const char *path, const char *content_type, const char *const *headers,
             const void *body, gsize size);
/* The same, by GET. */
Answer *fetch(unsigned port, const char *path, const char *const *headers);
void answer_free(Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Answer, answer_free)

/* The text between <NAME> and </NAME> in the answer's body (prefixes ignored); the caller frees; NULL when not there. */
char *answer_element(const Answer *answer, const char *name);

/* Wraps a payload as CDATA in a SOAP 1.1 (or 1.2) envelope that declares `encoding`, the one that the payload's bytes are in.
 * The caller frees. */
char *wrap_soap(bool version_12, const char *operation, const char *encoding, const char *payload,
                gsize size);

/* A file below the source tree, whole. Fails the test when it is not there. */
char *read_source_file(const char *path, gsize *size);
