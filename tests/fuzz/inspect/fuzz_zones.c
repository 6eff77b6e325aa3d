/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/zones.h"

#include <stdlib.h>

/* Text in pieces: the zones in it are the same however it is cut. The first byte chooses the size of the
 * pieces, and whether bytes are missing in the middle. */
struct seen {
    uint64_t digest;
    unsigned count;
};

static void take_zone(void *context, struct bytes number) {
    struct seen *s = context;
    if (number.n == 0 || number.n > 9 || ++s->count > ZONES_MAX)
        abort();
    for (size_t i = 0; i < number.n; i++) {
        uint8_t c = number.p[i];
        if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && c != '<')
            abort();
        s->digest = (s->digest ^ c) * 0x100000001b3u;
    }
}

static struct seen read_all(struct bytes in, size_t piece, size_t gap) {
    struct zone_reader *z = malloc(sizeof *z);
    struct seen out = {0};
    const struct zone_sink sink = {&out, take_zone};
    zone_reader_init(z);
    for (size_t at = 0; at < in.n;) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        if (at < gap && at + n > gap)
            n = gap - at;
        uint8_t *copy = malloc(n); /* so that a look beyond the piece is seen */
        memcpy(copy, in.p + at, n);
        zone_reader_push(z, &sink, bytes_of(copy, n));
        free(copy);
        at += n;
        if (at == gap)
            zone_reader_end(z, &sink);
    }
    zone_reader_end(z, &sink);
    free(z);
    return out;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2 || size > 1 << 16)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    size_t gap = data[0] & 1 ? in.n / 2 : SIZE_MAX;
    struct seen whole = read_all(in, in.n, gap), parts = read_all(in, 1 + 7 * (size_t)(data[0] >> 1), gap);
    if (whole.digest != parts.digest || whole.count != parts.count)
        abort();
    return 0;
}
