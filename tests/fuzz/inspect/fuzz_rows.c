/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/rows.h"

#include <stdlib.h>

/* Text in pieces: what is handed on, and what is said of the tables, is the same however it is cut. The first
 * byte chooses the size of the pieces, and whether bytes are missing in the middle. */
struct seen {
    uint64_t digest;
    unsigned count;
};

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    struct seen *s = context;
    if (text.n < 4 || text.n > 12 || ++s->count > ROW_CELLS_MAX)
        abort();
    for (size_t i = 0; i < text.n; i++) {
        if (!(text.p[i] >= '0' && text.p[i] <= '9') && !(text.p[i] >= 'A' && text.p[i] <= 'Z'))
            abort();
        s->digest = (s->digest ^ text.p[i]) * 0x100000001b3u;
    }
    s->digest = (s->digest ^ kind) * 0x100000001b3u;
}

static void read_all(struct bytes in, size_t piece, size_t gap, struct seen *out, struct row_facts *facts) {
    struct row_reader *r = malloc(row_reader_size());
    const struct row_sink sink = {out, take_cell};
    *out = (struct seen){0};
    row_reader_init(r, 7);
    for (size_t at = 0; at < in.n;) {
        size_t n = in.n - at < piece ? in.n - at : piece;
        if (at < gap && at + n > gap)
            n = gap - at;
        uint8_t *copy = malloc(n); /* so that a look beyond the piece is seen */
        memcpy(copy, in.p + at, n);
        row_reader_push(r, &sink, bytes_of(copy, n));
        free(copy);
        at += n;
        if (at == gap)
            row_reader_gap(r, &sink);
    }
    row_reader_end(r, &sink);
    *facts = *row_reader_facts(r);
    free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct seen whole, parts;
    struct row_facts a, b;
    if (size < 2 || size > 1 << 16)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    size_t gap = data[0] & 1 ? in.n / 2 : SIZE_MAX;
    read_all(in, in.n, gap, &whole, &a);
    read_all(in, 1 + (data[0] >> 1), gap, &parts, &b);
    if (whole.digest != parts.digest || whole.count != parts.count || a.plates != b.plates ||
        a.rows != b.rows || a.named != b.named || a.shaped != b.shaped || a.time != b.time ||
        a.jurisdictions != b.jurisdictions)
        abort();
    return 0;
}
