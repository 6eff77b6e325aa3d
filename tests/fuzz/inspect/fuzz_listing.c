/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/listing.h"

#include <stdlib.h>

/* Names that a text lists: the same ones however it is cut. The first octet chooses the size of the pieces.
 */
struct found {
    size_t count, n;
    uint8_t text[1 << 18];
};

static void note_name(void *context, struct bytes name) {
    struct found *f = context;
    if (name.n == 0 || name.n > 255)
        abort();
    f->count++;
    if (f->n + name.n + 1 > sizeof f->text)
        return;
    memcpy(f->text + f->n, name.p, name.n);
    f->n += name.n;
    f->text[f->n++] = '\n';
}

static void list(struct bytes text, size_t piece, struct found *out) {
    struct listing l = {0};
    out->count = out->n = 0;
    while (text.n > 0) {
        size_t n = text.n < piece ? text.n : piece;
        listing_push(&l, bytes_of(text.p, n), note_name, out);
        text = bytes_of(text.p + n, text.n - n);
    }
    listing_end(&l, note_name, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct found whole, parts;
    if (size < 2 || size > 1 << 16)
        return 0;
    struct bytes text = bytes_of(data + 1, size - 1);
    list(text, text.n, &whole);
    list(text, 1 + data[0], &parts);
    if (whole.count != parts.count || whole.n != parts.n || memcmp(whole.text, parts.text, whole.n) != 0)
        abort();
    return 0;
}
