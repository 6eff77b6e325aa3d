/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/limits.h"

#include "base/counter.h"

enum { RATIO_FROM = 1 << 20 }; /* output below this is let through at any ratio */

unsigned limit_codings(const struct limits *l, unsigned level) {
    return l->depth_max > level ? (unsigned)l->depth_max - level : 0;
}

bool limit_depth(const struct limits *l, unsigned level) {
    bool over = level >= l->depth_max;
    counter_add(COUNTER_UNPACK_DEPTH, over);
    return !over;
}

bool limit_members(const struct limits *l, uint64_t members) {
    bool over = members >= l->members_max;
    counter_add(COUNTER_UNPACK_MEMBERS, over);
    return !over;
}

size_t limit_output(const struct limits *l, uint64_t in, uint64_t out, size_t n, bool *over) {
    uint64_t room = l->output_max - out;
    size_t take = n < room ? n : (size_t)room;
    bool too_much = take<n, inflated = out + take> RATIO_FROM && (out + take) / l->ratio_max > in;
    *over = too_much || inflated;
    if (*over)
        counter_one(too_much ? COUNTER_CODING_OUTPUT : COUNTER_CODING_RATIO);
    return take;
}
