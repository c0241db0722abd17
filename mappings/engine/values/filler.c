/* Fillers; see filler.h. Called for each key and identity of each event (host process), and by the tools. */
#include "mappings/engine/values/filler.h"

#include "mappings/engine/values/convert.h"
#include "mappings/engine/text/value.h"

#include <glib.h>

#define ROW_MIN 5           /* of one digit; zeros are one from the first */
#define COUNT_MIN 6         /* 123456; fewer are somebody's number */
#define COUNT_ANYWHERE 9    /* from here on it may begin with any digit */
#define LETTER_ROW_MIN 3    /* XX is a filler, too, other letters only so many */
#define PREFIX_MAX 4        /* letters in front of a row */
#define PREFIX_COUNT_MIN 8  /* with letters in front: A123456 may be somebody's */
#define WORDS_MAX 90        /* bytes of a text of words */
#define NEGATIVE_DIGITS 2   /* -1, -99 */
#define GROUP_ZEROS_MIN 3   /* zeros behind the last hyphen */
#define RUNNING_ZEROS_MIN 4 /* zeros behind division and year, without hyphens */
#define HAN_FIRST 0x4e00    /* the block of nearly all Chinese characters */
#define HAN_LAST 0x9fa5

/* ---- Rows of digits ---- */

static bool is_row(const char *digits, size_t size)
{
    for (size_t i = 1; i < size; i++) {
        if (digits[i] != digits[0]) {
            return false;
        }
    }
    return size > 0 && (digits[0] == '0' || size >= ROW_MIN);
}

/* 123456, 0123456789, 987654321; from nine digits on 345678901, too. */
static bool is_count(const char *digits, size_t size)
{
    bool up = true, down = true;
    for (size_t i = 1; i < size && (up || down); i++) {
        int step = (digits[i] - digits[i - 1] + 10) % 10;
        up &= step == 1;
        down &= step == 9;
    }
    if (size < COUNT_MIN || !(up || down)) {
        return false;
    }
    char least = up ? digits[0] : digits[size - 1];
    return size >= COUNT_ANYWHERE || least <= '1' || (down && digits[0] == '9');
}

bool ht_is_filler_digits(const char *digits, size_t size)
{
    static const char there_and_back[] = "12345678909876543210";
    return is_row(digits, size) || is_count(digits, size) ||
           (size > 10 && size < sizeof there_and_back && memcmp(digits, there_and_back, size) == 0);
}

/* The first two digits of the provinces' division codes; 99 is no province's, and stands for one in made-up numbers. */
static bool is_province(const char *digits)
{
    static const char *const known =
        "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 99";
    for (const char *one = known; *one; one += one[2] ? 3 : 2) {
        if (digits[0] == one[0] && digits[1] == one[1]) {
            return true;
        }
    }
    return false;
}

/* Division, perhaps a year, and then only zeros. */
static bool is_unnumbered(const char *digits, size_t size)
{
    if (size < 6 + RUNNING_ZEROS_MIN || digits[size - 1] != '0' || !is_province(digits)) {
        return false;
    }
    size_t start = 6;
    if (memcmp(digits + start, "19", 2) == 0 || memcmp(digits + start, "20", 2) == 0) {
        start += 4;
    }
    return size >= start + RUNNING_ZEROS_MIN && is_row(digits + start, size - start) && digits[start] == '0';
}

static bool is_filler_number(const char *digits, size_t size)
{
    return ht_is_filler_digits(digits, size) || is_unnumbered(digits, size);
}

/* ---- Folding ---- */

/* What is seen while a text is folded, beside the folded text. */
typedef struct {
    char *out;
    size_t size;
    size_t point;   /* its size at the last full stop */
    bool full;      /* something did not fit */
    uint32_t first; /* the first character, and whether all others are the same */
    bool uniform;
    bool is_clock;    /* a colon between digits: the zeros of midnight are no running part */
    bool is_negative; /* the last hyphen has no number in front of it, and no word at once */
    bool is_numbered; /* a letter or digit was there */
    uint32_t last;    /* the character at hand when it counts; blanks leave it */
    unsigned before, group, digits, zeros,
        nines; /* characters before the last hyphen; behind it: all, and these */
} Folding;

