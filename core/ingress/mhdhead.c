/* Reading request heads out of libmicrohttpd's hands. Called by door.c for each request; main-loop thread. No state. */
#include "core/ingress/mhdhead.h"

#include <glib.h>

/* The parser of libmicrohttpd before 1.0 accepts lines that end in a bare line feed, drops what follows a NUL byte, takes
 * a line ": x" for the end of the head, and appends a folded line to the header's *name*: "Transfer-Encodin: chunked",
 * continued with " g", arrives as Transfer-Encoding. All of it shows in where its texts lie, because it cuts them out of
 * the received bytes in place: a name is followed by its value with nothing but a colon (now NUL) and blanks between, a
 * value by CR LF (now two NULs) and the next name, the last one by CR LF twice and the end of the head. What does not lie
 * so was not read as it was sent. Later versions refuse such requests by themselves. */
typedef struct {
    HtHead *head;
    HtRefusal *refusal;
    const char *next; /* where the next name must begin; NULL when nothing is known of the library's ways */
} Reading;

static bool lies_in_place(Reading *reading, HtText name, HtText value)
{
    if (!reading->next) {
        return true;
    }
    const char *at = name.data + name.size;
    if (name.data != reading->next || value.data <= at || at[0] != '\0') {
        return false;
    }
    for (at++; at < value.data; at++) {
        if (*at != ' ' && *at != '\t') {
            return false;
        }
    }
    at = value.data + value.size;
    reading->next = at + 2;
    return at[0] == '\0' && at[1] == '\0';
}

static enum MHD_Result read_header(void *user, enum MHD_ValueKind kind, const char *name, size_t name_size,
                                   const char *value, size_t value_size)
{
    (void)kind;
    Reading *reading = user;
    HtText name_text = {name ? name : "", name_size};
    HtText value_text = {value ? value : "", value_size};
    bool good = lies_in_place(reading, name_text, value_text) || ht_refuse(reading->refusal, "bad-header");
    return good && ht_head_add(reading->head, name_text, value_text, reading->refusal) ? MHD_YES : MHD_NO;
}

/* Whether the library is one that cuts heads in its buffer, as 0.9.75 does: what lies between the parts can be looked at. */
static bool cuts_in_place(void)
{
    return MHD_get_version()[0] == '0';
}

const char *ht_head_end(struct MHD_Connection *connection, const char *method)
{
    return cuts_in_place()
               ? method +
                     MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size
               : NULL;
}

/* What goes on with a chunk lies at the start of the buffer, where the library moves it; what lies behind begins a chunk, and its size is right before
 * it, with the end of the former chunk's data before that. */
bool ht_head_chunk_is_whole(const char *start, const char *piece)
{
    if (!start || piece <= start + 2 || piece[-1] != '\n') {
        return !start || piece <= start || piece[-1] != '\n';
    }
    if (piece[-2] != '\r') {
        return false;
    }
    const char *at = piece - 2;
    while (at > start && at[-1] != '\n') {
        at--;
    }
    return at <= start + 1 || at[-2] == '\r';
}

bool ht_head_check_line(const char *method, HtText target, const char *version, HtRefusal *refusal)
{
    bool whole = method + strlen(method) + 1 == target.data && target.data + target.size + 1 == version;
    return (target.data && (whole || !cuts_in_place())) ||
           ht_refuse_with(refusal, "bad-target",
                          "The request line is not a method, a target and a version with one blank between.");
}

bool ht_head_read(struct MHD_Connection *connection, const char *method, const char *version, HtHead *head,
                  HtRefusal *refusal)
{
    bool known = cuts_in_place();
    Reading reading = {head, refusal, known ? version + strlen(version) + 2 : NULL};
    *head = (HtHead){.soap = HT_SOAP_NONE, .http_1_0 = strcmp(version, MHD_HTTP_VERSION_1_0) == 0};
    *refusal = (HtRefusal){.status = 0};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, read_header, &reading);
    if (refusal->status != 0) {
        return false;
    }
    size_t size = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE)->header_size;
    if (known && reading.next + 2 != method + size) {
        return ht_refuse(refusal, "bad-header");
    }
    if (!head->http_1_0 && !head->host.data) {
        return ht_refuse_with(refusal, "bad-host", "HTTP/1.1 wants a Host header.");
    }
    return ht_head_finish(head, refusal);
}
