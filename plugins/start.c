/* START and READY, packed and unpacked. START is packed in the bus and unpacked in the host, READY the
 * other way round. No state. */
#include "plugins/start.h"

#define LINE_MAX_BYTES 1000
#define LIST_MAX 256

enum {
    START_SOURCE = 1,
    START_ADAPTER,
    START_MAPPING,
    START_DATA,
    START_DIVISION,
    START_QUARANTINE,
    START_INSPECT,
    START_LIMITS,
    START_FRAME,
    START_OPTION_KEY,
    START_OPTION_VALUE,
    START_NEED,
    START_SITE,
    START_OUTLINE,
    START_USERNAMES,
    START_AUTHORITIES,
    START_SIGNERS,
    START_SUBJECT,
    START_SIGNED_AGE,
    START_SIGNED_STAMP,
    START_SIGNED_SHA1
};

enum {
    READY_NAME = 1,
    READY_VERSION,
    READY_SUMMARY,
    READY_THREADS,
    READY_MAJOR,
    READY_MINOR,
    READY_FUNCTIONS,
    READY_OPERATION,
    READY_OPTION_KEY,
    READY_OPTION_FALLBACK,
    READY_OPTION_HELP,
    READY_WARNING
};

HtText ht_field_find(HtText bytes, uint8_t tag)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t found;
    HtText value;
    while (ht_unpack_next(&unpack, &found, &value)) {
        if (found == tag) {
            return value;
        }
    }
    return HT_TEXT_NONE;
}

/* ---- START ---- */

static void pack_string(HtBuffer *buffer, uint8_t tag, const char *string)
{
    if (string) {
        ht_pack_text(buffer, tag, ht_text_from(string));
    }
}

bool ht_start_is_signed(const HtSignatureKeys *signature)
{
    return signature->authorities.data || signature->certificates.data;
}

static void pack_signature(const HtSignatureKeys *signature, HtBuffer *buffer)
{
    if (!ht_start_is_signed(signature)) {
        return;
    }
    ht_pack_present(buffer, START_AUTHORITIES, signature->authorities);
    ht_pack_present(buffer, START_SIGNERS, signature->certificates);
    for (const char *const *subject = signature->subjects; subject && *subject; subject++) {
        pack_string(buffer, START_SUBJECT, *subject);
    }
    ht_pack_u64(buffer, START_SIGNED_AGE, (uint64_t)signature->age_us);
    ht_pack_u32(buffer, START_SIGNED_STAMP, signature->needs_timestamp);
    ht_pack_u32(buffer, START_SIGNED_SHA1, signature->allows_sha1);
}

void ht_start_pack(const HtStart *start, HtBuffer *buffer)
{
    pack_string(buffer, START_SOURCE, start->source);
    pack_string(buffer, START_ADAPTER, start->adapter_file);
    pack_string(buffer, START_MAPPING, start->mapping_file);
    pack_string(buffer, START_DATA, start->data_directory);
    pack_string(buffer, START_SITE, start->site_directory);
    pack_string(buffer, START_DIVISION, start->division);
    ht_pack_u32(buffer, START_QUARANTINE, start->quarantine_invalid);
    ht_pack_u32(buffer, START_INSPECT, start->inspect);
    ht_pack_u32(buffer, START_OUTLINE, start->outline);
    ht_pack_u32(buffer, START_NEED, start->need);
    ht_pack_u32(buffer, START_USERNAMES, start->usernames);
    pack_signature(&start->signature, buffer);
    ht_limits_pack(&start->limits, START_LIMITS, buffer);
    ht_pack_u64(buffer, START_FRAME, start->frame_bytes);
    for (unsigned i = 0; start->options && i + 1 < start->options->len; i += 2) {
        pack_string(buffer, START_OPTION_KEY, g_ptr_array_index(start->options, i));
        pack_string(buffer, START_OPTION_VALUE, g_ptr_array_index(start->options, i + 1));
    }
}

static bool take_need(HtText value, HtBoxNeed *need)
{
    uint32_t number;
    if (!ht_unpack_u32(value, &number) || number > HT_BOX_WHOLE) {
        return false;
    }
    *need = (HtBoxNeed)number;
    return true;
}

static const char *own_string(HtStart *start, HtText value)
{
    char *copy = g_strndup(value.data, value.size);
    g_ptr_array_add(start->owned, copy);
    return copy;
}

static bool take_flag(HtText value, bool *flag)
{
    uint32_t number;
    if (!ht_unpack_u32(value, &number)) {
        return false;
    }
    *flag = number != 0;
    return true;
}

