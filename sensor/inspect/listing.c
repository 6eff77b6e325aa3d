/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/listing.h"

#include "base/hex.h"
#include "base/octets.h"

enum { NAME_MAX_OCTETS = 255 };

/* Octets that keep names apart in whatever text, beside blanks and control characters. */
static const bool is_joint[256] = {
    ['"'] = true, ['\''] = true, ['<'] = true, ['>'] = true, ['='] = true, [','] = true,  [';'] = true,
    ['|'] = true, ['('] = true,  [')'] = true, ['['] = true, [']'] = true, ['{'] = true,  ['}'] = true,
    [':'] = true, ['*'] = true,  ['?'] = true, ['&'] = true, ['/'] = true, ['\\'] = true, [0x7f] = true};

static bool is_name_octet(uint8_t c) {
    return c > ' ' && !is_joint[c];
}

/* --- names --- */

/* %20 and the like are what they stand for. */
static struct bytes undo_percents(struct bytes name, uint8_t room[NAME_MAX_OCTETS]) {
    size_t n = 0;
    if (!memchr(name.p, '%', name.n))
        return name;
    for (size_t i = 0; i < name.n; i++) {
        room[n] = name.p[i];
        if (name.p[i] == '%' && i + 2 < name.n && hex_value(name.p[i + 1]) >= 0 &&
            hex_value(name.p[i + 2]) >= 0) {
            room[n] = (uint8_t)(hex_value(name.p[i + 1]) << 4 | hex_value(name.p[i + 2]));
            i += 2;
        }
        n++;
    }
    return bytes_of(room, n);
}

struct finder {
    struct listing *listing;
    listing_found *found;
    void *context;
};

static void tell_name(const struct finder *f, struct bytes name) {
    struct listing *l = f->listing;
    uint8_t room[NAME_MAX_OCTETS];
    if (name.n < 2 || name.n > NAME_MAX_OCTETS || bytes_equal(name, bytes_text("..")) ||
        bytes_equal(name, bytes_text("../")))
        return;
    size_t n = name.n < sizeof l->last ? name.n : sizeof l->last;
    if (l->last_n == n && memcmp(l->last, name.p, n) == 0)
        return;
    memcpy(l->last, name.p, n);
    l->last_n = (unsigned)n;
    f->found(f->context, undo_percents(name, room));
}

/* --- whatever text --- */

/* What ends a word, as far as names go. One of WORD_MOST octets or more is none that holds a name: so it does
 * not matter where a long line was cut. */
enum { WORD_MOST = 256 };

static bool ends_word(uint8_t c) {
    return c <= ' ' || c == '<' || c == '>' || c == ',';
}

/* The word around a place; n == 0: it is too long. */
static struct bytes find_word(struct bytes text, size_t at) {
    size_t from = at, to = at;
    while (from > 0 && at - from < WORD_MOST && !ends_word(text.p[from - 1]))
        from--;
    while (to < text.n && to - from < WORD_MOST && !ends_word(text.p[to]))
        to++;
    return bytes_of(text.p + from, to - from < WORD_MOST ? to - from : 0);
}

/* A picture that a page shows is not one that it lists: src="/icons/image.gif". */
static bool is_shown(struct bytes word) {
    return word.n > 5 && memcmp(word.p, "src=", 4) == 0 && (word.p[4] == '"' || word.p[4] == '\'');
}

/* The name around this dot, if it is a picture's. */
static struct bytes find_picture(struct bytes text, size_t at) {
    enum { ENDING_MIN = 3, ENDING_MAX = 5 };
    size_t to = at + 1;
    while (to < text.n && to - at <= ENDING_MAX + 1 && is_name_octet(text.p[to]) && text.p[to] != '.')
        to++;
    size_t n = to - at - 1;
    if (n < ENDING_MIN || n > ENDING_MAX || !listing_is_picture_ending(bytes_of(text.p + at + 1, n)))
        return bytes_of(NULL, 0);
    struct bytes word = find_word(text, at);
    size_t dot = (size_t)(text.p + at - word.p), from = dot;
    if (word.n == 0 || is_shown(word))
        return bytes_of(NULL, 0);
    while (from > 0 && is_name_octet(word.p[from - 1]))
        from--;
    return bytes_of(word.p + from, from < dot ? dot - from + 1 + n : 0);
}

/* The folder that a link leads to. */
static struct bytes find_folder(struct bytes text, size_t at) {
    enum { MARK = sizeof LISTING_LINK - 1 };
    struct bytes word = find_word(text, at);
    size_t skip = (size_t)(text.p + at - word.p) + MARK;
    if (word.n < skip)
        return bytes_of(NULL, 0);
    struct bytes rest = bytes_of(word.p + skip, word.n - skip), link = bytes_until(rest, '"');
    if (link.n < 2 || link.n == rest.n || link.p[link.n - 1] != '/')
        return bytes_of(NULL, 0);
    size_t from = link.n - 1;
    while (from > 0 && is_name_octet(link.p[from - 1]))
        from--;
    return bytes_of(link.p + from, link.n - from);
}

