/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_EXAMINED_H
#define GANTRY_PIPELINE_EXAMINED_H

#include "pipeline/pipeline.h"
#include "pipeline/shared/examine_area.h"

/* An examiner's side of the data path: a file that some worker gathered runs through content/ and inspect/ as
 * if it moved again between the same hosts. What is in it has records of its own, with this pipeline's
 * numbers and the worker's number; what is said of the file itself goes into the result alone. */

struct examined_file {
    const struct record *record; /* of its transfer, valid */
    struct bytes host;           /* by which the client called the server */
    struct bytes bytes;
    bool whole;
};

/* Records go out once it is over, so that one that does not live through it has told nothing that a second
 * try would tell again; but for those of a file of which there are too many to be held. */
void pipeline_examine(struct pipeline *p, const struct examined_file *file, struct examine_result *out);
/* Tells again, of the file that came another time, what was in it when it was examined before. False: nothing
 * is known of it. */
bool pipeline_examine_again(struct pipeline *p, const struct examined_file *file, struct examine_result *out);
/* Numbers of objects given so far; from now on they go on behind `n`. */
uint64_t pipeline_numbers(const struct pipeline *p);
void pipeline_number_from(struct pipeline *p, uint64_t n);

#endif
