/*
 * gen-gb18030.c: prints the decoding tables of GB 18030 as a C header, on standard output, at build time.
 *
 * The tables are asked from the C library's iconv("GB18030"), one code after the other, and then brought to
 * GB 18030-2022 by the list below, so the output is the same whatever edition the library follows.
 *
 * GB 18030-2022 moved the last 24 two-byte codes off Unicode's private use area. As the Unicode Technical
 * Committee advises (L2/23-003R), the four-byte codes that stood for the same 18 characters before 2022
 * keep doing so: the 2022 edition gives those codes to the vacated private-use code points, whose only
 * meaning ever was the same characters. So old and new data come out alike, and never as private use.
 */
#include <iconv.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    LEADS = 126,       /* 81 to FE */
    TRAILS = 192,      /* 40 to FF; 7F and FF are never trails and hold 0 */
    BMP_CODES = 39420, /* four-byte codes 81308130 to 8431A439 */
    MAX_ESCAPES = 64,
    FIRST_ESCAPE = 0xD800 /* surrogates stand for nothing: D800 + i is the i-th escape */
};

typedef struct {
    uint32_t character;
    uint16_t two_byte;
    uint32_t four_byte; /* 0: the four-byte code is the computed one of plane 2 */
} Moved;

/* The 18 codes of GB 18030-2022 and the six which GB 18030-2005 readers already took for plane 2. */
static const Moved moved_2022[] = {
    {0xFE10, 0xA6D9, 0x84318236}, {0xFE11, 0xA6DB, 0x84318237}, {0xFE12, 0xA6DA, 0x84318238},
    {0xFE13, 0xA6DC, 0x84318239}, {0xFE14, 0xA6DD, 0x84318330}, {0xFE15, 0xA6DE, 0x84318331},
    {0xFE16, 0xA6DF, 0x84318332}, {0xFE17, 0xA6EC, 0x84318333}, {0xFE18, 0xA6ED, 0x84318334},
    {0xFE19, 0xA6F3, 0x84318335}, {0x9FB4, 0xFE59, 0x82359037}, {0x9FB5, 0xFE61, 0x82359038},
    {0x9FB6, 0xFE66, 0x82359039}, {0x9FB7, 0xFE67, 0x82359130}, {0x9FB8, 0xFE6D, 0x82359131},
    {0x9FB9, 0xFE7E, 0x82359132}, {0x9FBA, 0xFE90, 0x82359133}, {0x9FBB, 0xFEA0, 0x82359134},
    {0x20087, 0xFE51, 0},         {0x20089, 0xFE52, 0},         {0x200CC, 0xFE53, 0},
    {0x215D7, 0xFE6C, 0},         {0x2298F, 0xFE76, 0},         {0x241FE, 0xFE91, 0},
};

static uint32_t two_byte[LEADS][TRAILS];
static uint32_t four_byte[BMP_CODES];

/* The character of one code, or 0 if the library has none for it. */
static uint32_t ask(iconv_t converter, const unsigned char *code, size_t size)
{
    unsigned char out[8];
    char *in = (char *)code, *to = (char *)out;
    size_t in_left = size, out_left = sizeof out;

    iconv(converter, NULL, NULL, NULL, NULL);
    if (iconv(converter, &in, &in_left, &to, &out_left) == (size_t)-1 || out_left != 4)
        return 0;
    return (uint32_t)out[0] << 24 | (uint32_t)out[1] << 16 | (uint32_t)out[2] << 8 | out[3];
}

static void ask_all(iconv_t converter)
{
    for (unsigned lead = 0; lead < LEADS; lead++) {
        for (unsigned trail = 0; trail < TRAILS; trail++) {
            unsigned char code[2] = {(unsigned char)(0x81 + lead), (unsigned char)(0x40 + trail)};
            two_byte[lead][trail] = code[1] == 0x7F || code[1] == 0xFF ? 0 : ask(converter, code, 2);
        }
    }
    for (unsigned i = 0; i < BMP_CODES; i++) {
        unsigned char code[4] = {(unsigned char)(0x81 + i / 12600), (unsigned char)(0x30 + i / 1260 % 10),
                                 (unsigned char)(0x81 + i / 10 % 126), (unsigned char)(0x30 + i % 10)};
        four_byte[i] = ask(converter, code, 4);
    }
}

static void apply_2022(void)
{
    for (size_t i = 0; i < sizeof moved_2022 / sizeof moved_2022[0]; i++) {
        const Moved *moved = &moved_2022[i];
        uint32_t code = moved->four_byte;

        two_byte[(moved->two_byte >> 8) - 0x81][(moved->two_byte & 0xFF) - 0x40] = moved->character;
        if (code == 0)
            continue;
        unsigned high = ((code >> 24) - 0x81) * 10 + (code >> 16 & 0xFF) - 0x30;
        unsigned low = ((code >> 8 & 0xFF) - 0x81) * 10 + (code & 0xFF) - 0x30;
        four_byte[high * 1260 + low] = moved->character;
    }
}

