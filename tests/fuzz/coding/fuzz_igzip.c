/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/coding.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* The rest of a long stream of deflate, by igzip and, where there is no memory for that, by zlib: what the
 * one takes for whole the other gives alike, and what is broken begins alike. The first octet chooses the
 * wrapper and how it comes. */

enum { TEXT = 100000, MOST = TEXT + (4 << 20), NO_ROOM = 60 << 10, ROOM = 1 << 20 };

struct sink {
    struct filter filter;
    uint8_t *bytes;
    size_t n;
    enum transfer_end how;
    unsigned fill;
};

static void take_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct sink *s = (struct sink *)f;
    memcpy(s->bytes + s->n, bytes, n);
    s->n += n;
}

static void take_end(struct filter *f, enum transfer_end how) {
    ((struct sink *)f)->how = how;
}

static const struct filter_ops sink_ops = {.data = take_data, .end = take_end};

/* A text whose last block ends at an octet. */
static size_t write_begin(uint8_t *to, size_t room, int bits) {
    static uint8_t text[TEXT];
    uint32_t seed = 1;
    for (size_t i = 0; i < TEXT; i++) {
        seed = seed * 1664525 + 1013904223;
        text[i] = (uint8_t) "lane,26 "[seed >> 29];
    }
    z_stream z = {.next_in = text, .avail_in = TEXT, .next_out = to, .avail_out = (unsigned)room};
    if (deflateInit2(&z, 6, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        abort();
    deflate(&z, Z_FULL_FLUSH);
    size_t n = z.total_out;
    deflateEnd(&z);
    return n;
}

static void unfold(struct sink *s, uint64_t memory, struct coding_list list, struct bytes begin,
                   struct bytes rest, size_t step) {
    struct codings_options options = {.memory = memory, .limits = {.output_max = MOST, .ratio_max = 100000}};
    struct codings *c = codings_create(&options);
    s->filter.ops = &sink_ops;
    s->n = 0;
    struct filter *f = coding_stack(c, &list, &s->filter);
    filter_data(f, begin.p, begin.n);
    s->fill = codings_fill(c);
    for (size_t at = 0, take; at < rest.n; at += take) {
        take = step < rest.n - at ? step : rest.n - at;
        uint8_t *copy = malloc(take); /* of its own, so that a sanitizer sees every step too far */
        memcpy(copy, rest.p + at, take);
        filter_data(f, copy, take);
        free(copy);
    }
    filter_end(f, TRANSFER_DONE);
    codings_destroy(c);
}

/* How far igzip comes in what is damaged depends on how it came; now and then it finds nothing wrong. */
static void check_same(const struct sink *slow, const struct sink *fast) {
    if (slow->how == TRANSFER_DONE && (fast->how != TRANSFER_DONE || slow->n != fast->n))
        abort();
    if (memcmp(slow->bytes, fast->bytes, slow->n < fast->n ? slow->n : fast->n) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) {
    static const int bits[] = {-15, 15, 31};
    static struct sink slow, fast;
    static uint8_t begin[3][TEXT];
    static size_t begin_n[3];
    if (n < 1)
        return 0;
    for (size_t i = 0; i < 3 && !slow.bytes; i++)
        begin_n[i] = write_begin(begin[i], TEXT, bits[i]);
    if (!slow.bytes) {
        slow.bytes = malloc(MOST);
        fast.bytes = malloc(MOST);
    }
    unsigned which = data[0] % 3;
    struct coding_list list =
        which == 0 ? coding_bare() : coding_parse(bytes_text(which == 1 ? "deflate" : "gzip"), 1, false);
    struct bytes rest = bytes_of(data + 1, n - 1);
    unfold(&slow, NO_ROOM, list, bytes_of(begin[which], begin_n[which]), rest, SIZE_MAX);
    unfold(&fast, ROOM, list, bytes_of(begin[which], begin_n[which]), rest, 1 + data[0] / 3);
    if (fast.fill < 70)
        abort(); /* it was zlib */
    check_same(&slow, &fast);
    unfold(&fast, ROOM, list, bytes_of(begin[which], begin_n[which]), rest, SIZE_MAX);
    check_same(&slow, &fast);
    return 0;
}
