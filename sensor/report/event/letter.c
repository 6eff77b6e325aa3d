/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/letter.h"

#include "base/hex.h"
#include "base/utf8.h"

/* --- octets --- */

/* The octet at `at`, and how many octets of the text stand for it. "%252D" is "%2D" encoded again. */
static uint8_t read_octet(struct bytes in, size_t at, size_t *size) {
    size_t i = at + 1;
    *size = 1;
    if (in.p[at] != '%')
        return in.p[at];
    while (i + 3 < in.n && in.p[i] == '2' && in.p[i + 1] == '5' && hex_value(in.p[i + 2]) >= 0 &&
           hex_value(in.p[i + 3]) >= 0)
        i += 2;
    if (i + 1 >= in.n || hex_value(in.p[i]) < 0 || hex_value(in.p[i + 1]) < 0)
        return '%';
    *size = i + 2 - at;
    return (uint8_t)(hex_value(in.p[i]) << 4 | hex_value(in.p[i + 1]));
}

/* --- kinds --- */

enum {
    UP = LETTER_UPPER,
    LOW = LETTER_LOWER,
    ANY = LETTER_CASELESS,
    MARK = LETTER_MARK,
    JOINT = LETTER_JOINT
};

/* What is neither here, nor a digit, nor ASCII is a letter without case. In order. */
static const struct {
    uint32_t first, last;
    uint8_t kind;
} ranges[] = {
    {0x80, 0xA9, JOINT},       {0xAB, 0xB4, JOINT}, /* raised digits are found before */
    {0xB6, 0xB8, JOINT},       {0xBB, 0xBF, JOINT},       {0xC0, 0xD6, UP},          {0xD7, 0xD7, JOINT},
    {0xD8, 0xDE, UP},          {0xDF, 0xF6, LOW},         {0xF7, 0xF7, JOINT},       {0xF8, 0xFF, LOW},
    {0x2C2, 0x2DF, JOINT},     {0x300, 0x36F, MARK},      {0x37E, 0x37E, JOINT},     {0x386, 0x386, UP},
    {0x387, 0x387, JOINT},     {0x388, 0x38F, UP},        {0x391, 0x3AB, UP},        {0x3AC, 0x3CE, LOW},
    {0x400, 0x42F, UP},        {0x430, 0x45F, LOW},       {0x483, 0x489, MARK},      {0x531, 0x556, UP},
    {0x55A, 0x55F, JOINT},     {0x561, 0x586, LOW},       {0x589, 0x58F, JOINT},     {0x591, 0x5BD, MARK},
    {0x5BE, 0x5C6, JOINT},     {0x5F3, 0x60F, JOINT},     {0x610, 0x61A, MARK},      {0x61B, 0x61F, JOINT},
    {0x640, 0x640, MARK}, /* stretches a word */
    {0x64B, 0x65F, MARK},      {0x66A, 0x66D, JOINT},     {0x670, 0x670, MARK},      {0x6D4, 0x6D4, JOINT},
    {0x6D6, 0x6ED, MARK},      {0x964, 0x965, JOINT},     {0xE3F, 0xE3F, JOINT},     {0xE47, 0xE4E, MARK},
    {0x1680, 0x1680, JOINT},   {0x180B, 0x180F, MARK},    {0x1AB0, 0x1AFF, MARK},    {0x1DC0, 0x1DFF, MARK},
    {0x2000, 0x206F, JOINT},   {0x207A, 0x207F, JOINT},   {0x208A, 0x208F, JOINT},   {0x20A0, 0x20CF, JOINT},
    {0x20D0, 0x20FF, MARK},    {0x2190, 0x245F, JOINT},   {0x24B6, 0x24CF, UP},      {0x24D0, 0x24E9, LOW},
    {0x2500, 0x2BFF, JOINT}, /* digits in circles are found before */
    {0x2E00, 0x2E7F, JOINT},   {0x3000, 0x3004, JOINT},   {0x3008, 0x3020, JOINT},   {0x302A, 0x302F, MARK},
    {0x3030, 0x3030, JOINT},   {0x303D, 0x303F, JOINT},   {0x3099, 0x309A, MARK},    {0x309B, 0x309C, JOINT},
    {0x30A0, 0x30A0, JOINT},   {0x30FB, 0x30FB, JOINT},   {0xFD3E, 0xFD3F, JOINT},   {0xFE00, 0xFE0F, MARK},
    {0xFE10, 0xFE1F, JOINT},   {0xFE20, 0xFE2F, MARK},    {0xFE30, 0xFE6B, JOINT},   {0xFEFF, 0xFEFF, JOINT},
    {0xFF01, 0xFF0F, JOINT},   {0xFF1A, 0xFF20, JOINT},   {0xFF21, 0xFF3A, UP},      {0xFF3B, 0xFF40, JOINT},
    {0xFF41, 0xFF5A, LOW},     {0xFF5B, 0xFF65, JOINT},   {0xFF9E, 0xFF9F, MARK},    {0xFFE0, 0xFFFF, JOINT},
    {0x1F000, 0x1F0FF, JOINT}, {0x1F200, 0x1FAFF, JOINT}, {0xE0000, 0xE0FFF, JOINT},
};