/* Keys and values alternate; anything else is broken. */
static bool take_option(HtStart *start, uint8_t tag, HtText value)
{
    bool wants_value = start->options->len % 2 == 1;
    g_ptr_array_add(start->options, (gpointer)own_string(start, value));
    return wants_value == (tag == START_OPTION_VALUE);
}

/* What it points to is copied: the frame goes. */
static bool take_pem(HtStart *start, HtText value, HtText *text)
{
    *text = (HtText){own_string(start, value), value.size};
    return true;
}

static bool take_age(HtText value, int64_t *age_us)
{
    uint64_t number;
    bool good = ht_unpack_u64(value, &number) && number <= INT64_MAX;
    *age_us = good ? (int64_t)number : 0;
    return good;
}

static bool take_subject(HtStart *start, HtText value)
{
    start->subjects = start->subjects ? start->subjects : g_ptr_array_new();
    g_ptr_array_add(start->subjects, (gpointer)own_string(start, value));
    return true;
}

static void end_subjects(HtStart *start)
{
    if (start->subjects) {
        g_ptr_array_add(start->subjects, NULL);
        start->signature.subjects = (const char *const *)start->subjects->pdata;
    }
}

static bool take_start_field(HtStart *start, uint8_t tag, HtText value)
{
    switch (tag) {
    case START_SOURCE: start->source = own_string(start, value); return true;
    case START_ADAPTER: start->adapter_file = own_string(start, value); return true;
    case START_MAPPING: start->mapping_file = own_string(start, value); return true;
    case START_DATA: start->data_directory = own_string(start, value); return true;
    case START_SITE: start->site_directory = own_string(start, value); return true;
    case START_DIVISION: start->division = own_string(start, value); return true;
    case START_QUARANTINE: return take_flag(value, &start->quarantine_invalid);
    case START_OUTLINE: return take_flag(value, &start->outline);
    case START_INSPECT: return take_flag(value, &start->inspect);
    case START_LIMITS: return ht_limits_unpack(value, &start->limits);
    case START_FRAME: return ht_unpack_u64(value, &start->frame_bytes);
    case START_NEED: return take_need(value, &start->need);
    case START_USERNAMES: return take_flag(value, &start->usernames);
    case START_AUTHORITIES: return take_pem(start, value, &start->signature.authorities);
    case START_SIGNERS: return take_pem(start, value, &start->signature.certificates);
    case START_SUBJECT: return take_subject(start, value);
    case START_SIGNED_AGE: return take_age(value, &start->signature.age_us);
    case START_SIGNED_STAMP: return take_flag(value, &start->signature.needs_timestamp);
    case START_SIGNED_SHA1: return take_flag(value, &start->signature.allows_sha1);
    case START_OPTION_KEY:
    case START_OPTION_VALUE: return take_option(start, tag, value);
    default: return false;
    }
}

bool ht_start_unpack(HtText bytes, HtStart *start)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    bool good = true;
    *start = (HtStart){.owned = g_ptr_array_new_with_free_func(g_free), .options = g_ptr_array_new()};
    while (good && ht_unpack_next(&unpack, &tag, &value)) {
        good = take_start_field(start, tag, value);
    }
    end_subjects(start);
    return good && !unpack.broken && start->options->len % 2 == 0 && start->source && start->adapter_file;
}

void ht_start_clear(HtStart *start)
{
    g_clear_pointer(&start->options, g_ptr_array_unref);
    g_clear_pointer(&start->subjects, g_ptr_array_unref);
    g_clear_pointer(&start->owned, g_ptr_array_unref);
}

/* ---- READY ---- */

static uint32_t list_functions(const hutong_adapter *adapter)
{
    return (adapter->reply ? HT_ADAPTER_REPLY : 0u) | (adapter->wsdl ? HT_ADAPTER_WSDL : 0u) |
           (adapter->poll ? HT_ADAPTER_POLL : 0u) | (adapter->encode ? HT_ADAPTER_ENCODE : 0u);
}

static void pack_line(HtBuffer *buffer, uint8_t tag, const char *line)
{
    ht_pack_text(buffer, tag, ht_text_from(line ? line : ""));
}

/* A mapping's path and names may be anything: what is no text of one line would make READY malformed. */
static void pack_warning(HtBuffer *buffer, const char *warning)
{
    g_autofree char *text = g_utf8_make_valid(warning, -1);
    size_t size = strlen(text);
    for (char *at = text; *at; at++) {
        *at = (unsigned char)*at < 0x20 || *at == 0x7f ? ' ' : *at;
    }
    if (size > LINE_MAX_BYTES) {
        size = (size_t)(g_utf8_find_prev_char(text, text + LINE_MAX_BYTES + 1) - text);
    }
    ht_pack_text(buffer, READY_WARNING, (HtText){text, size});
}

