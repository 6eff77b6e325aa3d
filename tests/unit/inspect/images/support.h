/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_INSPECT_IMAGES_SUPPORT_H
#define TEST_INSPECT_IMAGES_SUPPORT_H

#include "inspect/images/format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define S(text) text, sizeof text - 1

/* What the walk said so far: metadata as it is, '~' before deflated text, '|' for a break, '#' before what is
 * behind the end, '{' before what is a file of its own, in which '.' is a zero. */
struct said {
    char text[512];
    size_t n;
    enum image_part last;
};

static inline void say_bytes(struct said *s, struct image_piece p) {
    if (p.bytes.n == 0)
        return;
    const char *mark = p.part == IMAGE_TRAILER    ? "#"
                       : p.part == IMAGE_DEFLATED ? "~"
                       : p.part == IMAGE_CHILD    ? "{"
                                                  : "";
    if (p.part != s->last)
        for (; *mark && s->n < sizeof s->text; mark++)
            s->text[s->n++] = *mark;
    for (size_t k = 0; k < p.bytes.n && s->n < sizeof s->text; k++)
        s->text[s->n++] = p.part == IMAGE_CHILD && !p.bytes.p[k] ? '.' : (char)p.bytes.p[k];
    s->last = p.part;
}

/* Steps over the chunk and checks that the walk gets on and stays inside. */
static inline void walk_chunk(struct image *i, struct bytes in, struct said *s) {
    for (unsigned idle = 0; in.n > 0;) {
        struct image_piece p;
        size_t took = image_step(i, in, &p);
        assert_true(took <= in.n);
        idle = took > 0 ? 0 : idle + 1;
        assert_true(idle < 8);
        in.p += took;
        in.n -= took;
        if (p.part == IMAGE_BREAK && s->n < sizeof s->text) {
            s->text[s->n++] = '|';
            s->last = IMAGE_BREAK;
        } else if (p.part != IMAGE_PIXELS && p.part != IMAGE_BREAK)
            say_bytes(s, p);
    }
}

/* The same of a whole file that is cut in two at this place. */
static inline struct image walk_halves(const char *mime, const char *bytes, size_t n, size_t split,
                                       struct said *s) {
    struct image i;
    *s = (struct said){.n = 0};
    image_init(&i, mime);
    walk_chunk(&i, bytes_of(bytes, split), s);
    walk_chunk(&i, bytes_of(bytes + split, n - split), s);
    return i;
}

static inline void assert_said(const struct said *s, const char *expected) {
    assert_int_equal(s->n, strlen(expected));
    assert_memory_equal(s->text, expected, s->n);
}

/* The whole at once, cut in two at every place, and byte by byte. */
static inline void assert_walk_from(const struct image *start, const char *bytes, size_t n,
                                    const char *expected) {
    for (size_t split = 0; split < n; split++) {
        struct image i = *start;
        struct said s = {.n = 0};
        walk_chunk(&i, bytes_of(bytes, split), &s);
        walk_chunk(&i, bytes_of(bytes + split, n - split), &s);
        assert_said(&s, expected);
    }
    struct image i = *start;
    struct said s = {.n = 0};
    for (size_t at = 0; at < n; at++)
        walk_chunk(&i, bytes_of(bytes + at, 1), &s);
    assert_said(&s, expected);
}

static inline void assert_walk(const char *mime, const char *bytes, size_t n, const char *expected) {
    struct image i;
    image_init(&i, mime);
    assert_walk_from(&i, bytes, n, expected);
}

/* `n` bytes are missing between the two halves. */
static inline void assert_walk_with_gap(const char *mime, struct bytes first, uint64_t n, struct bytes second,
                                        const char *expected) {
    struct image i;
    struct said s = {.n = 0};
    image_init(&i, mime);
    walk_chunk(&i, first, &s);
    image_skip(&i, n);
    walk_chunk(&i, second, &s);
    assert_said(&s, expected);
}

#endif
