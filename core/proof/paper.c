/* Pages of receipts. */
#include "core/proof/paper.h"

#include "core/base/json.h"
#include "core/proof/statement.h"

#ifdef HT_HAVE_QRENCODE
#include <qrencode.h>
#endif

#define QUIET 4 /* empty modules around a QR code (GB/T 18284, ISO/IEC 18004) */

/* ---- Values ---- */

static const char *const proof[] = {"keyId", "signature", NULL};

static bool is_number(const char *name)
{
    static const char *const numbers[] = {"sequence",     "events",     "duplicates",   "rejected",
                                          "lastSequence", "deliveries", "acknowledged", "dead",
                                          "waiting",      NULL};
    return g_strv_contains(numbers, name);
}

static const char *value_of(const HtClaim *claim, const char *name)
{
    const char *value = g_hash_table_lookup(claim->values, name);
    return value ? value : "";
}

typedef void (*EachValue)(const char *name, const char *value, HtBuffer *out);

/* In the order in which they are signed, key and signature behind them. */
static void each_value(const HtClaim *claim, EachValue each, HtBuffer *out)
{
    const char *const *const lists[] = {ht_statement_always, ht_statement_signed,
                                        claim->of_state ? ht_statement_state : NULL, proof};
    for (unsigned i = 0; i < G_N_ELEMENTS(lists); i++) {
        for (const char *const *name = lists[i]; name && *name; name++) {
            each(*name, value_of(claim, *name), out);
        }
    }
}

static void add_json(const char *name, const char *value, HtBuffer *out)
{
    if (is_number(name)) {
        ht_json_name(out, name);
        ht_buffer_add_string(out, value);
    } else {
        ht_json_member(out, name, ht_text_from(value));
    }
}

void ht_paper_code(const HtClaim *claim, HtBuffer *code)
{
    ht_buffer_add_char(code, '{');
    each_value(claim, add_json, code);
    ht_buffer_add_char(code, '}');
}

/* ---- Markup ---- */

static void add_escaped(HtBuffer *page, const char *text)
{
    g_autofree char *escaped = g_markup_escape_text(text, -1);
    ht_buffer_add_string(page, escaped);
}

static void add_element(const char *name, const char *value, HtBuffer *page)
{
    ht_buffer_add_string(page, "<");
    ht_buffer_add_string(page, name);
    ht_buffer_add_string(page, ">");
    add_escaped(page, value);
    ht_buffer_add_string(page, "</");
    ht_buffer_add_string(page, name);
    ht_buffer_add_string(page, ">");
}

static void add_row(void *user, const char *label, const char *value)
{
    HtBuffer *page = user;
    ht_buffer_add_string(page, "<tr><th>");
    ht_buffer_add_string(page, label);
    ht_buffer_add_string(page, "</th><td>");
    add_escaped(page, value);
    ht_buffer_add_string(page, "</td></tr>\n");
}

/* ---- What stands on it ---- */

typedef struct {
    const char *name, *label;
} Label;

