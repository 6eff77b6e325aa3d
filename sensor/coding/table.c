/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

/* The list of codings, in the order in which likely ones are tried. CODING(FILE, NAME): coding_NAME is
 * defined in coding/FILE.c. To add a coding: write the file and add its line here; the build finds the file
 * by it. A library that it needs stands in coding/meson.build. */
/* clang-format off */
#define CODINGS(CODING) \
    CODING(inflate, gzip) \
    CODING(inflate, deflate) \
    CODING(inflate, bare_deflate) \
    CODING(brotli, brotli) \
    CODING(zstd, zstd) \
    CODING(bzip2, bzip2) \
    CODING(xz, xz) \
    CODING(xz, lzma) \
    CODING(xz, lzip) \
    CODING(lz4, lz4) \
    CODING(aws_chunked, aws_chunked) \
    CODING(base64, base64) \
    CODING(quoted_printable, quoted_printable) \
    CODING(uuencode, uuencode) \
    CODING(netascii, netascii) \
    CODING(yenc, yenc)
/* clang-format on */

#define DECLARE(file, name) extern const struct coding coding_##name;
CODINGS(DECLARE)

#define ADDRESS(file, name) &coding_##name,
const struct coding *const coding_table[] = {CODINGS(ADDRESS) NULL};
