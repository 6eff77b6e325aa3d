/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

bool seal_begin(struct seal *s, struct bytes first) {
    for (const struct seal_format *const *f = seal_formats; *f; f++)
        if ((*f)->begins(first)) {
            memset(s, 0, offsetof(struct seal, state) + (*f)->state);
            s->format = *f;
            if ((*f)->begin)
                (*f)->begin(s, first);
            return true;
        }
    return false;
}

static bool go_on(struct seal *s, bool more) {
    if (!more)
        s->format = NULL;
    return more;
}

bool seal_data(struct seal *s, struct bytes in) {
    if (!s->format)
        return false;
    bool more = s->format->data && s->format->data(s, in);
    s->at = add_sizes(s->at, in.n);
    return go_on(s, more);
}

bool seal_gap(struct seal *s, uint64_t n) {
    if (!s->format)
        return false;
    bool more = s->format->gap && s->format->gap(s, n);
    s->at = add_sizes(s->at, n);
    return go_on(s, more);
}

void seal_end(struct seal *s, bool whole) {
    if (s->format && s->format->end)
        s->format->end(s, whole);
    s->format = NULL;
}

void seal_note_member(struct seal *s, struct bytes name) {
    size_t comma = s->names_n > 0 ? 2 : 0;
    s->members += s->members < UINT32_MAX;
    if (name.n == 0 || name.n + comma > (size_t)(SEAL_NAMES - s->names_n))
        return;
    memcpy(s->names + s->names_n, ", ", comma);
    memcpy(s->names + s->names_n + comma, name.p, name.n);
    s->names_n = (uint16_t)(s->names_n + comma + name.n);
}

/* --- Heads behind one another --- */

static void skip_bytes(struct seal_walk *w, struct bytes *in) {
    size_t n = in->n < w->skip ? in->n : (size_t)w->skip;
    *in = bytes_of(in->p + n, in->n - n);
    w->skip -= n;
}

bool seal_walk_gather(struct seal_walk *w, struct bytes *in, size_t want) {
    if (in->n > 0)
        skip_bytes(w, in);
    if (w->skip == 0 && w->have < want && in->n > 0) {
        size_t n = in->n < want - w->have ? in->n : want - w->have;
        memcpy(w->head + w->have, in->p, n);
        w->have = (uint16_t)(w->have + n);
        *in = bytes_of(in->p + n, in->n - n);
    }
    return w->skip == 0 && w->have >= want;
}

void seal_walk_next(struct seal_walk *w, uint64_t skip) {
    w->skip = skip;
    w->have = 0;
}

bool seal_walk_gap(struct seal_walk *w, uint64_t n) {
    if (n > w->skip)
        return false;
    w->skip -= n;
    return true;
}
