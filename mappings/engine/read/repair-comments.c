/* Takes out comments that are not written as XML demands: begun with a dash of Chinese typography (`<!—男性姓名-->`), ended
 * with one dash too many (`--->`), with `--` inside. Called by repair.c in the host.
 *
 * What ends such a comment decides how much is lost, so it ends at the first sign that may be meant as its end. */
#include "mappings/engine/read/markup.h"
#include "mappings/engine/read/repair-steps.h"

#include <glib.h>

/* The size of a dash at `at`: the hyphen, or one of its kin that input methods write. 0 when there is none. */
static size_t measure_dash(const char *at, const char *end)
{
    static const char dashes[][4] = {"\xe2\x80\x90", "\xe2\x80\x91", "\xe2\x80\x92", "\xe2\x80\x93",
                                     "\xe2\x80\x94", "\xe2\x80\x95", "\xe2\x94\x80", "\xef\xbc\x8d"};
    if (at < end && *at == '-') {
        return 1;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(dashes) && end - at >= 3; i++) {
        if (memcmp(at, dashes[i], 3) == 0) {
            return 3;
        }
    }
    return 0;
}

static bool ends_in_hyphens(const char *from, const char *end)
{
    return end - from >= 2 && end[-1] == '-' && end[-2] == '-';
}

static bool ends_in_dash(const char *from, const char *end)
{
    return (end - from >= 1 && end[-1] == '-') || (end - from >= 3 && measure_dash(end - 3, end) == 3);
}

typedef struct {
    const char *body; /* after `<!--` or what stands for it */
    const char *end;  /* after the '>'; NULL when it has no end */
    bool begins_well; /* with `<!--` */
    bool ends_well;   /* with `-->` */
} Comment;

/* A comment that begins well may hold `->` and even `—>`: the latter ends it only if a '<' comes before any `-->`. */
static void find_end(Comment *comment, const char *end)
{
    const char *maybe = NULL;
    for (const char *at = comment->body; at < end; at++) {
        if (*at == '<' && maybe) {
            break;
        }
        if (*at != '>') {
            continue;
        }
        if (ends_in_hyphens(comment->body, at) ||
            (!comment->begins_well && ends_in_dash(comment->body, at))) {
            comment->end = at + 1;
            comment->ends_well = ends_in_hyphens(comment->body, at);
            return;
        }
        if (!maybe && ends_in_dash(comment->body, at) && at[-1] != '-') {
            maybe = at + 1;
        }
    }
    comment->end = maybe;
}

/* What is at `at`, if it is a comment of any kind; without its end yet. */
static bool begin_comment(const char *at, const char *end, Comment *comment)
{
    if (end - at < 3 || at[0] != '<' || at[1] != '!') {
        return false;
    }
    size_t first = measure_dash(at + 2, end);
    if (first == 0) {
        return false;
    }
    const char *second = at + 2 + first;
    *comment = (Comment){second + measure_dash(second, end), NULL,
                         end - at >= 4 && memcmp(at + 2, "--", 2) == 0, false};
    return true;
}

/* As XML demands: `--` nowhere but at the end. */
static bool is_legal(const Comment *comment)
{
    if (!comment->begins_well || !comment->ends_well) {
        return false;
    }
    const char *hyphens = comment->end - 3;
    return memmem(comment->body, (size_t)(comment->end - 1 - comment->body), "--", 2) == hyphens;
}

/* `hopeless` remembers, for both ways to begin, that no end comes any more: one search finds that out for all. */
static size_t repair_comment(const char *at, const char *end, bool hopeless[2], HtRepairOutput *output,
                             bool *changed)
{
    Comment comment;
    if (!begin_comment(at, end, &comment)) {
        return 0;
    }
    if (!hopeless[comment.begins_well]) {
        find_end(&comment, end);
        hopeless[comment.begins_well] = !comment.end;
    }
    if (!comment.end) {
        ht_repair_put(output, at, 2);
        return 2;
    }
    if (is_legal(&comment)) {
        ht_repair_put(output, at, (size_t)(comment.end - at));
    } else {
        ht_repair_put_newlines(output, at, comment.end);
        *changed = true;
    }
    return (size_t)(comment.end - at);
}

static bool ends_in(const char *from, const char *end, const char *word)
{
    size_t size = strlen(word);
    return (size_t)(end - from) >= size && memcmp(end - size, word, size) == 0;
}

bool ht_repair_comments_show(HtText text)
{
    const char *end = text.data + text.size, *at = text.data;
    while (at < end && (at = memchr(at, '!', (size_t)(end - at)))) {
        bool is_markup = ends_in(text.data, at, "<") || ends_in(text.data, at, "&lt;");
        if (is_markup && measure_dash(at + 1, end) > 1) {
            return true;
        }
        at++;
    }
    return false;
}

bool ht_repair_comments(HtText text, HtRepairOutput *output)
{
    if (!memmem(text.data, text.size, "<!", 2)) {
        return false;
    }
    bool changed = false, hopeless[2] = {false, false};
    const char *end = text.data + text.size;
    for (const char *at = text.data; at < end && !output->full;) {
        size_t size = repair_comment(at, end, hopeless, output, &changed);
        if (size == 0) {
            HtMarkup piece = ht_markup_read(at, end);
            ht_repair_put(output, at, piece.text.size);
            size = piece.text.size;
        }
        at += size;
    }
    return changed;
}
