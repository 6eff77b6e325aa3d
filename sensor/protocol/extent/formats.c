/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* The list of formats. FORMAT(NAME): extent_NAME is defined in a file of this folder. */
/* clang-format off */
#define EXTENT_FORMATS(FORMAT) \
    FORMAT(jpeg) \
    FORMAT(png) \
    FORMAT(gif87) \
    FORMAT(gif89) \
    FORMAT(riff) \
    FORMAT(bmp) \
    FORMAT(tiff_little) \
    FORMAT(tiff_big) \
    FORMAT(media) \
    FORMAT(jp2) \
    FORMAT(jxl) \
    FORMAT(j2k) \
    FORMAT(zip) \
    FORMAT(gzip) \
    FORMAT(bzip2) \
    FORMAT(xz) \
    FORMAT(zstd) \
    FORMAT(sevenzip) \
    FORMAT(rar4) \
    FORMAT(rar5) \
    FORMAT(pdf) \
    FORMAT(ole) \
    FORMAT(sqlite)
/* clang-format on */

#define DECLARE(name) extern const struct extent_format extent_##name;
EXTENT_FORMATS(DECLARE)

#define ADDRESS(name) &extent_##name,
const struct extent_format *const extent_formats[] = {EXTENT_FORMATS(ADDRESS) NULL};

/* The search has a bit for each (find.c). */
_Static_assert(sizeof extent_formats / sizeof *extent_formats <= 32 + 1, "formats have a bound");
