/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_UPLOADS_H
#define GANTRY_PIPELINE_UPLOADS_H

#include "base/clock.h"
#include "channel/upload_sizes.h"

/* How many uploads a flow holds that nobody can read, from sizes and directions alone. An upload is a run of
 * payload out of the image network, UPLOAD_LEAST octets or more, that an answer closes which carries
 * something and acknowledges all of it. Answers in the middle of a run (tickets, windows) come while the
 * sender is held up: behind a full segment, or they are short. SSH answers each piece of a file: there the
 * next exchange of short messages, such as the closing of a file, closes it. */
enum { UPLOAD_LEAST = 16384 };

struct uploads {
    uint64_t run;              /* octets since the last one was closed */
    uint32_t turn;             /* of them, since the last answer; at most UINT32_MAX */
    uint32_t packets;          /* out, since the last answer */
    uint32_t segment, longest; /* octets of the last packet out, and of the longest */
    uint32_t count;            /* of the flow */
    uint32_t untold;           /* of them, in no sum yet */
    bool answered;             /* since the last packet out, before all of it was there */
    time_ns sent;              /* the last packet out */
    time_ns first, last;       /* when the first and the last were closed */
    struct upload_sizes sizes;
};

/* What an answer must be for this flow. */
struct upload_manner {
    bool pieces;    /* SSH */
    uint32_t least; /* octets of one packet; less only opens a window */
};

/* `n` octets out, at `now`. */
void uploads_out(struct uploads *u, uint32_t n, time_ns now);
/* An answer of `n` octets at `now`; `acknowledges`: all that came before. */
void uploads_answer(struct uploads *u, const struct upload_manner *manner, uint32_t n, bool acknowledges,
                    time_ns now);

#endif
