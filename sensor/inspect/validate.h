/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_VALIDATE_H
#define GANTRY_INSPECT_VALIDATE_H

#include "base/bytes.h"

/* What a pattern cannot say: check digits, plausible times, shapes by table. `holds` gets the bytes of one
 * match and narrows *value, at first the whole match, to the part that is counted. */
struct validator {
    const char *name;
    bool (*holds)(struct bytes match, struct bytes *value);
    const char *help; /* one line */
    /* May a field of a table be such a value, whatever stands around it? It narrows *value likewise. A field
     * holds letters, digits, spaces and hyphens and begins and ends with one of the first two. NULL: only
     * the whole match says. */
    bool (*may_be)(struct bytes field, struct bytes *value);
    /* How many of the bytes before the match's end it looks at, wherever the match begins; `before` holds as
     * many as the pattern is wide. NULL: it looks at the whole match, whose beginning costs Hyperscan most.
     */
    size_t (*reach)(struct bytes before);
    unsigned width; /* that it looks at, where the pattern is shorter */
};

extern const struct validator validator_table[]; /* ends with a NULL name */
/* Index into the table, -1 if there is no such validator. */
int validator_find(const char *name);

/* Takes the next field of a table off the start of *in; n == 0: there is none. */
struct bytes field_next(struct bytes *in);

/* Does this token, without spaces and hyphens, have the shape of a passenger plate of the table? */
bool plate_shape(struct bytes token);
/* Which of them it is, from 1 to PLATE_SHAPES - 1, by a bit a sign, 1 for a digit, behind a leading 1; 0:
 * none. */
unsigned plate_shape_number(unsigned build);
enum { PLATE_SHAPES = 21 };

#endif
