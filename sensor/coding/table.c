/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

/* The order is that in which likely ones are tried. */
const struct coding *const coding_table[] = {
    &coding_gzip,   &coding_deflate, &coding_bare_deflate,
    &coding_brotli, &coding_base64,  &coding_quoted_printable,
    NULL,
};
