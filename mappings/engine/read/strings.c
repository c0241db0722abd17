/* Tells strings that are documents from strings that are values, and reads the documents; called by envelope.c with the
 * events of the payload, and by itself with those of the documents found. In the host's only thread.
 *
 * A text is kept back only when its first character says that it may be a document (`<`, `{`, `[`, an entity as text, one of these
 * URL-encoded, a byte order mark); all others go straight through. It is a document when the sink expects one with such a root there; else it is a
 * value, whatever it looks like, and given to the sink as it came. */
#include "mappings/engine/read/strings.h"

#include "mappings/engine/read/jsondoc.h"
#include "mappings/engine/read/repair.h"
#include "mappings/engine/text/text.h"
#include "mappings/engine/text/value.h"

#define KEPT_BYTES (256 * 1024) /* memory that is kept for the next string */
#define WRAPPINGS 4             /* layers that are taken off a document in a string */

typedef enum {
    TEXT_PASSES, /* no document, or not looked for */
    TEXT_BLANK,  /* nothing but blanks yet */
    TEXT_KEPT,   /* in `text` */
    TEXT_ABSENT, /* in an element that is nil: nothing is given. From KEPT on, events are not simply passed on */
} TextState;

/* One document under way. */
typedef struct {
    TextState state;
    uint32_t open; /* its elements that are open */
    uint32_t line; /* where the kept text begins */
    HtBuffer text;
    HtBuffer unescaped; /* the same without a layer of entities */
    HtRepairBuffers repaired;
} Level;

struct HtStrings {
    HtSax *sax;
    HtStringsOptions options;
    uint32_t absent; /* TEXT_ABSENT: elements open from the one that is nil on */
    Level *level;    /* the innermost */
    Level levels[HT_SAX_LAYERS];
};

HtStrings *ht_strings_new(HtSax *sax)
{
    HtStrings *strings = g_new0(HtStrings, 1);
    strings->sax = sax;
    strings->level = strings->levels;
    return strings;
}

void ht_strings_free(HtStrings *strings)
{
    if (!strings) {
        return;
    }
    for (unsigned i = 0; i < HT_SAX_LAYERS; i++) {
        ht_buffer_clear(&strings->levels[i].text);
        ht_buffer_clear(&strings->levels[i].unescaped);
        ht_repair_clear(&strings->levels[i].repaired);
    }
    g_free(strings);
}

void ht_strings_begin(HtStrings *strings, const HtStringsOptions *options)
{
    strings->options = *options;
    strings->absent = 0;
    strings->level = strings->levels;
    strings->level->open = 0;
    strings->level->state = TEXT_PASSES;
}

void ht_strings_look_everywhere(HtStrings *strings)
{
    strings->options.everywhere = true;
}

const HtStringsOptions *ht_strings_options(const HtStrings *strings)
{
    return &strings->options;
}

/* The kept text is a value. */
static void give_kept(HtStrings *strings, Level *level)
{
    level->state = TEXT_PASSES;
    if (level->text.size > 0) {
        strings->options.sink->text(strings->options.user, level->text.data, level->text.size);
    }
}

/* False when the element is not to be given. */
static G_GNUC_NO_INLINE bool start_unusual(HtStrings *strings, Level *level, const HtSaxElement *element)
{
    if (level->state == TEXT_KEPT) {
        give_kept(strings, level);
    }
    if (level->state == TEXT_ABSENT || (element->nil && level->open > 0)) {
        level->state = TEXT_ABSENT;
        strings->absent++;
        return false;
    }
    return true;
}

void ht_strings_start(HtStrings *strings, const HtSaxElement *element)
{
    const HtSink *sink = strings->options.sink;
    Level *level = strings->level;
    if ((level->state >= TEXT_KEPT || element->nil) && !start_unusual(strings, level, element)) {
        return;
    }
    level->state = strings->options.everywhere || level->open == 0 ? TEXT_BLANK : TEXT_PASSES;
    if (level->open++ == 0) {
        sink->document_start(strings->options.user, element->name);
    }
    sink->start(strings->options.user, element->name, element->attributes, element->attribute_count);
}

/* ---- Text ---- */