/* The zero of each script that has digits of its own (Unicode general category Nd). */
static const uint32_t zeros[] = {
    0x660,   0x6F0,   0x7C0,   0x966,   0x9E6,   0xA66,   0xAE6,   0xB66,   0xBE6,   0xC66,  0xCE6,  0xD66,
    0xDE6,   0xE50,   0xED0,   0xF20,   0x1040,  0x1090,  0x17E0,  0x1810,  0x1946,  0x19D0, 0x1A80, 0x1A90,
    0x1B50,  0x1BB0,  0x1C40,  0x1C50,  0xA620,  0xA8D0,  0xA900,  0xA9D0,  0xA9F0,  0xAA50, 0xABF0, 0xFF10,
    0x104A0, 0x11066, 0x1D7CE, 0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E950, 0x1FBF0, 0x2070, 0x2080,
};

/* Ones of digits that have no zero beside them, and Chinese numerals, one by one. */
static const uint32_t ones[] = {0x2460, 0x24F5, 0x2776, 0x2780, 0x278A};
static const uint32_t numerals[10] = {0x3007, 0x4E00, 0x4E8C, 0x4E09, 0x56DB,
                                      0x4E94, 0x516D, 0x4E03, 0x516B, 0x4E5D};

/* 0 to 9; -1: no digit. */
static int find_digit(uint32_t c) {
    if (c == 0xB9)
        return 1;
    if (c == 0xB2 || c == 0xB3)
        return (int)(c - 0xB0);
    if (c == 0x24EA || c == 0x24FF)
        return 0;
    for (size_t i = 0; i < sizeof zeros / sizeof zeros[0]; i++)
        if (c - zeros[i] < 10)
            return (int)(c - zeros[i]);
    for (size_t i = 0; i < sizeof ones / sizeof ones[0]; i++)
        if (c - ones[i] < 9)
            return (int)(c - ones[i]) + 1;
    for (int i = 0; i < 10; i++)
        if (c == numerals[i])
            return i;
    return -1;
}

static struct letter make_letter(uint32_t folded, enum letter_kind kind) {
    return (struct letter){.folded = folded, .kind = (uint8_t)kind};
}

static struct letter read_ascii(uint32_t c) {
    if (c >= '0' && c <= '9')
        return make_letter(c, LETTER_DIGIT);
    if (c >= 'A' && c <= 'Z')
        return make_letter(c, LETTER_UPPER);
    if (c >= 'a' && c <= 'z')
        return make_letter(c, LETTER_LOWER);
    if (c == '*')
        return make_letter(c, LETTER_STAR);
    return make_letter(c, c && strchr("/\\?&=;:@<>\"|", (int)c) ? LETTER_END : LETTER_JOINT);
}

/* Mathematical letters: alphabets of 52, one behind the other. */
enum { MATH_FIRST = 0x1D400, MATH_LAST = 0x1D6A3, ALPHABET = 26 };

static struct letter read_other(uint32_t c) {
    int digit = find_digit(c);
    if (digit >= 0)
        return make_letter('0' + (uint32_t)digit, LETTER_DIGIT);
    if (c >= MATH_FIRST && c <= MATH_LAST) {
        uint32_t place = (c - MATH_FIRST) % (2 * ALPHABET);
        return read_ascii(place < ALPHABET ? 'A' + place : 'a' + place - ALPHABET);
    }
    if (c >= 0x100 && c <= 0x24F) /* mostly pairs, the greater one first */
        return make_letter(c, c & 1 ? LETTER_LOWER : LETTER_UPPER);
    size_t low = 0, high = sizeof ranges / sizeof ranges[0];
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (ranges[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == sizeof ranges / sizeof ranges[0] || c < ranges[low].first)
        return make_letter(c, LETTER_CASELESS);
    uint8_t kind = ranges[low].kind;
    if (c >= 0xFF21 && c <= 0xFF5A && kind != LETTER_JOINT)
        return read_ascii(c - 0xFF21 + 'A');
    return make_letter(c, kind);
}

struct letter letter_next(struct bytes in) {
    uint8_t octets[4];
    size_t sizes[4], n = 0, at = 0;
    uint32_t c;
    while (n < 4 && at < in.n) {
        octets[n] = read_octet(in, at, &sizes[n]);
        at += sizes[n++];
        if (octets[0] < 0x80)
            break;
    }
    size_t used = utf8_next(bytes_of(octets, n), &c), size = 0;
    for (size_t i = 0; i < used; i++)
        size += sizes[i];
    struct letter l = used == 1 && c == UTF8_REPLACEMENT ? make_letter(c, LETTER_CASELESS)
                      : c < 0x80                         ? read_ascii(c)
                                                         : read_other(c);
    l.size = (uint32_t)size;
    return l;
}