static uint32_t simplify(uint32_t character)
{
    switch (character) {
    case L'無': return L'无';
    case L'詳': return L'详';
    case L'暫': return L'暂';
    case L'辦': return L'办';
    case L'補': return L'补';
    case L'遺': return L'遗';
    case L'號': return L'号';
    case L'證': return L'证';
    case L'碼': return L'码';
    case L'編': return L'编';
    case L'領': return L'领';
    case L'報': return L'报';
    case L'丟': return L'丢';
    case L'發': return L'发';
    case L'確': return L'确';
    case L'臨': return L'临';
    case L'〇':
    case L'零': return '0';
    case L'×':
    case L'х':
    case L'Х':
    case L'χ':
    case L'Χ':
    case L'╳':
    case L'✕': return 'X';
    default: return character;
    }
}

/* The capital letter, digit or Chinese character that counts; 0 for what does not. */
static uint32_t fold_character(uint32_t character)
{
    if (character >= 0xff01 && character <= 0xff5e) {
        character = character - 0xff01 + 0x21;
    }
    if (character < 0x80) {
        return g_ascii_isalnum((char)character) ? (uint32_t)g_ascii_toupper((char)character) : 0;
    }
    character = simplify(character);
    if (character >= HAN_FIRST && character <= HAN_LAST) { /* most names: letters, as Unicode has them */
        return character;
    }
    if (character >= 0x80 && g_unichar_isdigit(character)) {
        return '0' + (uint32_t)g_unichar_digit_value(character);
    }
    return character < 0x80 || g_unichar_isalpha(character) ? character : 0;
}

static bool is_hyphen(uint32_t character)
{
    if (character < 0x80 || (character >= HAN_FIRST && character <= HAN_LAST)) {
        return character == '-';
    }
    return character == 0xff0d || character == 0x2212 || character == 0x2500 ||
           g_unichar_type(character) == G_UNICODE_DASH_PUNCTUATION;
}

/* What stands between an authority's prefix and the running part. */
static bool is_separator(uint32_t character)
{
    return is_hyphen(character) || character == '/' || character == '_' || character == 0xff0f ||
           character == 0xff3f || character == L'第' || character == L'字';
}

/* Whether all are the same character; before it is put. */
static void note_uniform(Folding *folding, uint32_t character)
{
    bool is_first = folding->size == 0 && !folding->full;
    folding->uniform = is_first || (folding->uniform && character == folding->first);
    folding->first = is_first ? character : folding->first;
}

static void keep(Folding *folding, uint32_t character)
{
    char bytes[6] = {(char)character};
    size_t size = character < 0x80 ? 1 : (size_t)g_unichar_to_utf8(character, bytes);
    note_uniform(folding, character);
    if (folding->size + size > HT_FILLER_MAX) {
        folding->full = true;
        return;
    }
    memcpy(folding->out + folding->size, bytes, size);
    folding->size += size;
}

/* What the parts between hyphens are like; `character` is 0 for a sign. */
static void count(Folding *folding, uint32_t sent, uint32_t character)
{
    if (is_separator(sent)) {
        folding->is_negative = is_hyphen(sent) && !folding->is_numbered && folding->last == 0;
        folding->before += folding->group;
        folding->group = folding->digits = folding->zeros = folding->nines = 0;
    } else if (character && character != L'号') {
        folding->group++;
        folding->digits += character >= '0' && character <= '9';
        folding->zeros += character == '0';
        folding->nines += character == '9';
        folding->is_numbered |= character < 0x80;
    }
    folding->is_clock |= (sent == ':' || sent == 0xff1a) && folding->last >= '0' && folding->last <= '9';
    folding->point = sent == '.' || sent == 0xff0e ? folding->size : folding->point;
    if (!ht_text_is_blank(sent)) {
        folding->last = is_separator(sent) || character == L'号' ? 0 : character;
    }
}

