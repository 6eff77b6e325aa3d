/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_NAME_H
#define GANTRY_INSPECT_ROWS_NAME_H

#include "base/bytes.h"

/* What the name of a column or key says of its values, in English, Spanish, French, German and Portuguese. */
enum row_name {
    ROW_NAME_OTHER,
    ROW_NAME_PLATE,      /* nothing but a plate is called so */
    ROW_NAME_PLATE_WEAK, /* a plate, or a dish, a label, a student's number */
    ROW_NAME_SERIES,     /* the letters of a plate whose number stands in the next column */
    ROW_NAME_READER,     /* a lane, camera, direction, confidence: what a plate's reader adds */
    ROW_NAME_STATE,
    ROW_NAME_VEHICLE,
    ROW_NAME_PERSON,
    ROW_NAME_BIRTH,
    ROW_NAME_NATIONALITY,
    ROW_NAME_DOCUMENT,
    ROW_NAME_TIME,
};

enum { ROW_NAME_MAX = 40 }; /* octets of a name; longer ones say nothing */

/* Words are kept apart by case, blanks and signs ("veh_plate_nbr", "licensePlate", "N° de matrícula"),
 * accents (UTF-8 or Latin-1) do not matter. */
enum row_name row_name_of(struct bytes name);
/* Neither plates nor documents, but "series" and "number" alone, side by side, are the halves of a plate's
 * name. */
bool row_name_is_series(struct bytes first, struct bytes second);
/* Is it a word that says more together with the one before it, such as "number"? */
bool row_name_is_tail(struct bytes word);
/* What a word says that is a value: the maker of a vehicle, a direction, or the first word of the name of a
 * lane or camera. */
enum { ROW_WORD_MAKE = 1, ROW_WORD_DIRECTION = 2, ROW_WORD_PLACE = 4 };
unsigned row_word_is(struct bytes word);
/* The octets of the word with which this text begins if it may be, or begin, the name of a plate or of a
 * travel document, or a statement that names columns; 0: it is another word. */
size_t row_word_may_want(struct bytes text, bool *statement);
/* Words may begin so. By bits of the first octets, as letters of both cases, one table for each of them
 * (& 31): no bit in all four, no such word. By all four octets: most of those that are left are none. */
enum { ROW_FIRST = 4, ROW_BEGINNINGS = 1 << 13 };
struct row_beginnings {
    uint8_t letters[ROW_FIRST][32];
    uint64_t numbers[ROW_BEGINNINGS / 64];
};
const struct row_beginnings *row_wanted_beginnings(void);

/* By the first letters of a word, up to four of them in small ones; the first one lowest, zeros behind. */
static inline unsigned row_beginning(uint32_t letters) {
    return letters * 0x9e3779b1u >> 19;
}

/* The letters of the word that begins with these octets of ASCII: up to what is none, or a capital behind a
 * small one. */
static inline uint32_t row_first_letters(uint32_t octets) {
    const uint32_t high = 0x80808080, small = 0x20202020;
    uint32_t letters = octets | small;
    uint32_t are = (letters + 0x1f1f1f1f) & ~(letters + 0x05050505) & high; /* from a, to z */
    uint32_t capital = ~octets & small, behind_small = (octets & small) << 8;
    uint32_t ends = (~are & high) | (capital & behind_small) << 2;
    return ends ? letters & ((ends & -ends) - 1) >> 7 : letters;
}

static inline bool row_word_may_begin(const struct row_beginnings *b, const uint8_t octets[4]) {
    uint32_t all =
        octets[0] | (uint32_t)octets[1] << 8 | (uint32_t)octets[2] << 16 | (uint32_t)octets[3] << 24;
    unsigned number = row_beginning(row_first_letters(all));
    return b->numbers[number / 64] >> number % 64 & 1 || all & 0x80808080; /* an accent is any letter */
}

/* The name of a table of plate reads? */
bool row_name_is_reads(struct bytes table);

#endif
