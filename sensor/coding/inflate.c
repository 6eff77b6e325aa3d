/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/igzip.h"

/* gzip (RFC 1952), zlib (RFC 1950) and bare deflate (RFC 1951): "deflate" on the web is either of the latter
 * two. */

struct inflate {
    z_stream stream;
    struct igzip *igzip;    /* what unfolds the rest of the stream; NULL: zlib does */
    uint8_t last;           /* octet that zlib took */
    int8_t window_bits;     /* with which it begins */
    uint64_t members;       /* ended so far */
    struct gzip_head *head; /* where somebody asks for names; NULL: nobody does */
};

struct gzip_head {
    gz_header fields;
    uint8_t name[1024];
};

static_assert(sizeof(struct inflate) <= CODING_STATE, "a decoder has room for the state");

static struct inflate *inflate_of(const struct decoder *d) {
    return (struct inflate *)(void *)d->own;
}

static void *zlib_alloc(void *codings, unsigned items, unsigned size) {
    return coding_alloc(codings, (size_t)items * size);
}

static bool begin_zlib(struct inflate *i, struct codings *c) {
    i->stream = (z_stream){.zalloc = zlib_alloc, .zfree = coding_free, .opaque = c};
    return inflateInit2(&i->stream, i->window_bits) == Z_OK;
}

static bool inflate_start(struct decoder *d, int window_bits) {
    *inflate_of(d) = (struct inflate){.window_bits = (int8_t)window_bits};
    return begin_zlib(inflate_of(d), d->codings);
}

/* Each member's header is written where it can be read. */
static void ask_for_head(struct inflate *i) {
    if (!i->head)
        return;
    i->head->fields = (gz_header){.name = i->head->name, .name_max = sizeof i->head->name};
    inflateGetHeader(&i->stream, &i->head->fields);
}

static bool gzip_start(struct decoder *d) {
    struct inflate *i = inflate_of(d);
    if (!inflate_start(d, 16 + MAX_WBITS))
        return false;
    if (d->filter.next && d->filter.next->ops->member)
        i->head = coding_alloc(d->codings, sizeof *i->head);
    ask_for_head(i);
    return true;
}

static bool zlib_start(struct decoder *d) {
    return inflate_start(d, MAX_WBITS);
}

static bool deflate_start(struct decoder *d) {
    return inflate_start(d, -MAX_WBITS);
}

static void inflate_stop(struct decoder *d) {
    struct inflate *i = inflate_of(d);
    igzip_stop(d->codings, i->igzip);
    inflateEnd(&i->stream); /* nothing where it has given over */
    coding_free(d->codings, i->head);
}

static int inflate_window(z_stream *z, struct coding_window *w, int flush) {
    unsigned in = w->in_n < UINT32_MAX ? (unsigned)w->in_n : UINT32_MAX;
    z->next_in = (Bytef *)w->in; /* zlib only reads it */
    z->avail_in = in;
    z->next_out = w->out;
    z->avail_out = (unsigned)w->out_n;
    int result = inflate(z, flush);
    w->in += in - z->avail_in;
    w->in_n -= in - z->avail_in;
    w->out = z->next_out;
    w->out_n = z->avail_out;
    return result;
}

/* By zlib, which may give over to the other. */
static int unfold_window(struct decoder *d, struct coding_window *w) {
    struct inflate *i = inflate_of(d);
    const uint8_t *from = w->in;
    int result = inflate_window(&i->stream, w, Z_BLOCK);
    if (result == Z_OK && igzip_is_over(&i->stream))
        result = inflate_window(&i->stream, w, Z_NO_FLUSH);
    if (w->in > from)
        i->last = w->in[-1];
    if (result == Z_OK && igzip_is_worth(&i->stream)) {
        i->igzip = igzip_take(d->codings, &i->stream, i->window_bits, i->last);
        if (i->igzip)
            inflateEnd(&i->stream);
    }
    return result;
}