/* The parser tells its line at the end of a piece; the text kept begins at `from`. */
static void keep(HtStrings *strings, Level *level, const char *from, const char *end)
{
    uint32_t line = ht_sax_line(strings->sax), inside = ht_text_count_lines(from, end);
    level->state = TEXT_KEPT;
    level->line = line > inside ? line - inside : line;
    ht_buffer_reset(&level->text, KEPT_BYTES);
    ht_buffer_add(&level->text, from, (size_t)(end - from));
}

/* A byte order mark begins like this, and one that was read as Latin-1 or GBK. */
static bool begins_mark(unsigned char byte)
{
    return byte == 0xef || byte == 0xc3 || byte == 0xe9;
}

/* The first piece, or the first after blanks. */
static void look_at_text(HtStrings *strings, Level *level, const char *text, size_t size)
{
    const char *from = text, *end = text + size;
    while (from < end && ht_is_blank(*from)) {
        from++;
    }
    if (from == end) {
        return;
    }
    if (*from == '<' || *from == '{' || *from == '[' || *from == '&' || *from == '%' ||
        begins_mark((unsigned char)*from)) {
        keep(strings, level, from, end);
    } else {
        level->state = TEXT_PASSES;
    }
}

void ht_strings_text(HtStrings *strings, const char *text, size_t size)
{
    Level *level = strings->level;
    if (level->state >= TEXT_KEPT) {
        if (level->state == TEXT_KEPT) {
            ht_buffer_add(&level->text, text, size);
        }
        return;
    }
    if (level->state == TEXT_BLANK) {
        look_at_text(strings, level, text, size);
        if (level->state == TEXT_KEPT) {
            size -= level->text.size; /* the blanks before it */
        }
    }
    if (size > 0) {
        strings->options.sink->text(strings->options.user, text, size);
    }
}

/* ---- Documents ---- */

static void open_level(HtStrings *strings)
{
    strings->level++;
    strings->level->open = 0;
    strings->level->state = TEXT_PASSES;
}

static void close_level(HtStrings *strings)
{
    strings->level--;
}

static void handle_start(void *user, const HtSaxElement *element)
{
    ht_strings_start(user, element);
}

static void handle_text(void *user, const char *text, size_t size)
{
    ht_strings_text(user, text, size);
}

static void handle_end(void *user, HtName name)
{
    ht_strings_end(user, name);
}

static const HtSaxHandler nested_handler = {handle_start, handle_text, handle_end, NULL};

static HtText repair(HtStrings *strings, Level *level, HtText text)
{
    if (strings->options.repairs == 0) {
        return text;
    }
    size_t max_size = ht_sax_limits(strings->sax)->document_bytes;
    HtRepaired repaired = ht_repair_apply(strings->options.repairs, text, max_size, &level->repaired);
    *strings->options.effective |= repaired.effective;
    strings->options.reading->text_traits |= repaired.traits;
    strings->options.reading->text_marks |=
        repaired.effective & HT_REPAIR_SURROGATES ? HT_TEXT_SURROGATES_JOINED : 0;
    return repaired.text;
}

void ht_strings_read_xml(HtStrings *strings, HtText text, uint32_t line)
{
    HtTextRoot root;
    text = repair(strings, strings->level, text);
    ht_text_root_name(text, &root);
    if (root.has_doctype) {
        ht_sax_refuse(strings->sax, "doctype-refused",
                      "The XML inside a string has a DOCTYPE, which is not accepted: send it without one.");
        return;
    }
    open_level(strings);
    ht_sax_parse(strings->sax, text, line, &nested_handler, strings);
    close_level(strings);
}

/* `text` is in the level's memory, with a byte of room after it for the NUL that the parser wants. */
static void read_kept_xml(HtStrings *strings, Level *level, HtText text)
{
    unsigned skipped_lines = 0;
    *(char *)(text.data + text.size) = '\0';
    text = ht_text_skip_declaration(text, &skipped_lines);
    ht_strings_read_xml(strings, text, level->line + skipped_lines);
}

static bool json_start(void *user, const char *name, size_t size)
{
    HtStrings *strings = user;
    HtSaxElement element = {.name = ht_sax_name(strings->sax, name, size)};
    if (!element.name || !ht_sax_enter(strings->sax)) {
        return false;
    }
    ht_strings_start(strings, &element);
    return !ht_sax_stopped(strings->sax);
}

