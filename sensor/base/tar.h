/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_TAR_H
#define GANTRY_BASE_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Headers of tar: POSIX.1-1988 (ustar), pax of POSIX.1-2001, GNU. Each is one block. */

enum { TAR_BLOCK = 512, TAR_MAGIC = 257, TAR_TYPE = 156 };

/* Is the sum that stands in it right? */
bool tar_is_header(const uint8_t block[TAR_BLOCK]);
bool tar_is_zero(const uint8_t block[TAR_BLOCK]);
/* A number as headers write it, in `n` octets: octal digits, or in GNU's way one of 95 bits. False: it is
 * none, or beyond INT64_MAX. */
bool tar_number(const uint8_t *p, size_t n, uint64_t *out);
/* Octets of the member's content, at most INT64_MAX; false: it does not say. */
bool tar_size(const uint8_t block[TAR_BLOCK], uint64_t *out);
/* Has a member of this type no content, whatever its size says: a link, a device, a folder? */
bool tar_is_bare(char type);

#endif