/* The same as fold_character(), count() and keep() do with a letter or digit of ASCII: nearly all that numbers are made of. */
static void take_alnum(Folding *folding, char sent)
{
    char character = sent >= 'a' ? (char)(sent - 'a' + 'A') : sent;
    folding->group++;
    folding->digits += character <= '9';
    folding->zeros += character == '0';
    folding->nines += character == '9';
    folding->is_numbered = true;
    folding->last = (uint32_t)character;
    note_uniform(folding, (uint32_t)character);
    if (folding->size < HT_FILLER_MAX) {
        folding->out[folding->size++] = character;
    } else {
        folding->full = true;
    }
}

static void fold(HtText text, Folding *folding)
{
    for (size_t i = 0, taken; i < text.size; i += taken) {
        if (g_ascii_isalnum(text.data[i])) {
            take_alnum(folding, text.data[i]);
            taken = 1;
            continue;
        }
        uint32_t sent = ht_value_character(text.data + i, text.size - i, &taken);
        uint32_t character = fold_character(sent);
        count(folding, sent, character);
        if (character) {
            keep(folding, character);
        }
    }
}

bool ht_filler_is_shorter(HtText text, size_t least)
{
    char folded[HT_FILLER_MAX];
    size_t count = 0, i = 0;
    for (; i < text.size && (unsigned char)text.data[i] < 0x80; i++) {
        count += g_ascii_isalnum(text.data[i]);
        if (count >= least) {
            return false; /* nearly all numbers */
        }
    }
    size_t size = i < text.size ? ht_filler_fold(text, folded) : 0;
    return i < text.size ? size != SIZE_MAX && ht_value_length(folded, size) < least : count < least;
}

size_t ht_filler_fold(HtText text, char out[HT_FILLER_MAX])
{
    Folding folding = {.out = out};
    fold(text, &folding);
    return folding.full ? SIZE_MAX : folding.size;
}

/* ---- Words ---- */

#define LIST_MAX 96 /* words of a list */
#define NO_WORD LIST_MAX

typedef struct {
    const char *text;
    uint8_t size, next; /* the next that begins with a character of the same hash; NO_WORD: none */
} ListWord;

/* Words, separated by blanks; when learned, found by their first character. Nearly all texts are told by that. */
typedef struct {
    const char *words;
    gsize learned;
    unsigned count;
    ListWord word[LIST_MAX];
    uint8_t begins[256]; /* hash of the first character: its first word; NO_WORD: none */
    uint64_t ends[4];    /* the set of hashes of last characters */
} WordList;

/* Of the last two bytes of a character: what they have in common is none's place. */
static unsigned hash_character(const char *last)
{
    unsigned char byte = (unsigned char)*last;
    return byte < 0x80 ? byte : ((unsigned)(unsigned char)last[-1] * 37 + byte) & 0xff;
}

/* The last byte of the character that begins here: words are of letters, and of Chinese characters of three bytes. */
static const char *first_character(const char *at)
{
    return (unsigned char)*at < 0x80 ? at : at + 2;
}

static void learn(WordList *list)
{
    memset(list->begins, NO_WORD, sizeof list->begins);
    for (const char *at = list->words; *at;) {
        size_t size = strcspn(at, " ");
        unsigned first = hash_character(first_character(at)), last = hash_character(at + size - 1);
        g_assert(list->count < LIST_MAX && size <= UINT8_MAX);
        list->word[list->count] = (ListWord){at, (uint8_t)size, list->begins[first]};
        list->begins[first] = (uint8_t)list->count++;
        list->ends[last / 64] |= (uint64_t)1 << last % 64;
        at += size + (at[size] == ' ');
    }
}

static WordList *learned(WordList *list)
{
    if (g_once_init_enter(&list->learned)) {
        learn(list);
        g_once_init_leave(&list->learned, 1);
    }
    return list;
}

