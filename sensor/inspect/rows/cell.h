/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_ROWS_CELL_H
#define GANTRY_INSPECT_ROWS_CELL_H

#include "base/bytes.h"

/* What one cell of a table may be, whatever column it stands in. */
enum {
    CELL_WIDE = 1,   /* 4 to 10 letters and digits with up to two joints */
    CELL_SHAPED = 2, /* of these: the shape of a passenger plate, of one case, no hexadecimal number */
    CELL_TIME = 4,   /* a date, a time of day, or both */
    CELL_STATE = 8,  /* the code of a state, a province or a country */
    CELL_POSTCODE = 16,
    CELL_APART = 32,   /* shaped, and written sign by sign */
    CELL_DAY = 64,     /* a date alone */
    CELL_UNSURE = 128, /* its letters hold I, O or Q, which most series leave out */
    CELL_DIGIT = 256,
    CELL_LETTER = 512,
    CELL_MAKE = 2048,    /* a maker of vehicles */
    CELL_VOWEL = 4096,   /* its letters hold A, E or U */
    CELL_LIKELY = 8192,  /* built as plates are anywhere: 5 to 8 letters and digits in a few runs */
    CELL_READER = 16384, /* a direction, or the name of a lane or a camera */
    CELL_WHERE = 32768,  /* a degree of latitude or longitude, with four places or more */
    CELL_NUMBER = 1024,  /* 6 to 12 letters and digits of a document, most of them digits */
};

enum { CELL_SIGNS = 12 };

struct cell {
    unsigned is; /* of these bits */
    uint8_t n;   /* signs, in capital letters, without joints, if it is CELL_WIDE or CELL_NUMBER */
    uint8_t sign[CELL_SIGNS]; /* zeros behind them */
    uint8_t shape;            /* of plate_shape_number() if it is shaped */
    uint16_t build; /* if it is likely: a bit a sign, 1 for a digit, below a bit for the first one */
};

/* Without what is neither letter nor digit at its ends (letters beyond ASCII are letters). */
struct bytes cell_trim(struct bytes text);
/* Nothing stands there: empty, "null", "n/a" and the like. */
bool cell_is_void(struct bytes trimmed);
void cell_read(struct bytes trimmed, struct cell *out);
/* Of a name such as "Anna Maria ERIKSSON". */
bool cell_is_person(struct bytes trimmed);

#endif
