/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* The list of formats. FORMAT(NAME): image_NAME is defined in images/NAME.c. To add a format: write the file
 * and add its line here; the build finds the file by it. */
/* clang-format off */
#define IMAGE_FORMATS(FORMAT) \
    FORMAT(jpeg) \
    FORMAT(png) \
    FORMAT(tiff) \
    FORMAT(gif) \
    FORMAT(webp) \
    FORMAT(bmp) \
    FORMAT(jp2) \
    FORMAT(j2k) \
    FORMAT(jxl) \
    FORMAT(heif) \
    FORMAT(pnm) \
    FORMAT(fuji) \
    FORMAT(nitf) \
    FORMAT(dicom) \
    FORMAT(face) \
    FORMAT(nist) \
    FORMAT(avi)
/* clang-format on */

#define DECLARE(name) extern const struct image_format image_##name;
IMAGE_FORMATS(DECLARE)

#define ADDRESS(name) &image_##name,
const struct image_format *const image_formats[] = {IMAGE_FORMATS(ADDRESS) NULL};

const struct image_format *image_format_of(const char *mime) {
    for (size_t f = 0; image_formats[f]; f++)
        for (size_t m = 0; m < IMAGE_MIMES_MAX && image_formats[f]->mimes[m]; m++)
            if (strcmp(image_formats[f]->mimes[m], mime) == 0)
                return image_formats[f];
    return NULL;
}
