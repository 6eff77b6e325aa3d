/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/image.h"

#include <stdlib.h>

/* The walk over an image must say the same of every byte however the image is cut. The first byte chooses the
 * format and the size of the pieces. */
static const char *const types[] = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/jp2", "image/x-jp2-codestream",
    "image/tiff"};

static size_t walk(const char *mime, const uint8_t *bytes, size_t n, size_t piece, uint8_t *out) {
    struct image i;
    size_t at = 0, steps = 0;
    image_init(&i, mime);
    for (size_t done = 0; done < n;) {
        size_t end = n - done < piece ? n : done + piece;
        struct image_piece p;
        size_t took = image_step(&i, bytes_of(bytes + done, end - done), &p);
        if (took > end - done || ++steps > 4 * n + 16)
            abort(); /* beyond its chunk, or no progress */
        done += took;
        if (p.part == IMAGE_BREAK)
            out[at++] = '\n';
        for (size_t k = 0; p.part != IMAGE_PIXELS && p.part != IMAGE_BREAK && k < p.bytes.n; k++)
            out[at++] = p.bytes.p[k];
    }
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 1 << 16)
        return 0;
    const char *mime = types[data[0] & 7];
    size_t piece = 1 + (data[0] >> 3);
    uint8_t *whole = malloc(8 * size + 64), *parts = malloc(8 * size + 64);
    size_t a = walk(mime, data + 1, size - 1, size, whole), b = walk(mime, data + 1, size - 1, piece, parts);
    if (a != b || memcmp(whole, parts, a) != 0)
        abort();
    free(whole);
    free(parts);
    return 0;
}
