/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mysql/mysql_session.h"

#include "base/counter.h"

/* Frames of the compressed protocol: a length of three octets, a number, the length of what is folded in it,
 * 0 if nothing is. Each is deflated (zlib) or a frame of zstd by itself. */

static void take_unfolded(struct filter *f, const uint8_t *bytes, size_t n) {
    struct my_side *s = (struct my_side *)((uint8_t *)f - offsetof(struct my_side, filter));
    n = n < s->unfolded_left ? n : s->unfolded_left;
    s->unfolded_left -= (uint32_t)n;
    if (n)
        my_take_packets(s->session, s, bytes, n);
}

static void skip_gap(struct filter *f, uint64_t n) {
}

static void end_unfolded(struct filter *f, enum transfer_end how) {
}

static const struct filter_ops unfolded_ops = {.data = take_unfolded, .gap = skip_gap, .end = end_unfolded};

void my_begin_compressed(struct my_side *s) {
    s->compressed = true;
    s->frame_n = 0;
    s->in_frame = false;
}

static void end_inflating(struct my_side *s) {
    if (s->inflate && s->inflate != &s->filter)
        filter_end(s->inflate, TRANSFER_DONE);
    s->inflate = NULL;
}

/* What did not come of a frame is missing. */
static void end_frame(struct mysql *m, struct my_side *s) {
    end_inflating(s);
    s->in_frame = false;
    s->frame_n = 0;
    if (s->unfolded_left) {
        uint32_t missing = s->unfolded_left;
        s->unfolded_left = 0;
        counter_one(COUNTER_MYSQL_FRAMES_LOST);
        my_gap_packets(m, s, missing);
    }
}

static void begin_inflating(struct mysql *m, struct my_side *s) {
    bool zstd = !(m->capabilities & MYSQL_COMPRESS);
    struct coding_list list = coding_parse(bytes_text(zstd ? "zstd" : "deflate"), 1, false);
    list.allowance = m->c->allowance;
    list.strict = true;
    s->filter.ops = &unfolded_ops;
    s->inflate = m->c->codings ? coding_stack(m->c->codings, &list, &s->filter) : &s->filter;
}

static void begin_frame(struct mysql *m, struct my_side *s) {
    const uint8_t *h = s->frame;
    s->frame_left = (uint32_t)h[0] | (uint32_t)h[1] << 8 | (uint32_t)h[2] << 16;
    s->unfolded_left = (uint32_t)h[4] | (uint32_t)h[5] << 8 | (uint32_t)h[6] << 16;
    s->in_frame = true;
    s->inflate = NULL;
    if (s->unfolded_left)
        begin_inflating(m, s);
    if (s->frame_left == 0)
        end_frame(m, s);
}

static void take_frame(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    if (!s->inflate)
        my_take_packets(m, s, p, n);
    else if (s->inflate != &s->filter) /* else it cannot be undone */
        filter_data(s->inflate, p, n);
}

void my_take_compressed(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n) {
    for (size_t at = 0; at < n && !m->odd;) {
        if (!s->in_frame) {
            s->frame[s->frame_n++] = p[at++];
            if (s->frame_n == MY_FRAME)
                begin_frame(m, s);
            continue;
        }
        size_t take = s->frame_left < n - at ? s->frame_left : n - at;
        take_frame(m, s, p + at, take);
        s->frame_left -= (uint32_t)take;
        at += take;
        if (s->frame_left == 0)
            end_frame(m, s);
    }
}

/* Within a frame the next one has its place. What is deflated behind the gap is lost with it. */
void my_gap_compressed(struct mysql *m, struct my_side *s, uint64_t n) {
    if (s->in_frame && n <= s->frame_left) {
        s->frame_left -= (uint32_t)n;
        if (!s->inflate)
            my_gap_packets(m, s, n);
        else {
            end_inflating(s);
            s->inflate = &s->filter;
        }
        if (s->frame_left == 0)
            end_frame(m, s);
        return;
    }
    m->odd = true;
}

void my_end_compressed(struct my_side *s) {
    end_inflating(s);
}
