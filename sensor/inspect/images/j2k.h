/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_J2K_H
#define GANTRY_INSPECT_IMAGES_J2K_H

#include "inspect/images/format.h"

/* A codestream of JPEG 2000 that stands in a box: its first two octets are gathered, and it goes on to offset
 * `end` (UINT64_MAX: wherever it ends). Behind it a header of `need` octets is gathered for `after`. The
 * format's state is the codestream's meanwhile. */
void j2k_enter(struct image *i, uint64_t end, uint8_t need, image_reader *after);
bool j2k_begins(const uint8_t *two);

#endif
