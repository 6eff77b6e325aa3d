/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/extent/format.h"

/* TIFF 6.0: a header points at directories, these at values, and values at strips. What stands ahead is kept
 * in a short list and read when its place comes; the file ends behind the last of it. Where something that
 * must be known stands behind us already, nobody knows where it ends. */

enum { HEADER = 8, COUNT = 2, ENTRY = 12, NEXT = 4, PLACES = 8, ENTRIES_MAX = 4096, TYPES = 13 };

enum place_kind { PLACE_DIRECTORY, PLACE_OFFSETS, PLACE_COUNTS, PLACE_DIRECTORIES };

struct place {
    uint32_t at, n;
    uint8_t kind, type;
};

struct tiff_state {
    struct place place[PLACES];
    uint64_t end;         /* of all that is known */
    uint32_t last_strip;  /* its offset, 0: not known */
    uint32_t last_length; /* its octets */
    uint32_t value;
    uint16_t entries;
    uint8_t places, have;
    struct place now;           /* the list that is read */
    uint32_t jpeg, jpeg_length; /* a thumbnail's place and size */
    bool big, strips, lengths;  /* the last strip's offset is known; its length */
    bool lost;
};
EXTENT_STATE(struct tiff_state);

enum {
    SUB_IFDS = 330,
    EXIF_IFD = 34665,
    GPS_IFD = 34853,
    INTEROPERABILITY_IFD = 40965,
    STRIP_OFFSETS = 273,
    STRIP_COUNTS = 279,
    TILE_OFFSETS = 324,
    TILE_COUNTS = 325,
    JPEG_OFFSET = 513,
    JPEG_LENGTH = 514,
    SHORT = 3
};

static struct tiff_state *state_of(struct extent *e) {
    return (struct tiff_state *)(void *)e->state;
}

static unsigned read_u16(const struct tiff_state *s, const uint8_t *p) {
    return s->big ? extent_u16(p) : extent_u16le(p);
}

static uint32_t read_u32(const struct tiff_state *s, const uint8_t *p) {
    return s->big ? extent_u32(p) : extent_u32le(p);
}

static unsigned size_of(unsigned type) {
    static const uint8_t sizes[TYPES + 1] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
    return type <= TYPES ? sizes[type] : 0;
}

static void note_end(struct tiff_state *s, uint64_t end) {
    s->end = end > s->end ? end : s->end;
}

/* --- what stands ahead --- */

static void read_directory(struct extent *e);
static size_t walk_list(struct extent *e, struct bytes in);

static bool add_place(struct tiff_state *s, enum place_kind kind, uint32_t at, unsigned type, uint32_t n) {
    if (s->places == PLACES)
        return false;
    s->place[s->places++] = (struct place){.at = at, .n = n, .kind = (uint8_t)kind, .type = (uint8_t)type};
    return true;
}

static unsigned find_nearest(const struct tiff_state *s) {
    unsigned nearest = 0;
    for (unsigned i = 1; i < s->places; i++)
        if (s->place[i].at < s->place[nearest].at)
            nearest = i;
    return nearest;
}

/* The strip that is last of the list. */
static void end_strips(struct tiff_state *s) {
    if (s->strips && s->lengths)
        note_end(s, (uint64_t)s->last_strip + s->last_length);
    s->strips = s->lengths = false;
}

/* Goes to the nearest place; `at`: where we are. */
static void visit_next(struct extent *e, uint64_t at) {
    struct tiff_state *s = state_of(e);
    unsigned i = find_nearest(s);
    if (s->places == 0) {
        if (s->strips != s->lengths)
            extent_endless(e);
        else if (s->end > at)
            extent_skip_to_end(e, s->end - at);
        else
            extent_end(e);
        return;
    }
    struct place p = s->place[i];
    if (p.at < at) {
        extent_endless(e);
        return;
    }
    s->place[i] = s->place[--s->places];
    s->now = p;
    s->have = 0;
    s->last_strip = p.kind == PLACE_OFFSETS ? 0 : s->last_strip;
    if (p.kind == PLACE_DIRECTORY)
        extent_skip(e, p.at - at, COUNT, read_directory);
    else
        extent_skip_walk(e, p.at - at, walk_list);
}

/* --- lists of numbers: offsets and lengths of strips, places of directories --- */

static bool take_value(struct tiff_state *s) {
    switch (s->now.kind) {
    case PLACE_OFFSETS:
        if (s->value < s->last_strip)
            return false; /* in no order */
        s->last_strip = s->value;
        s->strips = true;
        return true;
    case PLACE_COUNTS:
        s->last_length = s->value;
        s->lengths = true;
        return true;
    }
    return add_place(s, PLACE_DIRECTORY, s->value, 0, 0);
}

