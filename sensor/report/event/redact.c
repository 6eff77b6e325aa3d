/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/redact.h"

#include "report/event/words.h"

#include <string.h>

/* --- chains: words that may be one plate, written in groups --- */

enum {
    GROUP_MAX = 4,        /* characters of one group */
    GROUP_DIGITS_MAX = 6, /* of one of digits alone */
    LEAST = 4,            /* of a plate */
    ALONE_MIXED = 5, /* a word of letters and digits, of digits, of capitals, that needs no other group */
    ALONE_DIGITS = 7,
    SINGLE_DIGITS = 5,
    CAPITALS = 4,
    JOINT_MAX = 8, /* characters between two groups */
    PLACED_MAX = 12,
};

struct chain {
    size_t words;
    unsigned letters, digits;
    unsigned most_letters, most_digits; /* in one group */
    bool capital;                       /* has letters that are not small */
    bool dotted;                        /* a dot alone is somewhere between */
};

static void add_word(struct chain *c, const struct word *w) {
    c->words++;
    c->letters += w->letters;
    c->digits += w->digits;
    c->most_letters = w->letters > c->most_letters ? w->letters : c->most_letters;
    c->most_digits = w->digits > c->most_digits ? w->digits : c->most_digits;
    c->capital |= w->capitals > 0;
}

static bool is_group(const struct word *w) {
    return w->role == ROLE_NONE && w->letters + w->digits <= (w->letters ? GROUP_MAX : GROUP_DIGITS_MAX);
}

static bool stands_alone(const struct word *w) {
    if (w->letters && w->digits)
        return w->letters + w->digits >= ALONE_MIXED;
    return w->digits >= ALONE_DIGITS || w->letters > GROUP_MAX;
}

static bool is_joined(const struct word *w) {
    return !w->last && w->joint <= JOINT_MAX;
}

/* The groups from `w` on, `most` words at most. */
static struct chain take_chain(const struct word *w, size_t most) {
    struct chain c = {.words = 0};
    for (size_t i = 0; i < most && is_group(&w[i]); i++) {
        add_word(&c, &w[i]);
        if (!is_joined(&w[i]))
            break;
        c.dotted |= w[i].dot && i + 1 < most && is_group(&w[i + 1]);
    }
    return c;
}

/* "12-345-67", "555 1234"; not "2026-05", "04-11-58", nor a version or an address. */
static bool are_digits_of_plate(const struct chain *c, const struct word *w) {
    if (c->words == 1)
        return c->digits >= SINGLE_DIGITS;
    if (c->digits < SINGLE_DIGITS || c->digits > 8 || c->words > 3 || c->most_digits < 3)
        return false;
    if (c->dotted && (c->words != 3 || c->digits < 7))
        return false;
    return !(c->words == 2 && (w[0].year || w[1].year));
}

/* Small letters are mostly words: only the usual forms of plates count, and not among the parts of a version.
 */
static bool is_small_plate(const struct chain *c) {
    if (c->dotted && (c->words > 2 || c->most_digits < 3))
        return false;
    return c->most_digits >= 3 || (c->words == 1 && c->digits >= 2) ||
           (c->words >= 3 && c->most_letters <= 2 && c->letters + c->digits > LEAST);
}

static bool is_plate(const struct chain *c, const struct word *w) {
    if (c->letters == 0)
        return are_digits_of_plate(c, w);
    if (c->digits == 0)
        return c->capital && c->most_letters >= CAPITALS;
    return c->letters + c->digits >= LEAST && (c->capital || is_small_plate(c));
}

/* --- places: where a plate stands whatever its shape --- */

/* What stands behind the lane of a camera's file name, up to a known word. */
static struct chain take_placed(const struct word *w, size_t most) {
    struct chain c = {.words = 0};
    for (size_t i = 0; i < most && (w[i].role == ROLE_NONE || w[i].role == ROLE_PLAIN); i++) {
        bool alone = w[i].letters && w[i].digits && stands_alone(&w[i]);
        if (i && (alone || (w[i - 1].dot && w[i].role == ROLE_PLAIN) ||
                  c.letters + c.digits + w[i].letters + w[i].digits > PLACED_MAX))
            break;
        add_word(&c, &w[i]);
        if (alone || !is_joined(&w[i]))
            break;
    }
    return c;
}

/* How many words from `i` on are the plate of a place; 0: it is no such place. */
static size_t find_placed(const struct word *w, size_t count, size_t i, bool dated) {
    bool named = w[i].plate_named;
    bool behind_lane = dated && i > 0 && w[i - 1].role == ROLE_PLACE && is_joined(&w[i - 1]) && !w[i - 1].dot;
    if (!named && !behind_lane)
        return 0;
    struct chain c = take_placed(w + i, count - i);
    unsigned all = c.letters + c.digits;
    return all > (named ? 1 : 2) && all <= PLACED_MAX ? c.words : 0;
}

/* --- covering --- */

static bool is_counted(const struct letter *l) {
    return l->kind <= LETTER_DIGIT;
}

/* The letters and digits of `words` words but for those that stay at each end. */
static void cover_words(struct view *v, const struct word *w, size_t words) {
    unsigned all = 0, seen = 0;
    for (size_t i = 0; i < words; i++)
        all += w[i].letters + w[i].digits;
    unsigned ends = all >= 6 ? 2 : all >= LEAST ? 1 : 0;
    for (size_t i = 0; i < words; i++)
        for (size_t k = w[i].first; k < w[i].end; k++) {
            bool counted = is_counted(&v->letters[k]);
            seen += counted;
            v->covered[k] = counted ? seen > ends && seen + ends <= all : seen >= ends && seen + ends <= all;
        }
}

/* One name: the words up to one that is the last. */
static void cover_name(struct view *v, struct word *w, size_t count) {
    bool dated = false;
    for (size_t i = 0, step; i < count; i += step) {
        dated |= w[i].role == ROLE_DATE;
        step = find_placed(w, count, i, dated);
        if (step) {
            cover_words(v, &w[i], step);
            continue;
        }
        step = 1;
        if (w[i].role != ROLE_NONE)
            continue;
        struct chain c = {.words = 0};
        if (stands_alone(&w[i]))
            add_word(&c, &w[i]);
        else
            c = take_chain(w + i, count - i);
        if (stands_alone(&w[i]) || is_plate(&c, &w[i]))
            cover_words(v, &w[i], c.words);
        step = c.words ? c.words : 1;
    }
}

/* What is left of the octets that the letters were read from. */
static size_t write_view(const struct view *v, const uint8_t *from, uint8_t *to) {
    size_t n = 0;
    for (size_t i = 0; i < v->count; from += v->letters[i++].size) {
        if (!v->covered[i]) {
            memmove(to + n, from, v->letters[i].size);
            n += v->letters[i].size;
        } else if (v->letters[i].kind != LETTER_MARK) {
            to[n++] = '*';
        }
    }
    return n;
}

size_t redact(uint8_t *text, size_t n) {
    struct view v;
    size_t out = 0;
    for (size_t at = 0; at < n;) {
        size_t read = words_read(&v, bytes_of(text + at, n - at));
        for (size_t i = 0; i < v.word_count;) {
            size_t count = 1;
            while (i + count < v.word_count && !v.words[i + count - 1].last)
                count++;
            cover_name(&v, &v.words[i], count);
            i += count;
        }
        out += write_view(&v, text + at, text + out);
        at += read;
    }
    return out;
}