/* The first word that begins as the text does, perhaps; NULL: none does. */
static const ListWord *first_word(WordList *list, HtText text)
{
    if (text.size == 0 || (text.size < 3 && (unsigned char)text.data[0] >= 0x80)) {
        return NULL;
    }
    unsigned place = learned(list)->begins[hash_character(first_character(text.data))];
    return place == NO_WORD ? NULL : &list->word[place];
}

static const ListWord *next_word(const WordList *list, const ListWord *word)
{
    return word->next == NO_WORD ? NULL : &list->word[word->next];
}

static bool begins_with(HtText text, const ListWord *word)
{
    return word->size <= text.size && memcmp(text.data, word->text, word->size) == 0;
}

/* True when the text is one of the words. */
static bool is_one_of(HtText text, WordList *list)
{
    for (const ListWord *word = first_word(list, text); word; word = next_word(list, word)) {
        if (word->size == text.size && begins_with(text, word)) {
            return true;
        }
    }
    return false;
}

/* False when no word of the list ends as the text does. */
static bool may_end(WordList *list, HtText text)
{
    if (text.size == 0 || (text.size < 3 && (unsigned char)text.data[text.size - 1] >= 0x80)) {
        return false;
    }
    unsigned hash = hash_character(text.data + text.size - 1);
    return learned(list)->ends[hash / 64] >> hash % 64 & 1;
}

/* Takes the longest of the words off the text's beginning. */
static bool strip_front(HtText *text, WordList *list)
{
    size_t longest = 0;
    for (const ListWord *word = first_word(list, *text); word; word = next_word(list, word)) {
        longest = begins_with(*text, word) ? MAX(longest, word->size) : longest;
    }
    text->data += longest;
    text->size -= longest;
    return longest > 0;
}

/* … off its end. */
static bool strip_back(HtText *text, WordList *list)
{
    size_t longest = 0;
    for (unsigned i = 0; may_end(list, *text) && i < list->count; i++) {
        const ListWord *word = &list->word[i];
        bool fits = word->size <= text->size &&
                    memcmp(text->data + text->size - word->size, word->text, word->size) == 0;
        longest = fits ? MAX(longest, word->size) : longest;
    }
    text->size -= longest;
    return longest > 0;
}

static WordList latin = {
    .words = "N NA NO NONE NIL NUL NULL NAN DBNULL SYSTEMDBNULL UNDEFINED UNKNOWN UNKNOW UNKOWN "
             "OBJECTOBJECT TEST TESTING TESTTEST TBD DUMMY EMPTY BLANK MISSING PENDING LOST "
             "NOTAVAILABLE NOTAPPLICABLE NOTKNOWN NOTPROVIDED NOTHING WU ZANWU WEIZHI BUXIANG DAIBU"};

/* What stands before a number. */
static WordList labels = {.words = "NO NUM NUMBER ID SN CODE CERT"};

/* What such a text speaks of. */
static WordList nouns = {
    .words =
        "公民身份号码 居民身份证 身份证件 身份证 身份号码 身份 出生医学证明 出生证明 出生证 医学证明 证明 "
        "证书 证件 编号 号码 证号 卡号 号 证 卡 第 字 户口 户籍 档案 资料 信息 数据 原件 材料 登记号 出生 公民 居民 医学"};
static WordList adverbs = {
    .words =
        "暂时 暂 尚 还 仍 已经 已 均 皆 都 正在 正 目前 现 本人 其 经 因 为 系 是 该 此 之中 中 了 过 的 等 后 前 时 人员 人"};

/* What says that there is none: a state, or something that was not, or is still to be, done. */
static WordList states = {
    .words =
        "无 空 空白 空缺 空值 缺 缺失 缺少 缺省 默认 未 没 没有 不 不祥 待 否 免 略 保密 遗失 丢失 遗忘 忘记 忘 损毁 毁损 损坏 作废 失效 "
        "补办 办理 补领 补发 申请 申领 审核 审批 制证 制作 换证 换发 换领 挂失 同上 同前 其他 其它 测试 样例 示例 临时 新生儿 婴儿 "
        "见备注 详见备注 某 某某 查无 查无此人"};
