/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FUZZ_SAME_RESULT_H
#define GANTRY_FUZZ_SAME_RESULT_H

#include "../../unit/content/collect.h"

/* Runs one body through content/ whole and in pieces: the objects must be the same. */

static void same_result_run(struct collector *got, const struct content_options *options,
                            const struct transfer_seed *facts, struct bytes body, uint32_t pieces) {
    struct content *c = collect_content(options, got);
    struct conversation conversation = collect_conversation(1);
    struct transfer *t = content_begin(c, &conversation, NULL, facts);
    for (size_t i = 0, n; i < body.n; i += n) {
        n = body.n - i;
        if (pieces) {
            pieces = pieces * 1664525 + 1013904223;
            size_t most = 1 + (pieces >> 24) % ((pieces & 0x8000) ? 3 : 200);
            n = n < most ? n : most;
        }
        /* a copy of its own, so that a sanitizer sees every step too far */
        uint8_t *piece = malloc(n);
        memcpy(piece, body.p + i, n);
        content_data(&conversation, t, piece, n);
        free(piece);
    }
    content_end(&conversation, t, TRANSFER_DONE);
    collect_destroy(c);
}

static inline bool same_result_equal(const struct collected *a, const struct collected *b) {
    return a->size == b->size && a->missing == b->missing && a->complete == b->complete &&
           a->type == b->type && a->content == b->content && a->hashed == b->hashed &&
           strcmp(a->sha256, b->sha256) == 0 && strcmp(a->name, b->name) == 0;
}

/* Which of two children of one object begins first may depend on how their bytes came, and so do numbers. */
static inline bool same_result_has(const struct collector *c, const struct collected *wanted) {
    for (size_t i = 0; i < c->n; i++)
        if (same_result_equal(&c->list[i], wanted))
            return true;
    return false;
}

/* `partly`: what was seen of an incomplete object may depend on how it came. */
static inline void same_result_check(const struct content_options *options, const struct transfer_seed *facts,
                                     struct bytes body, bool partly) {
    static struct collector whole, pieces;
    same_result_run(&whole, options, facts, body, 0);
    same_result_run(&pieces, options, facts, body, 1 + (uint32_t)body.n * 2654435761u);
    if (whole.n != pieces.n)
        abort();
    for (size_t i = 0; i < whole.n; i++) {
        if (partly && !whole.list[i].complete && !pieces.list[i].complete)
            continue;
        if (!same_result_has(&pieces, &whole.list[i]) || !same_result_has(&whole, &pieces.list[i]))
            abort();
    }
    if (whole.n && whole.list[0].container && whole.list[0].size != body.n)
        abort();
    collect_finish(&whole);
    collect_finish(&pieces);
}

#endif