static void look_at_text(const struct finder *f, struct bytes text) {
    for (size_t at = 0; (at = listing_find_mark(text, at)) < text.n; at++)
        tell_name(f, text.p[at] == '.' ? find_picture(text, at) : find_folder(text, at));
}

/* --- lines --- */

static void look_at_line(const struct finder *f, struct bytes line, bool whole) {
    struct bytes name = whole ? listing_line_name(line) : bytes_of(NULL, 0);
    if (name.n > 0)
        tell_name(f, name);
    else
        look_at_text(f, line);
}

static void hold_text(struct listing *l, struct bytes text) {
    memcpy(l->held + l->held_n, text.p, text.n);
    l->held_n += (unsigned)text.n;
}

/* A part of a long line: all but its last word, which goes on and is held. */
static void look_at_part(const struct finder *f, struct bytes text) {
    struct listing *l = f->listing;
    size_t end = octets_find_last(text, 0, text.n, OCTETS_WORD_END), n = end < text.n ? end + 1 : 0;
    look_at_text(f, bytes_of(text.p, n));
    struct bytes rest = bytes_of(text.p + n, text.n - n);
    l->swallows = rest.n >= WORD_MOST;
    l->held_n = l->swallows ? 0 : (unsigned)rest.n;
    memmove(l->held, rest.p, l->held_n);
    l->midst = true;
}

/* The rest of a word that is too long. */
static struct bytes swallow_text(struct listing *l, struct bytes text) {
    size_t n = octets_find(text, 0, OCTETS_WORD_END);
    l->swallows = n == text.n;
    return bytes_of(text.p + n, text.n - n);
}

/* What is held goes on with the next octets of the text, which are taken off it. */
static void go_on(const struct finder *f, struct bytes *text) {
    struct listing *l = f->listing;
    const uint8_t *end = memchr(text->p, '\n', text->n);
    size_t line = end ? (size_t)(end - text->p) : text->n, room = LISTING_HELD_MAX - l->held_n;
    size_t n = line < room ? line : room;
    hold_text(l, bytes_of(text->p, n));
    *text = bytes_of(text->p + n, text->n - n);
    if (l->held_n == LISTING_HELD_MAX) {
        look_at_part(f, bytes_of(l->held, l->held_n));
        return;
    }
    if (!end)
        return;
    *text = bytes_of(text->p + 1, text->n - 1);
    look_at_line(f, bytes_of(l->held, l->held_n), !l->midst);
    l->held_n = 0;
    l->midst = false;
}

/* Lines that list nothing are looked at together, as text of any kind: no word goes over a line's end. */
static void look_at_lines(const struct finder *f, struct bytes lines) {
    size_t from = 0;
    for (size_t at = 0, next; (at = listing_find_line(lines, at)) < lines.n; at = next) {
        const uint8_t *end = memchr(lines.p + at, '\n', lines.n - at);
        struct bytes line = bytes_of(lines.p + at, (size_t)(end - lines.p) - at);
        struct bytes name = line.n < LISTING_HELD_MAX ? listing_line_name(line) : bytes_of(NULL, 0);
        next = at + line.n + 1;
        if (name.n == 0)
            continue;
        look_at_text(f, bytes_of(lines.p + from, at - from));
        tell_name(f, name);
        from = next;
    }
    look_at_text(f, bytes_of(lines.p + from, lines.n - from));
}

void listing_push(struct listing *l, struct bytes text, listing_found *found, void *context) {
    const struct finder f = {l, found, context};
    while (text.n > 0) {
        const uint8_t *end;
        if (l->swallows) {
            text = swallow_text(l, text);
        } else if (l->held_n > 0 || l->midst) {
            go_on(&f, &text);
        } else if ((end = memrchr(text.p, '\n', text.n)) != NULL) {
            size_t n = (size_t)(end + 1 - text.p);
            look_at_lines(&f, bytes_of(text.p, n));
            text = bytes_of(text.p + n, text.n - n);
        } else if (text.n < LISTING_HELD_MAX) {
            hold_text(l, text);
            return;
        } else {
            look_at_part(&f, text);
            return;
        }
    }
}

void listing_end(struct listing *l, listing_found *found, void *context) {
    const struct finder f = {l, found, context};
    look_at_line(&f, bytes_of(l->held, l->held_n), !l->midst);
    memset(l, 0, offsetof(struct listing, held));
}