static const char *in_words(const char *state)
{
    static const Label words[] = {{"on-disk", "已落盘，尚无接收方确认"},
                                  {"delivering", "正在投递"},
                                  {"acknowledged", "各接收方均已确认"},
                                  {"dead-letters", "已投递，部分被接收方拒绝"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(words); i++) {
        if (g_str_equal(words[i].name, state)) {
            return words[i].label;
        }
    }
    return state;
}

void ht_paper_facts(const HtClaim *claim, HtPaperFact tell, void *user)
{
    static const Label labels[] = {{"messageId", "报文编号"},        {"bus", "接收总线"},
                                   {"source", "报送来源"},           {"receivedAt", "接收时间"},
                                   {"events", "新接收事件数"},       {"duplicates", "此前已接收的事件数"},
                                   {"rejected", "未接收的记录数"},   {"sequence", "首个事件序号"},
                                   {"lastSequence", "末个事件序号"}, {"sha256", "报文摘要（SHA-256）"}};
    static const Label states[] = {{"at", "投递情况截至"},
                                   {"deliveries", "应投递份数"},
                                   {"acknowledged", "接收方已确认"},
                                   {"dead", "接收方拒绝"},
                                   {"waiting", "等待投递"}};
    for (unsigned i = 0; i < G_N_ELEMENTS(labels); i++) {
        tell(user, labels[i].label, value_of(claim, labels[i].name));
    }
    for (unsigned i = 0; claim->of_state && i < G_N_ELEMENTS(states); i++) {
        tell(user, states[i].label, value_of(claim, states[i].name));
    }
    if (claim->of_state) {
        tell(user, "投递状态", in_words(value_of(claim, "state")));
    }
    tell(user, "签名密钥编号", value_of(claim, "keyId"));
}

/* ---- The code ---- */

#ifdef HT_HAVE_QRENCODE
static void add_run(HtBuffer *page, int x, int y, int width)
{
    g_autofree char *run = g_strdup_printf("M%d %dh%dv1h-%dz", x + QUIET, y + QUIET, width, width);
    ht_buffer_add_string(page, run);
}

static void add_modules(HtBuffer *page, const QRcode *qr)
{
    for (int y = 0; y < qr->width; y++) {
        const unsigned char *row = qr->data + (ptrdiff_t)y * qr->width;
        for (int x = 0, from = 0; x <= qr->width; x++) {
            bool dark = x < qr->width && (row[x] & 1) != 0;
            if (!dark && x > from) {
                add_run(page, from, y, x - from);
            }
            from = dark ? from : x + 1;
        }
    }
}

/* The middle of its four grades of correction but one: paper is folded and stamped. */
static void add_qr(HtBuffer *page, HtText code)
{
    QRcode *qr = QRcode_encodeData((int)code.size, (const unsigned char *)code.data, 0, QR_ECLEVEL_M);
    if (!qr) {
        return;
    }
    g_autofree char *head =
        g_strdup_printf("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\"><path d=\"",
                        qr->width + 2 * QUIET, qr->width + 2 * QUIET);
    ht_buffer_add_string(page, head);
    add_modules(page, qr);
    ht_buffer_add_string(page, "\"/></svg>\n");
    QRcode_free(qr);
}
#else
static void add_qr(HtBuffer *page, HtText code)
{
    (void)page;
    (void)code;
}
#endif

static void add_code(const HtClaim *claim, HtBuffer *page)
{
    HtBuffer code = {.data = NULL};
    ht_paper_code(claim, &code);
    add_qr(page, ht_buffer_text(&code));
    ht_buffer_add_char(&code, '\0');
    ht_buffer_add_string(page, "<p class=\"code\">");
    add_escaped(page, code.data);
    ht_buffer_add_string(page, "</p>\n");
    ht_buffer_clear(&code);
}

/* ---- The page ---- */

static const char head[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"zh-CN\"><head><meta charset=\"UTF-8\"/><title>" HT_PAPER_TITLE
    "</title><style>\n"
    "@page{size:A4 portrait;margin:18mm}\n"
    "body{font-family:\"Noto Serif CJK SC\",\"Noto Sans CJK SC\",\"SimSun\",\"WenQuanYi Zen Hei\",serif;font-size:11pt;line-height:1.6;"
    "max-width:174mm;margin:0 auto}\n"
    "h1{text-align:center;font-size:20pt;letter-spacing:.2em}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{border:1px solid #000;padding:1mm 2mm;text-align:left;font-weight:normal;word-break:break-all}\n"
    "th{width:34%;white-space:nowrap}\n"
    "svg{display:block;width:66mm;margin:5mm auto 2mm}\n"
    ".code{font-family:monospace;font-size:7pt;line-height:1.25;word-break:break-all}\n"
    "receipt{display:none}\n"
    "</style></head><body>\n<h1>" HT_PAPER_TITLE "</h1>\n";

static const char tail[] =
    "<p>" HT_PAPER_MEANS "或直接用本页文件，执行</p>\n<p class=\"code\">" HT_PAPER_COMMAND "</p>\n"
    "<p>" HT_PAPER_RESULT "</p>\n</body></html>\n";

void ht_paper_write(const HtClaim *claim, HtBuffer *page)
{
    ht_buffer_add_string(page, head);
    ht_buffer_add_string(page, "<table>\n");
    ht_paper_facts(claim, add_row, page);
    ht_buffer_add_string(page, "</table>\n");
    add_code(claim, page);
    ht_buffer_add_string(page, "<receipt xmlns=\"urn:hutong:receipt:1\">");
    each_value(claim, add_element, page);
    ht_buffer_add_string(page, "</receipt>\n");
    ht_buffer_add_string(page, tail);
}
