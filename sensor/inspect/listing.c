/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/listing.h"

#include "base/hex.h"

enum { NAME_MAX_OCTETS = 255 };

/* How names of pictures and films end. Numbers, of which tables are full, are told at their first octet. */
static bool is_picture_ending(struct bytes ending) {
    static const char *const endings[] = {"jpg", "jpeg", "jpe",  "jp2",  "j2k",  "png",  "tif", "tiff",
                                          "bmp", "gif",  "webp", "heic", "heif", "avif", "dng", "pgm",
                                          "ppm", "avi",  "mp4",  "mkv",  "mjpg", "mjpeg"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (bytes_equal_nocase(ending, endings[i]))
            return true;
    return false;
}

/* Octets that keep names apart in whatever text, beside blanks and control characters. */
static const bool is_joint[256] = {
    ['"'] = true, ['\''] = true, ['<'] = true, ['>'] = true, ['='] = true, [','] = true,  [';'] = true,
    ['|'] = true, ['('] = true,  [')'] = true, ['['] = true, [']'] = true, ['{'] = true,  ['}'] = true,
    [':'] = true, ['*'] = true,  ['?'] = true, ['&'] = true, ['/'] = true, ['\\'] = true, [0x7f] = true};

static bool is_name_octet(uint8_t c) {
    return c > ' ' && !is_joint[c];
}

static bool may_be_ending(uint8_t first) {
    const uint32_t letters = 1 << ('j' - 'a') | 1 << ('p' - 'a') | 1 << ('t' - 'a') | 1 << ('b' - 'a') |
                             1 << ('g' - 'a') | 1 << ('w' - 'a') | 1 << ('h' - 'a') | 1 << ('d' - 'a') |
                             1 << ('a' - 'a') | 1 << ('m' - 'a');
    uint8_t letter = (uint8_t)((first | 0x20) - 'a');
    return letter < 26 && letters >> letter & 1;
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

/* A picture that a page shows is not one that it lists: src="/icons/image.gif". */
static bool is_shown(struct bytes text, size_t from) {
    static const char mark[] = "src=";
    while (from > 0 &&
           (is_name_octet(text.p[from - 1]) || text.p[from - 1] == '/' || text.p[from - 1] == ':'))
        from--;
    return from >= sizeof mark && (text.p[from - 1] == '"' || text.p[from - 1] == '\'') &&
           memcmp(text.p + from - sizeof mark, mark, sizeof mark - 1) == 0;
}

/* The name around this dot, if it is a picture's. */
static struct bytes find_picture(struct bytes text, size_t dot) {
    enum { ENDING_MIN = 3, ENDING_MAX = 5 };
    size_t from = dot, to = dot + 1;
    while (to < text.n && to - dot <= ENDING_MAX + 1 && is_name_octet(text.p[to]) && text.p[to] != '.')
        to++;
    size_t n = to - dot - 1;
    if (n < ENDING_MIN || n > ENDING_MAX || !is_picture_ending(bytes_of(text.p + dot + 1, n)))
        return bytes_of(NULL, 0);
    while (from > 0 && dot - from < NAME_MAX_OCTETS && is_name_octet(text.p[from - 1]))
        from--;
    return bytes_of(text.p + from, from < dot && !is_shown(text, from) ? to - from : 0);
}

/* The next dot behind which an ending may stand; text.n: none. Numbers have their dots close to each other,
 * where a call for each costs more than a look at each octet. */
static size_t find_dot(struct bytes text, size_t at) {
    enum { CLOSE = 24 };
    while (at + 1 < text.n) {
        size_t to = at + CLOSE < text.n - 1 ? at + CLOSE : text.n - 1;
        for (; at < to; at++)
            if (text.p[at] == '.' && may_be_ending(text.p[at + 1]))
                return at;
        const uint8_t *dot = memchr(text.p + at, '.', text.n - at);
        if (!dot)
            break;
        at = (size_t)(dot - text.p);
    }
    return text.n;
}

static void find_pictures(const struct finder *f, struct bytes text) {
    for (size_t at = find_dot(text, 0); at < text.n; at = find_dot(text, at + 1))
        tell_name(f, find_picture(text, at));
}

/* Links that lead to folders. */
static void find_folders(const struct finder *f, struct bytes text) {
    static const char mark[] = "href=\"";
    const uint8_t *p;
    while (text.n > sizeof mark && (p = memmem(text.p, text.n, mark, sizeof mark - 1)) != NULL) {
        size_t skip = (size_t)(p - text.p) + sizeof mark - 1;
        text = bytes_of(text.p + skip, text.n - skip);
        struct bytes link = bytes_until(text, '"');
        if (link.n < 2 || link.n == text.n || link.p[link.n - 1] != '/')
            continue;
        size_t from = link.n - 1;
        while (from > 0 && is_name_octet(link.p[from - 1]))
            from--;
        tell_name(f, bytes_of(link.p + from, link.n - from));
    }
}

static void look_at_text(const struct finder *f, struct bytes text) {
    find_pictures(f, text);
    if (text.n > 0 && memchr(text.p, '<', text.n))
        find_folders(f, text);
}

/* --- lines --- */

static void look_at_line(const struct finder *f, struct bytes line, bool whole) {
    struct bytes name = whole ? listing_line_name(line) : bytes_of(NULL, 0);
    if (name.n > 0)
        tell_name(f, name);
    else
        look_at_text(f, line);
}

static void hold(struct listing *l, struct bytes text) {
    memcpy(l->held + l->held_n, text.p, text.n);
    l->held_n += (unsigned)text.n;
}

/* Of what is longer than a line may be: all but its last word, which goes on. */
static size_t measure_words(struct bytes text) {
    size_t n = text.n;
    while (n > 0 && text.n - n < NAME_MAX_OCTETS && (is_name_octet(text.p[n - 1]) || text.p[n - 1] == '/'))
        n--;
    return n > 0 && text.n - n < NAME_MAX_OCTETS ? n : text.n;
}

/* A part of a long line. What it ends with is held. */
static void look_at_part(const struct finder *f, struct bytes text) {
    struct listing *l = f->listing;
    size_t n = measure_words(text);
    look_at_text(f, bytes_of(text.p, n));
    struct bytes rest = bytes_of(text.p + n, text.n - n);
    memmove(l->held, rest.p, rest.n);
    l->held_n = (unsigned)rest.n;
    l->midst = true;
}

/* What is held goes on with the next octets of the text, which are taken off it. */
static void go_on(const struct finder *f, struct bytes *text) {
    struct listing *l = f->listing;
    const uint8_t *end = memchr(text->p, '\n', text->n);
    size_t line = end ? (size_t)(end - text->p) : text->n, room = LISTING_HELD_MAX - l->held_n;
    size_t n = line < room ? line : room;
    hold(l, bytes_of(text->p, n));
    *text = bytes_of(text->p + n, text->n - n);
    if (n < line || (!end && l->held_n == LISTING_HELD_MAX)) {
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

void listing_push(struct listing *l, struct bytes text, listing_found *found, void *context) {
    const struct finder f = {l, found, context};
    while (text.n > 0) {
        const uint8_t *end;
        if (l->held_n > 0 || l->midst) {
            go_on(&f, &text);
        } else if ((end = memchr(text.p, '\n', text.n)) != NULL) {
            size_t n = (size_t)(end - text.p);
            look_at_line(&f, bytes_of(text.p, n), n < LISTING_HELD_MAX);
            text = bytes_of(end + 1, text.n - n - 1);
        } else if (text.n < LISTING_HELD_MAX) {
            hold(l, text);
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
    *l = (struct listing){0};
}
