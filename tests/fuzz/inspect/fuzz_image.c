/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

#include <stdlib.h>

/* The walk over an image (inspect/images/, each format) must say the same of every byte, and of the picture, however the image is cut: with each format of the
 * table, and as a type that none names. The first byte chooses the size of the pieces, and where bytes are
 * missing. */

/* What is said of `bytes`; those before number `gap` and those from there on are not one chunk, and a few are
 * missing between. */
static struct image_facts facts;

static size_t walk(const char *mime, struct bytes in, size_t piece, size_t gap, uint8_t *out) {
    struct image i;
    size_t at = 0, steps = 0;
    image_init(&i, mime);
    for (size_t done = 0; done < in.n;) {
        size_t end = in.n - done < piece ? in.n : done + piece;
        struct image_piece p;
        if (done < gap && end > gap)
            end = gap;
        size_t took = image_step(&i, bytes_of(in.p + done, end - done), &p);
        if (took > end - done || ++steps > 4 * in.n + 16)
            abort(); /* beyond its chunk, or no progress */
        done += took;
        if (p.part == IMAGE_BREAK)
            out[at++] = '\n';
        for (size_t k = 0; p.part != IMAGE_PIXELS && p.part != IMAGE_BREAK && k < p.bytes.n; k++)
            out[at++] = p.bytes.p[k];
        if (done == gap && took > 0)
            image_skip(&i, gap & 15);
    }
    if (i.places > IMAGE_PLACES_MAX || i.facts.make_n > IMAGE_NAME_MAX || i.facts.model_n > IMAGE_NAME_MAX)
        abort();
    facts = i.facts;
    return at;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 1 << 16)
        return 0;
    size_t piece = 1 + (data[0] >> 3), gap = data[0] & 1 ? (size - 1) / 2 : SIZE_MAX;
    struct bytes in = bytes_of(data + 1, size - 1);
    uint8_t *whole = malloc(8 * size + 64), *parts = malloc(8 * size + 64);
    for (size_t f = 0;; f++) {
        const char *mime = image_formats[f] ? image_formats[f]->mimes[0] : "image/x-unheard-of";
        size_t a = walk(mime, in, size, gap, whole);
        struct image_facts first = facts;
        size_t b = walk(mime, in, piece, gap, parts);
        if (a != b || memcmp(whole, parts, a) != 0 || memcmp(&first, &facts, sizeof facts) != 0)
            abort();
        if (!image_formats[f])
            break;
    }
    free(whole);
    free(parts);
    return 0;
}
