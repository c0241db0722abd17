/* docs/errors.md and docs/errors.zh-CN.md, written from the table. Called by `hutong schema --errors`, `--errors-zh`. No state. */
#include "core/refusal/chinese.h"
#include "core/refusal/table.h"

#include <glib.h>

static const char introduction[] =
    "# Fault codes\n\n"
    "Made by `hutong schema --errors` from the table that the bus answers by (`core/refusal/table.c`); do not edit.\n\n"
    "Every refusal has a code. It stands in the answer's `code` element (wire.md shows the whole answer), in the bus's log "
    "behind the message id, and, for quarantined messages, in the spool. A fault names places (record, element, line), never "
    "values. What is above a limit names it with its value and its key: \"more than 67108864 bytes (max-document = 64M)\"; "
    "\"(fixed)\" is one that no key changes. Long numbers in an adapter's texts become `[number]`, but for the source's own "
    "limits.\n\n"
    "Status: for plain XML. A SOAP fault has 500; with `soap12-sender-status = 400` one of SOAP 1.2 that is the sender's to "
    "mend has 400. 503 stays 503, and what is refused at the door keeps its status. A code about a record, and every code that "
    "is not here, is 422. A time behind the status is `Retry-After`: the same may be sent again then; without a time, sending "
    "the same again does not help.\n";

/* All codes that share the meaning of the first: how many there are. */
static size_t count_sharing(const HtRefusalKind *kinds, size_t count)
{
    size_t sharing = 1;
    while (sharing < count && !kinds[sharing].meaning) {
        sharing++;
    }
    return sharing;
}

static void add_codes(GString *text, const HtRefusalKind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        g_string_append_printf(text, "%s`%s`", i > 0 ? ", " : "", kinds[i].code);
    }
}

static void add_status(GString *text, const HtRefusalKind *kind)
{
    g_string_append_printf(text, " | %u", kind->status);
    if (kind->may_wait) {
        g_string_append(text, ", or 503");
    }
    if (kind->retry_after_s > 0) {
        g_string_append_printf(text, " after %u s", kind->retry_after_s);
    }
}

void ht_refusal_reference(GString *text)
{
    g_string_append(text, introduction);
    for (size_t s = 0; s < ht_refusal_n_sections; s++) {
        const HtRefusalSection *section = &ht_refusal_sections[s];
        g_string_append_printf(text, "\n## %s\n\n", section->title);
        if (section->before) {
            g_string_append_printf(text, "%s\n\n", section->before);
        }
        g_string_append(text, "| code | status | meaning | what to do |\n|---|---|---|---|\n");
        for (size_t i = 0, sharing; i < section->count; i += sharing) {
            const HtRefusalKind *kind = &section->kinds[i];
            sharing = count_sharing(kind, section->count - i);
            g_string_append(text, "| ");
            add_codes(text, kind, sharing);
            add_status(text, kind);
            g_string_append_printf(text, " | %s | %s |\n", kind->meaning, kind->advice ? kind->advice : "");
        }
        if (section->after) {
            g_string_append_printf(text, "\n%s\n", section->after);
        }
    }
}

static const char introduction_zh[] =
    "# 错误代码\n\n"
    "由 `hutong schema --errors-zh` 从总线自己使用的表（`core/refusal/chinese.c`）生成，请勿手工修改。英文版：[errors.md](errors.md)。\n\n"
    "凡不是 200 的答复，都表示没有接收任何内容。代码在答复的 `code` 中；数据源设 `language = both` 时，下面的话在 `textZh` 中一并答复"
    "（SOAP 1.2 另在 Reason 中，`xml:lang=\"zh\"`）。具体的行号、上限的值和配置项在 `text` 和 `finding` 中；答复从不重复报文中的值。\n\n"
    "状态指普通 XML 的 HTTP 状态；SOAP Fault 为 500，503 不变。“秒后”即 `Retry-After`：到时可原样重发；没有写的，原样重发无用。\n\n"
    "| 代码 | 状态 | 含义与处理 |\n|---|---|---|\n";

void ht_refusal_reference_zh(GString *text)
{
    g_string_append(text, introduction_zh);
    for (size_t s = 0; s < ht_refusal_n_sections; s++) {
        for (size_t i = 0; i < ht_refusal_sections[s].count; i++) {
            const HtRefusalKind *kind = &ht_refusal_sections[s].kinds[i];
            const HtRefusal refusal = {.kind = kind};
            g_string_append_printf(text, "| `%s` | %u", kind->code, kind->status);
            if (kind->may_wait) {
                g_string_append(text, " 或 503");
            }
            if (kind->retry_after_s > 0) {
                g_string_append_printf(text, "，%u 秒后", kind->retry_after_s);
            }
            g_string_append_printf(text, " | %s |\n", ht_refusal_chinese(&refusal));
        }
    }
}
