/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include "base/hex.h"

/* The chunks of S3 ("aws-chunked", AWS Signature Version 4, STREAMING-...-PAYLOAD): as those of HTTP, a size
 * line in hexadecimal that may carry a signature, then the data and a line end; behind the chunk of size 0
 * come trailers, which may be signed as well, and an empty line. Signatures are not looked at. */

enum phase { SIZE, SIGNATURE, DATA, DATA_END, TRAILER };
enum { DIGITS_MAX = 12, LINE_MAX_BYTES = 1024 };

struct aws_chunked {
    enum phase phase;
    uint64_t left;         /* of the chunk */
    unsigned digits, line; /* octets of the size, of the present line without its CR */
    bool lost;             /* a gap took a line of the framing */
    bool last;             /* the chunk of size 0 was seen */
};

static_assert(sizeof(struct aws_chunked) <= CODING_STATE, "a decoder has room for the state");

static struct aws_chunked *chunked_of(const struct decoder *d) {
    return (struct aws_chunked *)(void *)d->own;
}

static enum coding_step end_size(struct aws_chunked *a) {
    a->last = a->left == 0;
    a->phase = a->last ? TRAILER : DATA;
    a->line = 0;
    return CODING_MORE;
}

static enum coding_step read_size(struct aws_chunked *a, uint8_t c) {
    int digit = hex_value(c);
    if (digit >= 0 && ++a->digits <= DIGITS_MAX) {
        a->left = a->left << 4 | (unsigned)digit;
        return CODING_MORE;
    }
    if (a->digits == 0 || digit >= 0)
        return CODING_BROKEN;
    if (c == ';')
        a->phase = SIGNATURE;
    if (c == '\n')
        return end_size(a);
    return c == ';' || c == '\r' ? CODING_MORE : CODING_BROKEN;
}

static enum coding_step read_octet(struct aws_chunked *a, uint8_t c) {
    switch (a->phase) {
    case SIZE:
        return read_size(a, c);
    case SIGNATURE:
        if (c == '\n')
            return end_size(a);
        return ++a->line <= LINE_MAX_BYTES ? CODING_MORE : CODING_BROKEN;
    case DATA_END:
        if (c == '\n') {
            a->phase = SIZE;
            a->digits = 0;
        }
        return c == '\n' || c == '\r' ? CODING_MORE : CODING_BROKEN;
    case TRAILER:
        if (c == '\n' && a->line == 0)
            return CODING_ENDED;
        a->line = c == '\n' ? 0 : a->line + (c != '\r');
        return a->line <= LINE_MAX_BYTES ? CODING_MORE : CODING_BROKEN;
    case DATA:
        break;
    }
    return CODING_BROKEN;
}

static size_t copy_data(struct aws_chunked *a, struct coding_window *w) {
    size_t n = w->in_n < a->left ? w->in_n : (size_t)a->left;
    n = n < w->out_n ? n : w->out_n;
    memcpy(w->out, w->in, n);
    a->left -= n;
    if (a->left == 0)
        a->phase = DATA_END;
    w->out += n;
    w->out_n -= n;
    return n;
}

static enum coding_step chunked_step(struct decoder *d, struct coding_window *w) {
    struct aws_chunked *a = chunked_of(d);
    enum coding_step step = CODING_MORE;
    if (a->lost)
        return CODING_BROKEN;
    while (w->in_n > 0 && step == CODING_MORE && (a->phase != DATA || w->out_n > 0)) {
        size_t n = 1;
        if (a->phase == DATA)
            n = copy_data(a, w);
        else
            step = read_octet(a, *w->in);
        if (step != CODING_BROKEN) {
            w->in += n;
            w->in_n -= n;
        }
    }
    return step;
}

/* Some senders leave out the last line end. */
static bool chunked_may_end(const struct decoder *d) {
    return chunked_of(d)->last;
}

/* Within a chunk it is known where the next one begins; what took its line with it breaks the body there. */
static uint64_t chunked_gap(struct decoder *d, uint64_t n) {
    struct aws_chunked *a = chunked_of(d);
    uint64_t inside = a->phase == DATA ? (n < a->left ? n : a->left) : 0;
    a->left -= inside;
    if (inside < n) {
        a->lost = true;
    } else if (a->left == 0) {
        a->phase = DATA_END;
    }
    return inside;
}

const struct coding coding_aws_chunked = {
    .names = {"aws-chunked", NULL}, .step = chunked_step, .may_end = chunked_may_end, .gap = chunked_gap};
