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

/* What an object is and of which it is a child, in one number. `partly`: what was seen of an incomplete
 * object may depend on how it came. */
static inline uint64_t same_result_sum(const struct collector *c, const struct collected *x, bool partly) {
    uint64_t parent = 0;
    for (size_t i = 0; i < c->n && x->parent; i++)
        if (c->list[i].number == x->parent)
            parent = same_result_sum(c, &c->list[i], partly);
    if (partly && !x->complete)
        return collect_mix(1, (const uint8_t *)&parent, sizeof parent);
    /* Of a picture and an archive that begin in the same 32 octets of a file the first one seen names it. */
    const struct file_type *type = strstr(x->notes, "prefixed") ? NULL : x->type;
    const uint64_t of[] = {parent,    x->depth,        x->size,      x->missing, x->offset, x->complete,
                           x->hashed, (uintptr_t)type, x->container, x->content, x->bounded};
    uint64_t sum = collect_mix(2, (const uint8_t *)of, sizeof of);
    sum = collect_mix(sum, (const uint8_t *)x->sha256, strlen(x->sha256));
    return collect_mix(sum, (const uint8_t *)x->name, strlen(x->name));
}

static inline int same_result_compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorted: which of two things begins first may depend on how their bytes came, as an object takes small
 * pieces together before what is in it is looked for, and what stands behind a coding's end does not wait. */
static inline void same_result_sums(const struct collector *c, bool partly, uint64_t out[COLLECT_MAX]) {
    for (size_t i = 0; i < c->n; i++)
        out[i] = same_result_sum(c, &c->list[i], partly);
    qsort(out, c->n, sizeof *out, same_result_compare);
}

static inline void same_result_check(const struct content_options *options, const struct transfer_seed *facts,
                                     struct bytes body, bool partly) {
    static struct collector whole, pieces;
    static uint64_t of_whole[COLLECT_MAX], of_pieces[COLLECT_MAX];
    same_result_run(&whole, options, facts, body, 0);
    same_result_run(&pieces, options, facts, body, 1 + (uint32_t)body.n * 2654435761u);
    same_result_sums(&whole, partly, of_whole);
    same_result_sums(&pieces, partly, of_pieces);
    if (whole.n != pieces.n || memcmp(of_whole, of_pieces, whole.n * sizeof *of_whole) != 0)
        abort();
    if (whole.n && whole.list[0].container && whole.list[0].size != body.n)
        abort();
    collect_finish(&whole);
    collect_finish(&pieces);
}

#endif