static WordList negations = {.words =
                                 "未能 未 不能 不 没有 没 无法 无 待 尚待 等待 有待 需 须 等 缺 拒绝 拒 免"};
static WordList deeds = {
    .words =
        "办理 办 补办 提供 取得 获得 登记 领取 领到 领 发放 发证 发 填写 填报 填 录入 录 采集 申报 申领 申请 上报 上户 落户 入户 出具 "
        "出 生成 上户口 落户口 核实 核对 核查 核 携带 带 见 查到 查明 查询 查 补 补录 补充 补登 补报 补填 补领 取 定 编 编制 制 制证 打印 签发 下发 "
        "换 换发 换领 报 明确 确定 确认 清楚 清 明 详 祥 知 知道 知晓 记得 有 存 在 完善 更新 完成"};

/* Sets what can be reached from `place` by one of the words. */
static void go_on(HtText text, size_t place, WordList *list, bool *reached)
{
    HtText rest = {text.data + place, text.size - place};
    for (const ListWord *word = first_word(list, rest); word; word = next_word(list, word)) {
        if (begins_with(rest, word)) {
            reached[place + word->size] = true;
        }
    }
}

/* True when there is nothing but such words: 尚未办理, 出生证补办中, and a mere 身份证号, which is a label. Words are found
 * however they are cut: 无出生证 is 无 and 出生证, not 无出. */
static bool is_filler_words(HtText text)
{
    bool reached[WORDS_MAX + 1] = {true}, negated[WORDS_MAX + 1] = {false};
    if (text.size > WORDS_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (negated[i]) {
            go_on(text, i, &deeds, reached);
        }
        if (reached[i]) {
            go_on(text, i, &nouns, reached);
            go_on(text, i, &adverbs, reached);
            go_on(text, i, &states, reached);
            go_on(text, i, &negations, negated);
        }
    }
    return reached[text.size];
}

/* ---- Letters and digits ---- */

static size_t span_digits(const char *text, size_t size)
{
    size_t count = 0;
    while (count < size && g_ascii_isdigit(text[count])) {
        count++;
    }
    return count;
}

static size_t span_letters(const char *text, size_t size)
{
    size_t count = 0;
    while (count < size && g_ascii_isalpha(text[count])) {
        count++;
    }
    return count;
}

static bool is_filler_letters(HtText text)
{
    bool row = text.size >= LETTER_ROW_MIN || text.data[0] == 'X';
    for (size_t i = 1; i < text.size && row; i++) {
        row = text.data[i] == text.data[0];
    }
    return row || is_one_of(text, &latin);
}

/* A000000000, 0000000X */
static bool has_only_zeros(HtText text)
{
    size_t zeros = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (g_ascii_isdigit(text.data[i]) && text.data[i] != '0') {
            return false;
        }
        zeros += text.data[i] == '0';
    }
    size_t letters = text.size - zeros;
    return zeros >= 3 || (zeros == 2 && letters <= 2);
}

/* Capitals and digits; at least one. */
static bool is_filler_ascii(HtText text)
{
    size_t letters = span_letters(text.data, text.size);
    const char *digits = text.data + letters;
    size_t size = span_digits(digits, text.size - letters);
    bool labelled = letters > 0 && is_one_of((HtText){text.data, letters}, &labels);
    if ((letters == 0 || labelled) && size > 0 && letters + size == text.size) {
        return is_filler_number(digits, size);
    }
    if (letters == text.size) {
        return is_filler_letters(text);
    }
    if (has_only_zeros(text)) {
        return true;
    }
    bool numbered = letters <= PREFIX_MAX && letters + size == text.size;
    return numbered && (is_unnumbered(digits, size) || (size > ROW_MIN && is_row(digits, size)) ||
                        (size >= PREFIX_COUNT_MIN && is_count(digits, size)));
}

