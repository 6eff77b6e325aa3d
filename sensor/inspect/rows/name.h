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
/* By its first three octets it may; most words may not. */
enum { ROW_BEGINNINGS = 1 << 13 };
const uint64_t *row_wanted_beginnings(void); /* a bit for each beginning's number */
static inline uint32_t row_beginning(uint32_t three) {
    return (three | 0x202020) * 0x9e3779b1u >> 19;
}
static inline bool row_word_may_begin(const uint64_t *beginnings, uint32_t octets) {
    uint32_t three = octets & 0xffffff, number = row_beginning(three);
    return three & 0x808080 ||
           beginnings[number / 64] >> number % 64 & 1; /* an accent may stand for any letter */
}
/* The name of a table of plate reads? */
bool row_name_is_reads(struct bytes table);

#endif