static bool json_text(void *user, const char *text, size_t size)
{
    HtStrings *strings = user;
    if (!ht_sax_count_text(strings->sax, size)) {
        return false;
    }
    ht_strings_text(strings, text, size);
    return !ht_sax_stopped(strings->sax);
}

static bool json_end(void *user, const char *name, size_t size)
{
    HtStrings *strings = user;
    ht_sax_leave(strings->sax);
    ht_strings_end(strings, ht_sax_name(strings->sax, name, size));
    return !ht_sax_stopped(strings->sax);
}

static void json_lost(void *user)
{
    HtStrings *strings = user;
    strings->options.reading->text_marks |= HT_TEXT_HALF_CHARACTER;
}

void ht_strings_read_json(HtStrings *strings, HtText text, uint32_t line)
{
    static const HtJsonHandler handler = {json_start, json_text, json_end, json_lost};
    strings->options.reading->text_traits |= memchr(text.data, '\\', text.size) ? HT_TRAIT_ALL : 0;
    ht_sax_nest(strings->sax, line);
    ht_jsondoc_read(text, &handler, strings);
    ht_sax_unnest(strings->sax);
}

/* Without `<![CDATA[` and `]]>`, where they are text: the sender has wrapped the document twice. */
static HtText unwrap_cdata(HtText text)
{
    bool is_wrapped = ht_text_begins(text, "<![CDATA[") && text.size >= 12 &&
                      memcmp(text.data + text.size - 3, "]]>", 3) == 0;
    return is_wrapped ? ht_text_trim(text.data + 9, text.size - 12) : text;
}

/* The size of one of XML's five entities at the text's front, and what it stands for; 0 when there is none. */
static size_t read_entity(HtText text, char *meant)
{
    static const struct {
        const char *entity;
        char meant;
    } entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (size_t i = 0; i < G_N_ELEMENTS(entities); i++) {
        if (ht_text_begins(text, entities[i].entity)) {
            *meant = entities[i].meant;
            return strlen(entities[i].entity);
        }
    }
    return 0;
}

/* The text in the level's memory, with a byte of room behind it; there already, it stays where it is. */
static HtText move_to_memory(Level *level, HtText text)
{
    HtBuffer *out = &level->unescaped;
    if (!out->data || text.data < out->data || text.data >= out->data + out->capacity) {
        ht_buffer_reset(out, KEPT_BYTES);
        ht_buffer_add_text(out, text);
        *ht_buffer_reserve(out, 1) = '\0';
        text = ht_buffer_text(out);
    }
    return text;
}

/* `<`, `{` or `[` as a URL has them: a service hands its document on as the value of a form's field. */
static bool begins_encoded(HtText text)
{
    return ht_text_begins_in_any_case(text, "%3C") || ht_text_begins_in_any_case(text, "%7B") ||
           ht_text_begins_in_any_case(text, "%5B");
}

/* Of UTF-8, whatever the document declares. What cannot be decoded is as it was sent. */
static HtText decode_url(Level *level, HtText text)
{
    HtText moved = move_to_memory(level, text);
    size_t size = ht_text_decode_url(moved.data, moved.size, level->unescaped.data);
    return size > 0 ? ht_text_trim(level->unescaped.data, size) : text;
}

/* Without one layer of entities, in the level's memory. `text` may lie there: what is written is never longer. */
static HtText unescape(Level *level, HtText text)
{
    text = move_to_memory(level, text);
    char *to = level->unescaped.data;
    for (HtText rest = text; rest.size > 0;) {
        char meant = *rest.data;
        size_t size = meant == '&' ? read_entity(rest, &meant) : 1;
        size = MAX(size, 1);
        *to++ = meant;
        rest = (HtText){rest.data + size, rest.size - size};
    }
    return ht_text_trim(level->unescaped.data, (size_t)(to - level->unescaped.data));
}

/* The document that a text may be, without what senders put around it: byte order marks, CDATA as text, entities that were escaped
 * once more, encoding as in a URL. */
static HtText find_document(Level *level, HtText text)
{
    for (unsigned i = 0; i < WRAPPINGS; i++) {
        unsigned lines;
        HtText before = text;
        text = text.size > 0 ? ht_text_skip_marks(text, &lines) : text;
        text = unwrap_cdata(ht_text_trim(text.data, text.size));
        if (ht_text_begins(text, "&lt;") || ht_text_begins(text, "&amp;")) {
            text = unescape(level, text);
        } else if (begins_encoded(text)) {
            text = decode_url(level, text);
        }
        if (text.data == before.data && text.size == before.size) {
            break;
        }
    }
    return text;
}

