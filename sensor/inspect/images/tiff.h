/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_TIFF_H
#define GANTRY_INSPECT_IMAGES_TIFF_H

#include "inspect/images/format.h"

/* Directories of TIFF 6.0 and BigTIFF: the file of their own, and the block that other formats carry as EXIF.
 */

/* The next `n` octets are an EXIF block, from "II" or "MM" on: its thumbnail is a child, all else metadata.
 * Behind it a header of `need` octets is gathered for `after`. */
void tiff_enter_block(struct image *i, uint64_t n, uint8_t need, image_reader *after);
/* The six octets that are gathered are the block's name in JPEG, "Exif" and two zeros, or its first ones. `n`
 * more follow. */
void tiff_enter_named_block(struct image *i, uint64_t n, uint8_t need, image_reader *after);
/* As the format's skip(), while i->tiff.active. */
bool tiff_skip(struct image *i, uint64_t n);

#endif