static enum coding_step inflate_step(struct decoder *d, struct coding_window *w) {
    struct inflate *i = inflate_of(d);
    if (i->igzip) {
        enum coding_step step = igzip_step(i->igzip, w);
        i->members += step == CODING_ENDED;
        return step;
    }
    int result = unfold_window(d, w);
    if (result == Z_OK || result == Z_BUF_ERROR)
        return CODING_MORE;
    i->members += result == Z_STREAM_END;
    return result == Z_STREAM_END ? CODING_ENDED : CODING_BROKEN;
}

/* A member's header alone: Z_BLOCK ends behind it. */
static int read_head(struct decoder *d, struct coding_window *w) {
    struct gzip_head *head = inflate_of(d)->head;
    int result = inflate_window(&inflate_of(d)->stream, w, Z_BLOCK);
    if (head->fields.done == 1) {
        size_t n = head->fields.name ? strnlen((const char *)head->name, sizeof head->name) : 0;
        d->filter.next->ops->member(d->filter.next, bytes_of(head->name, n));
    }
    return result;
}

/* Behind the member another may follow, with which zlib begins again. */
static enum coding_step unfold_rest(struct decoder *d, struct coding_window *w) {
    struct inflate *i = inflate_of(d);
    enum coding_step step = igzip_step(i->igzip, w);
    if (step != CODING_ENDED)
        return step;
    igzip_stop(d->codings, i->igzip);
    i->igzip = NULL;
    i->members++;
    if (!begin_zlib(i, d->codings))
        return CODING_BROKEN;
    ask_for_head(i);
    return CODING_MORE;
}

/* A gzip file may hold several members; what is no further member is trailing garbage, as gzip itself treats
 * it. */
static enum coding_step gzip_step(struct decoder *d, struct coding_window *w) {
    z_stream *z = &inflate_of(d)->stream;
    if (inflate_of(d)->igzip)
        return unfold_rest(d, w);
    if (inflate_of(d)->members > 0 && z->total_in == 0 && w->in_n > 0 && w->in[0] != 0x1f)
        return CODING_ENDED; /* no byte of what follows is taken */
    bool head = inflate_of(d)->head && inflate_of(d)->head->fields.done == 0;
    int result = head ? read_head(d, w) : unfold_window(d, w);
    if (result == Z_STREAM_END) {
        inflate_of(d)->members++;
        if (inflateReset(z) != Z_OK)
            return CODING_BROKEN;
        ask_for_head(inflate_of(d));
        return CODING_MORE;
    }
    if (result == Z_OK || result == Z_BUF_ERROR)
        return CODING_MORE;
    if (inflate_of(d)->members == 0 || z->total_out > 0)
        return CODING_BROKEN;
    d->trailing = true;
    return CODING_ENDED;
}

static bool gzip_may_end(const struct decoder *d) {
    return inflate_of(d)->members > 0 &&
           inflate_of(d)->stream.total_in < 2; /* two bytes make a member's magic */
}

static bool inflate_may_end(const struct decoder *d) {
    return inflate_of(d)->members > 0;
}

const struct coding coding_bare_deflate = {.names = {NULL},
                                           .start = deflate_start,
                                           .step = inflate_step,
                                           .may_end = inflate_may_end,
                                           .stop = inflate_stop,
                                           .likely = true,
                                           .no_magic = true};

const struct coding coding_gzip = {.names = {"gzip", "x-gzip", NULL},
                                   .start = gzip_start,
                                   .step = gzip_step,
                                   .may_end = gzip_may_end,
                                   .stop = inflate_stop,
                                   .likely = true,
                                   .joins = true};

const struct coding coding_deflate = {.names = {"deflate", "x-deflate", NULL},
                                      .start = zlib_start,
                                      .step = inflate_step,
                                      .may_end = inflate_may_end,
                                      .stop = inflate_stop,
                                      .likely = true};
