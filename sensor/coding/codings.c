/* SPDX-License-Identifier: Apache-2.0 */
#include "coding/decoder.h"

#include <stdlib.h>
#include <string.h>

enum {
    HEADER = 16,     /* keeps malloc's alignment */
    DECODERS = 1024, /* most at once, if not given */
};

void *coding_alloc(void *codings, size_t n) {
    struct codings *c = codings;
    bool fits = n <= SIZE_MAX - HEADER && n + HEADER <= c->options.memory &&
                c->bytes <= c->options.memory - n - HEADER;
    uint8_t *p = fits ? malloc(n + HEADER) : NULL;
    if (!p) {
        c->refusals++;
        return NULL;
    }
    memcpy(p, &n, sizeof n);
    c->bytes += n + HEADER;
    return p + HEADER;
}

void coding_free(void *codings, void *p) {
    struct codings *c = codings;
    size_t n;
    if (!p)
        return;
    uint8_t *start = (uint8_t *)p - HEADER;
    memcpy(&n, start, sizeof n);
    c->bytes -= n + HEADER;
    free(start);
}

struct codings *codings_create(const struct codings_options *options) {
    struct codings *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->options = *options;
    c->buffers = malloc((size_t)CODING_BUFFER * CODING_NESTED);
    if (c->buffers &&
        pool_init(&c->decoders, sizeof(struct decoder), options->decoders ? options->decoders : DECODERS))
        return c;
    codings_destroy(c);
    return NULL;
}

void codings_destroy(struct codings *c) {
    if (!c)
        return;
    coding_history_finish(c);
    pool_finish(&c->decoders);
    free(c->buffers);
    free(c);
}

void codings_set_tail(struct codings *c, struct filter *(*open)(void *context, struct filter *next),
                      void *context) {
    c->open_tail = open;
    c->tail_context = context;
}

unsigned codings_fill(const struct codings *c) {
    return (unsigned)(c->bytes * 1000 / c->options.memory);
}
