/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CODING_LIMITS_H
#define GANTRY_CODING_LIMITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much one body may unfold to, in codings and in containers. Every check of it stands in limits.c; what
 * meets a bound is counted there, and is looked at as far as the bound allows. */
struct limits {
    uint64_t depth_max;   /* objects and codings within one another; at most CODINGS_MAX */
    uint64_t members_max; /* children of one object */
    uint64_t output_max;  /* decoded bytes of one decoder */
    uint64_t ratio_max;   /* decoded bytes to encoded ones, once there are over 1 MiB */
};

/* How many more codings may stand before what lies so deep. */
unsigned limit_codings(const struct limits *l, unsigned level);
/* May an object so deep be unpacked? False: counted. */
bool limit_depth(const struct limits *l, unsigned level);
/* May it have one more child? False: counted. */
bool limit_members(const struct limits *l, uint64_t members);
/* How many of `n` more decoded bytes may go on, where `out` went on already that came from `in`. *over: that
 * was the last of them (counted). */
size_t limit_output(const struct limits *l, uint64_t in, uint64_t out, size_t n, bool *over);

#endif