void ht_ready_pack(const hutong_adapter *adapter, const char *const *warnings, HtBuffer *buffer)
{
    pack_line(buffer, READY_NAME, adapter->name);
    pack_line(buffer, READY_VERSION, adapter->version);
    pack_line(buffer, READY_SUMMARY, adapter->summary);
    ht_pack_u32(buffer, READY_THREADS, adapter->abi_minor >= 2 ? adapter->threads : 0);
    ht_pack_u32(buffer, READY_MAJOR, adapter->abi_major);
    ht_pack_u32(buffer, READY_MINOR, adapter->abi_minor);
    ht_pack_u32(buffer, READY_FUNCTIONS, list_functions(adapter));
    for (const char *const *operation = adapter->operations; operation && *operation; operation++) {
        pack_line(buffer, READY_OPERATION, *operation);
    }
    for (const hutong_option *option = adapter->options; option && option->key; option++) {
        pack_line(buffer, READY_OPTION_KEY, option->key);
        pack_line(buffer, READY_OPTION_FALLBACK, option->fallback);
        pack_line(buffer, READY_OPTION_HELP, option->help);
    }
    for (unsigned i = 0; warnings && warnings[i] && i < LIST_MAX; i++) {
        pack_warning(buffer, warnings[i]);
    }
}

static char *copy_line(HtText value)
{
    for (size_t i = 0; i < value.size; i++) {
        if ((unsigned char)value.data[i] < 0x20 || value.data[i] == 0x7f) {
            return NULL;
        }
    }
    bool good = value.size <= LINE_MAX_BYTES && g_utf8_validate_len(value.data, value.size, NULL);
    return good ? g_strndup(value.data, value.size) : NULL;
}

static bool take_line(HtText value, char **line)
{
    g_free(*line);
    *line = copy_line(value);
    return *line != NULL;
}

static bool add_line(HtText value, GPtrArray *list, unsigned most)
{
    char *line = list->len < most ? copy_line(value) : NULL;
    if (line) {
        g_ptr_array_add(list, line);
    }
    return line != NULL;
}

static bool take_ready_field(HtReady *ready, uint8_t tag, HtText value)
{
    switch (tag) {
    case READY_NAME: return take_line(value, &ready->name);
    case READY_VERSION: return take_line(value, &ready->version);
    case READY_SUMMARY: return take_line(value, &ready->summary);
    case READY_THREADS: return ht_unpack_u32(value, &ready->threads);
    case READY_MAJOR: return ht_unpack_u32(value, &ready->abi_major);
    case READY_MINOR: return ht_unpack_u32(value, &ready->abi_minor);
    case READY_FUNCTIONS: return ht_unpack_u32(value, &ready->functions);
    case READY_OPERATION: return add_line(value, ready->operations, LIST_MAX);
    case READY_OPTION_KEY:
    case READY_OPTION_FALLBACK:
    case READY_OPTION_HELP:
        return ready->options->len % 3 == (unsigned)(tag - READY_OPTION_KEY) &&
               add_line(value, ready->options, 3 * LIST_MAX);
    case READY_WARNING: return add_line(value, ready->warnings, LIST_MAX);
    default: return false;
    }
}

bool ht_ready_unpack(HtText bytes, HtReady *ready)
{
    HtUnpack unpack = ht_unpack(bytes.data, bytes.size);
    uint8_t tag;
    HtText value;
    bool good = true;
    *ready = (HtReady){.operations = g_ptr_array_new_with_free_func(g_free),
                       .options = g_ptr_array_new_with_free_func(g_free),
                       .warnings = g_ptr_array_new_with_free_func(g_free)};
    while (good && ht_unpack_next(&unpack, &tag, &value)) {
        good = take_ready_field(ready, tag, value);
    }
    return good && !unpack.broken && ready->options->len % 3 == 0 && ready->name && ready->version &&
           ready->summary;
}

void ht_ready_clear(HtReady *ready)
{
    g_free(ready->name);
    g_free(ready->version);
    g_free(ready->summary);
    g_clear_pointer(&ready->operations, g_ptr_array_unref);
    g_clear_pointer(&ready->options, g_ptr_array_unref);
    g_clear_pointer(&ready->warnings, g_ptr_array_unref);
    *ready = (HtReady){0};
}
