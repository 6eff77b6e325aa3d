/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* Octets of which no table has told yet: pixels, most likely, whose directory stands behind them. Whoever
 * hides words there is found by their letters: stretches of so many of them are metadata, the same ones
 * however the octets are cut. While none are told the header holds those just before. */

enum { LETTERS = IMAGE_HEADER_MAX, WORD = 8 };

static bool is_letter(uint8_t c) {
    return (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r';
}

static size_t tell_letters(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n = 0;
    while (n < in.n && is_letter(in.p[n]))
        n++;
    *out = (struct image_piece){IMAGE_METADATA, bytes_of(in.p, n)};
    i->need = n > 0;
    if (n == 0)
        out->part = IMAGE_BREAK;
    return n;
}

static size_t go_on_with_held(struct image *i, struct bytes in, struct image_piece *out) {
    size_t n = 0;
    while (i->have < LETTERS && n < in.n && is_letter(in.p[n]))
        i->header[i->have++] = in.p[n++];
    if (i->have == LETTERS) {
        *out = (struct image_piece){IMAGE_METADATA, bytes_of(i->header, LETTERS)};
        i->have = 0;
        i->need = 1;
        return n;
    }
    if (n == in.n)
        return n;
    i->have = 0;
    return n + 1;
}

/* Where the letters begin that end the octets up to `end`, at `from` at the least. */
static size_t begin_of_letters(struct bytes in, size_t from, size_t end) {
    while (end > from && is_letter(in.p[end - 1]))
        end--;
    return end;
}

/* Of eight octets: is one surely no letter, since it is 0x80 or more, or less than 9? Of pixels nearly
 * always.
 */
static bool has_none(const uint8_t *p) {
    const uint64_t high = UINT64_C(0x8080808080808080), nines = UINT64_C(0x0909090909090909);
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return (word | ((word - nines) & ~word)) & high;
}

static size_t find_letters(struct image *i, struct bytes in, struct image_piece *out) {
    size_t at = 0, begin;
    if (i->have > 0)
        return go_on_with_held(i, in, out);
    while (at + LETTERS <= in.n) {
        if (has_none(in.p + at + LETTERS - WORD)) { /* no run begins before that one */
            at += LETTERS - WORD + 1;
            continue;
        }
        begin = begin_of_letters(in, at, at + LETTERS);
        if (begin == at)
            return at > 0 ? at : tell_letters(i, in, out);
        at = begin;
    }
    begin = begin_of_letters(in, at, in.n);
    i->have = (uint8_t)(in.n - begin);
    memcpy(i->header, in.p + begin, i->have);
    return in.n;
}

static size_t walk_unknown(struct image *i, struct bytes in, struct image_piece *out) {
    if (in.n > i->left)
        in.n = (size_t)i->left;
    size_t n = i->need ? tell_letters(i, in, out) : find_letters(i, in, out);
    i->left -= n;
    if (i->left == 0)
        image_run(i, i->need ? IMAGE_METADATA : IMAGE_PIXELS, 0, 0, i->read);
    return n;
}

void image_run_unknown(struct image *i, uint64_t n, image_reader *read) {
    image_gather(i, 0, 0, read);
    if (n == 0)
        return;
    image_walk(i, walk_unknown);
    i->left = n;
}