/* ---- Values and documents ---- */

/* A markup's beginning, and an end somewhere: `<0.05` of a laboratory and `<正常` are values. */
static bool is_xml(HtText text)
{
    if (text.size < 4 || text.data[0] != '<' || !memchr(text.data, '>', text.size)) {
        return false;
    }
    unsigned char next = (unsigned char)text.data[1];
    return g_ascii_isalpha(next) || next >= 0x80 || strchr("_:!?", next);
}

static HtText drop_prefix(HtText name)
{
    const char *colon = name.size > 0 ? memrchr(name.data, ':', name.size) : NULL;
    return colon ? (HtText){colon + 1, name.size - (size_t)(colon + 1 - name.data)} : name;
}

static bool asks_for(HtStrings *strings, HtText root)
{
    const HtSink *sink = strings->options.sink;
    return !sink->expects || sink->expects(strings->options.user, root);
}

/* True when a document with the text's root is expected here. Where the repair `root` would put one around it, that one counts,
 * too; and a text whose beginning needs a repair is looked at as repaired. */
static bool is_expected(HtStrings *strings, Level *level, HtText text)
{
    HtTextRoot root;
    unsigned repairs = strings->options.repairs;
    ht_text_root_name(text, &root);
    if (!root.name.data && repairs != 0) {
        size_t max_size = ht_sax_limits(strings->sax)->document_bytes;
        ht_text_root_name(ht_repair_apply(repairs, text, max_size, &level->repaired).text, &root);
    }
    if (!root.name.data) {
        return !strings->options.sink->expects;
    }
    return asks_for(strings, drop_prefix(root.name)) ||
           ((repairs & HT_REPAIR_ROOT) && asks_for(strings, HT_TEXT_LITERAL("fragment")));
}

static bool is_json(HtStrings *strings, HtText text)
{
    return text.size > 0 && (text.data[0] == '{' || text.data[0] == '[') &&
           asks_for(strings, HT_TEXT_LITERAL("json")) && ht_jsondoc_check(text, NULL);
}

/* A value that was wrapped as documents are. */
static void give_unwrapped(HtStrings *strings, HtText text)
{
    for (unsigned i = 0; i < WRAPPINGS; i++) {
        text = unwrap_cdata(text);
    }
    if (text.size > 0) {
        strings->options.sink->text(strings->options.user, text.data, text.size);
    }
}

/* An element with kept text ends. */
static void read_kept(HtStrings *strings, Level *level)
{
    *ht_buffer_reserve(&level->text, 1) = '\0';
    HtText whole = ht_text_trim(level->text.data, level->text.size), text = find_document(level, whole);
    bool has_room = ht_sax_has_room(strings->sax);
    level->state = TEXT_PASSES;
    if (has_room && is_xml(text) && is_expected(strings, level, text)) {
        read_kept_xml(strings, level, text);
    } else if (has_room && is_json(strings, text)) {
        open_level(strings);
        ht_strings_read_json(strings, text, level->line);
        close_level(strings);
    } else if (ht_text_begins(whole, "<![CDATA[")) {
        give_unwrapped(strings, whole);
    } else {
        give_kept(strings, level);
    }
}

/* False when the element was not given, or the payload is refused. */
static G_GNUC_NO_INLINE bool end_unusual(HtStrings *strings, Level *level)
{
    if (level->state == TEXT_ABSENT) {
        level->state = --strings->absent > 0 ? TEXT_ABSENT : TEXT_PASSES;
        return false;
    }
    read_kept(strings, level);
    return !ht_sax_stopped(strings->sax);
}

void ht_strings_end(HtStrings *strings, HtName name)
{
    const HtSink *sink = strings->options.sink;
    Level *level = strings->level;
    if (level->state >= TEXT_KEPT && !end_unusual(strings, level)) {
        return;
    }
    level->state = TEXT_PASSES;
    sink->end(strings->options.user, name);
    if (--level->open == 0) {
        sink->document_end(strings->options.user);
    }
}
