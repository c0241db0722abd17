/* hutong-paper: one verified receipt from standard input as a PDF on standard output. A process of its own, called by
 * `hutong receipt print --pdf`: the libraries that draw are not loaded by the bus. One thread. */
#include "core/proof/paper.h"
#include "core/proof/verify.h"

#include <cairo-pdf.h>
#include <pango/pangocairo.h>

#include <stdio.h>
#include <unistd.h>

#ifdef HT_HAVE_QRENCODE
#include <qrencode.h>
#endif

/* A4 (ISO 216) in points. */
#define WIDTH 595.276
#define HEIGHT 841.890
#define MARGIN 45.0
#define INNER (WIDTH - 2 * MARGIN)
#define LABEL (INNER * 0.34)
#define PADDING 3.0
#define QR_SIZE 170.0 /* 60 mm */
#define QUIET 4       /* empty modules around a QR code (ISO/IEC 18004) */

#define SECONDS_MOST 120 /* looking through all fonts for the first time takes a while */

#define SERIF "Noto Serif CJK SC,Noto Sans CJK SC,SimSun,WenQuanYi Zen Hei,serif"
#define MONO "monospace"

typedef struct {
    cairo_t *cairo;
    double y;
    int unknown; /* characters that no font has */
} Page;

/* ---- Text ---- */

/* A text as wide as that; the caller unrefs it. No hyphen is put into what is broken: it would be read back. */
static PangoLayout *set_text(Page *page, const char *font, const char *text, double width)
{
    g_autoptr(PangoFontDescription) description = pango_font_description_from_string(font);
    g_autoptr(PangoAttrList) attributes = pango_attr_list_new();
    PangoLayout *layout = pango_cairo_create_layout(page->cairo);
    pango_attr_list_insert(attributes, pango_attr_insert_hyphens_new(FALSE));
    pango_attr_list_insert(attributes, pango_attr_language_new(pango_language_from_string("zh-cn")));
    pango_layout_set_attributes(layout, attributes);
    pango_layout_set_font_description(layout, description);
    pango_layout_set_width(layout, (int)(width * PANGO_SCALE));
    pango_layout_set_wrap(layout, PANGO_WRAP_WORD_CHAR);
    pango_layout_set_text(layout, text, -1);
    page->unknown += pango_layout_get_unknown_glyphs_count(layout);
    return layout;
}

static double height_of(PangoLayout *layout)
{
    int height;
    pango_layout_get_size(layout, NULL, &height);
    return (double)height / PANGO_SCALE;
}

/* Goes on with another page where there is no room. */
static void make_room(Page *page, double height)
{
    if (page->y + height > HEIGHT - MARGIN) {
        cairo_show_page(page->cairo);
        page->y = MARGIN;
    }
}

static void draw_at(Page *page, PangoLayout *layout, double x, double y)
{
    cairo_move_to(page->cairo, x, y);
    pango_cairo_show_layout(page->cairo, layout);
}

static void add_text(Page *page, const char *font, const char *text, PangoAlignment alignment)
{
    g_autoptr(PangoLayout) layout = set_text(page, font, text, INNER);
    pango_layout_set_alignment(layout, alignment);
    make_room(page, height_of(layout));
    draw_at(page, layout, MARGIN, page->y);
    page->y += height_of(layout) + 2 * PADDING;
}

static void add_row(void *user, const char *label, const char *value)
{
    Page *page = user;
    g_autoptr(PangoLayout) left = set_text(page, SERIF " 10", label, LABEL - 2 * PADDING);
    g_autoptr(PangoLayout) right = set_text(page, SERIF " 10", value, INNER - LABEL - 2 * PADDING);
    double height = MAX(height_of(left), height_of(right)) + 2 * PADDING;
    make_room(page, height);
    cairo_set_line_width(page->cairo, 0.75);
    cairo_rectangle(page->cairo, MARGIN, page->y, LABEL, height);
    cairo_rectangle(page->cairo, MARGIN + LABEL, page->y, INNER - LABEL, height);
    cairo_stroke(page->cairo);
    draw_at(page, left, MARGIN + PADDING, page->y + PADDING);
    draw_at(page, right, MARGIN + LABEL + PADDING, page->y + PADDING);
    page->y += height;
}

/* ---- The code ---- */

