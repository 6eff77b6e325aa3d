/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_SIZE_H
#define GANTRY_BASE_SIZE_H

#include <stdint.h>

enum { SIZE_TEXT_MAX = 16 };

/* An amount of bytes for people: "999 B", "1.2 MB", "18.4 EB"; rounded, in powers of 1000. What a
 * configuration takes back is written by settings/unit.h. Returns `out`. */
const char *size_format(uint64_t bytes, char out[SIZE_TEXT_MAX]);

#endif
