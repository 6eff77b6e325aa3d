/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/rows.h"
#include "pieces.h"

/* Text in pieces: what is handed on, and what is said of the tables, is the same however it is cut. The first
 * byte chooses the size of the pieces, and whether bytes are missing in the middle. The pieces are read by
 * the reader that read the whole, begun again. */
struct run {
    struct row_reader *r;
    struct row_sink sink;
};

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    struct seen *s = context;
    if (text.n < 4 || text.n > 12 || ++s->count > ROW_CELLS_MAX)
        abort();
    for (size_t i = 0; i < text.n; i++) {
        if (!(text.p[i] >= '0' && text.p[i] <= '9') && !(text.p[i] >= 'A' && text.p[i] <= 'Z'))
            abort();
        seen_add(s, text.p[i]);
    }
    seen_add(s, kind);
}

static void push_rows(void *reader, struct bytes piece) {
    struct run *run = reader;
    row_reader_push(run->r, &run->sink, piece);
}

static void miss_rows(void *reader) {
    struct run *run = reader;
    row_reader_gap(run->r, &run->sink);
}

static void read_with(struct row_reader *r, struct bytes in, size_t piece, size_t gap, struct seen *out,
                      struct row_facts *facts) {
    static const struct pieces to = {push_rows, miss_rows};
    struct run run = {r, {out, take_cell}};
    *out = (struct seen){0};
    push_pieces(&to, &run, in, piece, gap);
    row_reader_end(run.r, &run.sink);
    *facts = *row_reader_facts(run.r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct seen whole, parts;
    struct row_facts a, b;
    if (size < 2 || size > 1 << 16)
        return 0;
    struct bytes in = bytes_of(data + 1, size - 1);
    size_t gap = data[0] & 1 ? in.n / 2 : SIZE_MAX;
    struct row_reader *r = malloc(row_reader_size());
    row_reader_init(r, 7);
    read_with(r, in, in.n, gap, &whole, &a);
    memset(r, 0xa5, sizeof(void *)); /* as a pool does */
    row_reader_again(r, 7);
    read_with(r, in, 1 + (data[0] >> 1), gap, &parts, &b);
    free(r);
    if (whole.digest != parts.digest || whole.count != parts.count || a.plates != b.plates ||
        a.rows != b.rows || a.named != b.named || a.shaped != b.shaped || a.time != b.time ||
        a.jurisdictions != b.jurisdictions)
        abort();
    return 0;
}