#ifdef HT_HAVE_QRENCODE
static void draw_modules(Page *page, const QRcode *qr)
{
    double module = QR_SIZE / (qr->width + 2 * QUIET), left = (WIDTH - QR_SIZE) / 2;
    for (int y = 0; y < qr->width; y++) {
        const unsigned char *row = qr->data + (ptrdiff_t)y * qr->width;
        for (int x = 0, from = 0; x <= qr->width; x++) {
            bool dark = x < qr->width && (row[x] & 1) != 0;
            if (!dark && x > from) {
                cairo_rectangle(page->cairo, left + (from + QUIET) * module, page->y + (y + QUIET) * module,
                                (x - from) * module, module);
            }
            from = dark ? from : x + 1;
        }
    }
    cairo_fill(page->cairo);
}

static void add_qr(Page *page, HtText code)
{
    QRcode *qr = QRcode_encodeData((int)code.size, (const unsigned char *)code.data, 0, QR_ECLEVEL_M);
    if (qr) {
        make_room(page, QR_SIZE);
        cairo_set_antialias(page->cairo, CAIRO_ANTIALIAS_NONE);
        draw_modules(page, qr);
        page->y += QR_SIZE;
        QRcode_free(qr);
    }
}
#else
static void add_qr(Page *page, HtText code)
{
    (void)page;
    (void)code;
}
#endif

static void add_code(Page *page, const HtClaim *claim)
{
    HtBuffer code = {.data = NULL};
    ht_paper_code(claim, &code);
    add_qr(page, ht_buffer_text(&code));
    ht_buffer_add_char(&code, '\0');
    add_text(page, MONO " 7", code.data, PANGO_ALIGN_LEFT);
    ht_buffer_clear(&code);
}

/* ---- The document ---- */

static cairo_status_t write_out(void *file, const unsigned char *bytes, unsigned size)
{
    return fwrite(bytes, 1, size, file) == size ? CAIRO_STATUS_SUCCESS : CAIRO_STATUS_WRITE_ERROR;
}

static void set_metadata(cairo_surface_t *surface, const HtClaim *claim)
{
    const char *received = g_hash_table_lookup(claim->values, "receivedAt");
    g_autofree char *second = g_strndup(received ? received : "", strlen("2026-03-01T00:00:00"));
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_TITLE, HT_PAPER_TITLE);
    cairo_pdf_surface_set_metadata(surface, CAIRO_PDF_METADATA_CREATE_DATE, second);
}

/* The caller takes what is written only when all was. */
static bool draw(const HtClaim *claim, FILE *out)
{
    cairo_surface_t *surface = cairo_pdf_surface_create_for_stream(write_out, out, WIDTH, HEIGHT);
    Page page = {cairo_create(surface), MARGIN, 0};
    set_metadata(surface, claim);
    add_text(&page, SERIF " 18", HT_PAPER_TITLE, PANGO_ALIGN_CENTER);
    ht_paper_facts(claim, add_row, &page);
    page.y += 2 * PADDING;
    add_code(&page, claim);
    add_text(&page, SERIF " 10", HT_PAPER_MEANS "或将本页文字（pdftotext）存成文件，执行", PANGO_ALIGN_LEFT);
    add_text(&page, MONO " 8", HT_PAPER_COMMAND, PANGO_ALIGN_LEFT);
    add_text(&page, SERIF " 10", HT_PAPER_RESULT, PANGO_ALIGN_LEFT);
    cairo_destroy(page.cairo);
    cairo_surface_finish(surface);
    cairo_status_t status = cairo_surface_status(surface);
    cairo_surface_destroy(surface);
    if (page.unknown > 0) {
        fprintf(
            stderr,
            "no font has the Chinese characters of the page: install fonts-noto-cjk or fonts-wqy-zenhei\n");
    } else if (status != CAIRO_STATUS_SUCCESS) {
        fprintf(stderr, "the page cannot be drawn: %s\n", cairo_status_to_string(status));
    }
    return page.unknown == 0 && status == CAIRO_STATUS_SUCCESS;
}

static bool read_all(FILE *in, HtBuffer *text)
{
    char part[4096];
    size_t size;
    while (text->size <= HT_CLAIM_MAX_BYTES && (size = fread(part, 1, sizeof part, in)) > 0) {
        ht_buffer_add_text(text, (HtText){part, size});
    }
    return !ferror(in);
}

int main(void)
{
    g_autoptr(GError) error = NULL;
    HtClaim claim = {.values = NULL};
    HtBuffer text = {.data = NULL};
    alarm(SECONDS_MOST);
    bool good = read_all(stdin, &text) && ht_claim_read(ht_buffer_text(&text), &claim, &error);
    if (!good) {
        fprintf(stderr, "%s\n", error ? error->message : "standard input cannot be read");
    }
    good = good && draw(&claim, stdout) && fflush(stdout) == 0;
    ht_claim_clear(&claim);
    ht_buffer_clear(&text);
    return good ? 0 : 1;
}