/* Bytes of the Chinese beginning; the rest is a number perhaps. */
static size_t span_chinese(HtText text)
{
    size_t count = 0;
    while (count < text.size && (unsigned char)text.data[count] >= 0x80) {
        count++;
    }
    return count;
}

static bool is_ascii(HtText text)
{
    unsigned high = 0;
    for (size_t i = 0; i < text.size; i++) {
        high |= (unsigned char)text.data[i];
    }
    return high < 0x80;
}

/* Chinese, or Chinese and a number: 未办理, 第000号, 粤000000. */
static bool is_filler_mixed(HtText text)
{
    if (is_filler_words(text)) {
        return true;
    }
    while (strip_front(&text, &nouns) || strip_back(&text, &nouns)) {
    }
    if (is_ascii(text)) {
        return is_filler_ascii(text);
    }
    size_t chinese = span_chinese(text);
    HtText rest = {text.data + chinese, text.size - chinese};
    bool numbered = chinese > 0 && rest.size > 1 && is_ascii(rest);
    return numbered && span_digits(rest.data, rest.size) == rest.size &&
           is_filler_number(rest.data, rest.size);
}

/* ---- The whole ---- */

/* The fraction that a spreadsheet gave a number (0.0, 99999.0) does not count. */
static HtText cut_fraction(const Folding *folding)
{
    size_t whole = folding->point;
    const char *zeros = folding->out + whole;
    bool fraction = whole > 0 && whole < folding->size && is_row(zeros, folding->size - whole) &&
                    *zeros == '0' && span_digits(folding->out, whole) == whole;
    return (HtText){folding->out, fraction ? whole : folding->size};
}

/* J440104-2019-000000, and -1, which many programs return for "none". */
static bool is_filler_group(const Folding *folding, HtText folded)
{
    bool running = folding->before >= 2 && !folding->is_clock;
    if (running && folding->group >= GROUP_ZEROS_MIN && folding->zeros == folding->group) {
        return true;
    }
    if (running && folding->group >= ROW_MIN && folding->nines == folding->group) {
        return true;
    }
    bool small = folding->group <= NEGATIVE_DIGITS || folded.size <= NEGATIVE_DIGITS;
    return folding->is_negative && small && folding->digits == folding->group;
}

static bool is_filler_folded(HtText text)
{
    char room[HT_FILLER_MAX];
    Folding folding = {.out = room};
    fold(text, &folding);
    if (folding.full) {
        return folding.uniform && (folding.first == 'X' || (folding.first >= '0' && folding.first <= '9'));
    }
    HtText folded = cut_fraction(&folding);
    return folded.size == 0 || is_filler_group(&folding, folded) ||
           (is_ascii(folded) ? is_filler_ascii(folded) : is_filler_mixed(folded));
}

bool ht_is_filler(HtText text)
{
    if (text.size > 0 && span_digits(text.data, text.size) == text.size) { /* nearly all numbers */
        return is_filler_number(text.data, text.size);
    }
    return is_filler_folded(text);
}

static bool is_chinese_numeral(uint32_t character)
{
    static const uint32_t numerals[] = {L'一', L'二', L'三', L'四', L'五', L'六', L'七', L'八', L'九', L'十'};
    for (size_t i = 0; i < G_N_ELEMENTS(numerals); i++) {
        if (character == numerals[i]) {
            return true;
        }
    }
    return false;
}

bool ht_is_without_number(HtText text)
{
    size_t numerals = 0, others = 0;
    for (size_t i = 0, taken; i < text.size; i += taken) {
        uint32_t character = fold_character(ht_value_character(text.data + i, text.size - i, &taken));
        if (character > 0 && character < 0x80) {
            return false;
        }
        numerals += is_chinese_numeral(character);
        others += !is_chinese_numeral(character);
    }
    return numerals <= others;
}