static void print_two_byte(void)
{
    uint32_t escapes[MAX_ESCAPES];
    unsigned escape_count = 0;

    printf("/* Two-byte codes, [lead - 81][trail - 40]; 0: none; D800 + i: gb18030_escapes[i]. */\n"
           "static const uint16_t gb18030_two_byte[%d * %d] = {",
           LEADS, TRAILS);
    for (unsigned i = 0; i < LEADS * TRAILS; i++) {
        uint32_t character = two_byte[i / TRAILS][i % TRAILS];
        if (character > 0xFFFF && escape_count < MAX_ESCAPES) {
            escapes[escape_count] = character;
            character = FIRST_ESCAPE + escape_count++;
        }
        printf("%s0x%04X,", i % 16 == 0 ? "\n" : "", character);
    }
    printf("\n};\n\nstatic const uint32_t gb18030_escapes[] = {\n");
    for (unsigned i = 0; i < escape_count; i++)
        printf("0x%05X,\n", escapes[i]);
    printf("};\n\n");
}

static bool continues_run(uint32_t before, uint32_t character)
{
    return before == 0 || character == 0 ? before == character : character == before + 1;
}

static void print_four_byte(void)
{
    printf("/* Four-byte codes of the basic plane: runs of characters, each to the start of the next;\n"
           "   `first` counts codes from 81308130; character 0: none. */\n"
           "typedef struct {\n    uint16_t first;\n    uint16_t character;\n} Gb18030Run;\n\n"
           "static const Gb18030Run gb18030_runs[] = {\n");
    for (unsigned i = 0; i < BMP_CODES; i++) {
        if (i == 0 || !continues_run(four_byte[i - 1], four_byte[i]))
            printf("{%u,0x%04X},\n", i, four_byte[i]);
    }
    printf("};\n\nenum { GB18030_BMP_CODES = %d };\n", BMP_CODES);
}

/* Codes of the characters of one page of 256; true when it has any. */
static bool find_page(unsigned page, uint16_t codes[256])
{
    bool any = false;
    for (unsigned i = 0; i < 256; i++)
        codes[i] = 0;
    for (unsigned i = 0; i < LEADS * TRAILS; i++) {
        uint32_t character = two_byte[i / TRAILS][i % TRAILS];
        if (character == 0 || character >> 8 != page || codes[character & 0xFF] != 0)
            continue;
        codes[character & 0xFF] = (uint16_t)((0x81 + i / TRAILS) << 8 | (0x40 + i % TRAILS));
        any = true;
    }
    return any;
}

static void print_reverse(void)
{
    uint16_t codes[256];
    unsigned pages[256], count = 1;

    printf(
        "/* Two-byte codes of the characters of the basic plane: [gb18030_page[high byte]][low byte]; 0: none. */\n"
        "static const uint16_t gb18030_codes[][256] = {\n{0},\n");
    for (unsigned page = 0; page < 256; page++) {
        pages[page] = find_page(page, codes) ? count++ : 0;
        for (unsigned i = 0; pages[page] != 0 && i < 256; i++)
            printf("%s0x%04X,%s", i == 0 ? "{" : "", codes[i], i == 255 ? "},\n" : i % 16 == 15 ? "\n" : "");
    }
    printf("};\n\nstatic const uint8_t gb18030_page[256] = {");
    for (unsigned page = 0; page < 256; page++)
        printf("%s%u,", page % 16 == 0 ? "\n" : "", pages[page]);
    printf("\n};\n\n");
}

int main(void)
{
    iconv_t converter = iconv_open("UTF-32BE", "GB18030");

    if (converter == (iconv_t)-1) {
        perror("gen-gb18030: this C library's iconv has no GB18030");
        return EXIT_FAILURE;
    }
    ask_all(converter);
    iconv_close(converter);
    apply_2022();
    if (two_byte[0xB0 - 0x81][0xA1 - 0x40] != 0x554A || four_byte[0] != 0x80) {
        fprintf(stderr, "gen-gb18030: this C library's iconv reads GB18030 wrongly\n");
        return EXIT_FAILURE;
    }
    printf(
        "/* Written by gen-gb18030: GB 18030-2022 to Unicode and, for codes of two bytes, back. */\n#include <stdint.h>\n\n");
    print_two_byte();
    print_reverse();
    print_four_byte();
    return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_SUCCESS : EXIT_FAILURE;
}