static size_t walk_list(struct extent *e, struct bytes in) {
    struct tiff_state *s = state_of(e);
    unsigned size = size_of(s->now.type);
    bool known = true;
    size_t i = 0;
    for (; i < in.n && s->now.n > 0 && known; i++) {
        s->value = s->big ? s->value << 8 | in.p[i] : s->value >> 8 | (uint32_t)in.p[i] << 24;
        if (++s->have < size)
            continue;
        if (size == 2)
            s->value = s->big ? s->value & 0xffff : s->value >> 16;
        known = take_value(s);
        s->have = 0;
        s->now.n--;
    }
    if (!known) {
        extent_endless(e);
    } else if (s->now.n == 0) {
        end_strips(s);
        visit_next(e, e->at + i);
    }
    return i;
}

/* --- directories --- */

/* A list of numbers that stand in the entry, or elsewhere. */
static bool note_list(struct tiff_state *s, enum place_kind kind, const uint8_t *entry) {
    unsigned type = read_u16(s, entry + 2);
    uint32_t n = read_u32(s, entry + 4);
    if (size_of(type) != 2 && size_of(type) != 4)
        return false;
    if ((uint64_t)n * size_of(type) > 4)
        return add_place(s, kind, read_u32(s, entry + 8), type, n);
    bool known = true;
    s->now.kind = (uint8_t)kind;
    s->last_strip = kind == PLACE_OFFSETS ? 0 : s->last_strip;
    for (uint32_t i = 0; i < n && known; i++) {
        s->value = size_of(type) == 2 ? read_u16(s, entry + 8 + 2 * i) : read_u32(s, entry + 8);
        known = take_value(s);
    }
    return known;
}

static bool read_tag(struct tiff_state *s, const uint8_t *entry) {
    switch (read_u16(s, entry)) {
    case STRIP_OFFSETS:
    case TILE_OFFSETS:
        return note_list(s, PLACE_OFFSETS, entry);
    case STRIP_COUNTS:
    case TILE_COUNTS:
        return note_list(s, PLACE_COUNTS, entry);
    case SUB_IFDS:
        return note_list(s, PLACE_DIRECTORIES, entry);
    case EXIF_IFD:
    case GPS_IFD:
    case INTEROPERABILITY_IFD:
        return add_place(s, PLACE_DIRECTORY, read_u32(s, entry + 8), 0, 0);
    case JPEG_OFFSET:
        s->jpeg = read_u32(s, entry + 8);
        return true;
    case JPEG_LENGTH:
        note_end(s, (uint64_t)s->jpeg + read_u32(s, entry + 8));
    }
    return true;
}

static void read_entry(struct extent *e);

static void read_next(struct extent *e) {
    struct tiff_state *s = state_of(e);
    uint32_t next = read_u32(s, e->header);
    s->lost |= next > 0 && !add_place(s, PLACE_DIRECTORY, next, 0, 0);
    end_strips(s);
    if (s->lost)
        extent_endless(e);
    else
        visit_next(e, e->at);
}

static void ask_entry(struct extent *e) {
    if (state_of(e)->entries > 0)
        extent_gather(e, 0, ENTRY, read_entry);
    else
        extent_gather(e, 0, NEXT, read_next);
}

static void read_entry(struct extent *e) {
    struct tiff_state *s = state_of(e);
    unsigned type = read_u16(s, e->header + 2);
    uint64_t size = (uint64_t)size_of(type) * read_u32(s, e->header + 4);
    if (type == 0 || type > TYPES) {
        extent_break(e);
        return;
    }
    if (size > 4)
        note_end(s, read_u32(s, e->header + 8) + size);
    s->lost |= !read_tag(s, e->header);
    s->entries--;
    ask_entry(e);
}

/* Strips of another directory must be known before: else nobody knows whose a list is. */
static void read_directory(struct extent *e) {
    struct tiff_state *s = state_of(e);
    s->entries = (uint16_t)read_u16(s, e->header);
    s->lost |= s->strips != s->lengths;
    if (s->entries == 0 || s->entries > ENTRIES_MAX)
        extent_break(e);
    else
        ask_entry(e);
}

static void read_header(struct extent *e) {
    struct tiff_state *s = state_of(e);
    s->big = e->header[0] == 'M';
    add_place(s, PLACE_DIRECTORY, read_u32(s, e->header + 4), 0, 0);
    visit_next(e, HEADER);
}

/* A directory begins at a word's bound. */
static bool little_fits(const uint8_t *p) {
    return p[7] < 16 && (p[4] & 1) == 0 && extent_u32le(p + 4) >= HEADER;
}

static bool big_fits(const uint8_t *p) {
    return p[4] < 16 && (p[7] & 1) == 0 && extent_u32(p + 4) >= HEADER;
}

#define TIFF(octets, judge)                                                                                  \
    { EXTENT_MAGIC(octets), .need = HEADER, .fits = judge, .first = HEADER, .read = read_header }
const struct extent_format extent_tiff_little = TIFF("II*\0", little_fits);
const struct extent_format extent_tiff_big = TIFF("MM\0*", big_fits);
