/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/tiff.h"

/* TIFF 6.0, BigTIFF, DNG and the raw formats that are built on them. The walk only goes forward: directories
 * that lie behind what they describe tell of it when it has passed, which was then looked through for letters
 * (unknown.c). A directory that lies before the place that names it is not read, and noted; so no ring of
 * directories is followed twice. */

enum {
    DIRECTORIES_MAX = 64,
    ENTRIES_MAX = 1 << 16, /* of all directories */
    ARRAY_MAX = 1 << 16,   /* octets of an array of offsets that are read */
    SLACK_BYTES = 4096,    /* octets that nothing names in a file of common make: what aligns its parts, */
    SLACK_A_STRIP = 16,    /* and its strips */
    UNKNOWN_LEAST = 64,    /* fewer octets between parts are told as metadata */
    VALUE_MAX = 1 << 20,   /* octets of a value that are told as metadata all; a larger one may be pixels */
};

enum place_kind {
    PLACE_DIRECTORY, /* of a picture, in the chain */
    PLACE_SUB,       /* of a picture that belongs to another one */
    PLACE_EXIF,      /* of remarks */
    PLACE_SUBS,      /* offsets of directories */
    PLACE_VALUE,
    PLACE_MAKE,
    PLACE_MODEL,
    PLACE_BITS,
    PLACE_OFFSETS,
    PLACE_COUNTS,
    PLACE_CHILD,
    PLACE_THUMBNAIL
};

static void read_next(struct image *i);

/* A header that does not fit into its block is none. */
static void gather_octets(struct image *i, uint8_t need, image_reader *read) {
    if (i->tiff.end - i->offset < need)
        read_next(i);
    else
        image_gather(i, 0, need, read);
}

/* --- Numbers --- */

static uint64_t number_at(const struct image *i, const uint8_t *p, unsigned size) {
    uint64_t value = 0;
    for (unsigned k = 0; k < size; k++)
        value = value << 8 | p[i->tiff.little ? size - 1 - k : k];
    return value;
}

/* Octets of a value's element, by its type; 0: not known. */
static unsigned element_size(unsigned type) {
    static const uint8_t sizes[] = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8};
    return type < sizeof sizes ? sizes[type] : 0;
}

static bool is_file(const struct image *i) {
    return !i->tiff.after;
}

/* --- Places --- */

/* What a place names had passed already: then it counts against what nothing named. `element`: octets of one
 * number of an array. */
static void add_array(struct image *i, uint64_t at, uint64_t n, enum place_kind kind, unsigned element) {
    struct tiff_walk *t = &i->tiff;
    at = add_sizes(at, t->base);
    if (at >= t->end)
        return;
    if (n > t->end - at)
        n = t->end - at;
    if (!image_add_place(i, (struct image_place){at, n, element, (uint8_t)kind}) && at < i->offset) {
        t->claimed = add_sizes(t->claimed, n);
        if (kind == PLACE_DIRECTORY || kind == PLACE_SUB || kind == PLACE_EXIF || kind == PLACE_OFFSETS)
            image_note(i, IMAGE_NOTE_BEHIND);
    }
}

static void add_place(struct image *i, uint64_t at, uint64_t n, enum place_kind kind) {
    add_array(i, at, n, kind, 0);
}

static void add_pixels(struct image *i, uint64_t at, uint64_t end) {
    struct tiff_walk *t = &i->tiff;
    if (t->pixels_end == 0 || at < t->pixels)
        t->pixels = at;
    if (end > t->pixels_end)
        t->pixels_end = end;
}

/* --- Entries --- */

static void keep_name(struct image *i, enum place_kind kind, struct bytes text) {
    struct image_facts *f = &i->facts;
    uint8_t *n = kind == PLACE_MAKE ? &f->make_n : &f->model_n;
    text = bytes_trim(bytes_until(text, '\0'));
    if (*n > 0 || text.n > IMAGE_NAME_MAX)
        return;
    memcpy(kind == PLACE_MAKE ? f->make : f->model, text.p, text.n);
    *n = (uint8_t)text.n;
}

/* A value of more octets than an entry holds. */
static void read_far_value(struct image *i, unsigned tag, unsigned element, uint64_t size, uint64_t at) {
    switch (tag) {
    case 0x10f:
    case 0x110:
        add_place(i, at, size, tag == 0x10f ? PLACE_MAKE : PLACE_MODEL);
        break;
    case 0x14a:
        add_array(i, at, size, PLACE_SUBS, element);
        break;
    case 0x102:
        if (is_file(i))
            add_place(i, at, size, PLACE_BITS);
        break;
    case 0x111:
    case 0x144:
        if (is_file(i))
            add_array(i, at, size, PLACE_OFFSETS, element);
        break;
    case 0x117:
    case 0x145:
        if (is_file(i))
            add_array(i, at, size, PLACE_COUNTS, element);
        break;
    case 0x2e: /* JpgFromRaw */
        if (i->tiff.panasonic)
            add_place(i, at, size, PLACE_CHILD);
        break;
    default:
        if (is_file(i)) /* all of a block is told */
            add_place(i, at, size, PLACE_VALUE);
    }
}

static void note_tag(struct image *i, unsigned tag) {
    if (tag == 0x8769)
        image_holds(i, IMAGE_HOLDS_EXIF);
    if (tag == 0x8825)
        image_holds(i, IMAGE_HOLDS_PLACE);
    if (tag == 0x2bc)
        image_holds(i, IMAGE_HOLDS_XMP);
    if (tag == 0x83bb || tag == 0x8649)
        image_holds(i, IMAGE_HOLDS_IPTC);
    if (tag == 0x10e || tag == 0x9286)
        image_holds(i, IMAGE_HOLDS_COMMENT);
}

static void read_number(struct image *i, unsigned tag, uint64_t value) {
    struct tiff_directory *d = &i->tiff.directory;
    uint32_t small = (uint32_t)(value < UINT32_MAX ? value : 0);
    switch (tag) {
    case 0xfe:
        d->reduced = value & 1;
        break;
    case 0x100:
    case 0x02: /* of Panasonic's sensor */
        if (tag == 0x100 || i->tiff.panasonic)
            d->width = small;
        break;
    case 0x101:
    case 0x03:
        if (tag == 0x101 || i->tiff.panasonic)
            d->height = small;
        break;
    case 0x102:
        d->depth = small;
        break;
    case 0x103:
        d->compression = small;
        break;
    case 0x111:
    case 0x144:
        d->strip = value;
        break;
    case 0x117:
    case 0x145:
        d->strip_n = value;
        break;
    case 0x201:
        d->jpeg = value;
        break;
    case 0x202:
        d->jpeg_n = value;
        break;
    case 0x14a:
        add_place(i, value, 0, PLACE_SUB);
        break;
    case 0x8769:
    case 0x8825:
    case 0xa005:
        add_place(i, value, 0, PLACE_EXIF);
        break;
    }
}

/* Samples of 8 bits each, say, fit into an entry where there are two of them. */
static void read_near_bits(struct image *i, const uint8_t *value, uint64_t count) {
    i->tiff.directory.depth = (uint32_t)(number_at(i, value, 2) * count);
}

static void read_entry(struct image *i);

static void gather_entry(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    unsigned big = t->big;
    if (t->entries > 0 && t->all_entries < ENTRIES_MAX)
        gather_octets(i, big ? 20 : 12, read_entry);
    else if (t->entries > 0) {
        image_note(i, IMAGE_NOTE_BOUND);
        read_next(i);
    } else
        gather_octets(i, big ? 8 : 4, read_entry);
}

/* A picture's directory is over: its thumbnail, the area of its pixels. */
static void settle_directory(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    const struct tiff_directory *d = &t->directory;
    bool picture = t->kind != PLACE_EXIF, jpeg = d->compression == 6 || d->compression == 7;
    if (picture && d->jpeg && d->jpeg_n)
        add_place(i, d->jpeg, d->jpeg_n, is_file(i) ? PLACE_CHILD : PLACE_THUMBNAIL);
    else if (picture && d->strips == 1 && d->strip_n && jpeg &&
             (d->reduced || (d->compression == 6 && !d->sliced)))
        add_place(i, d->strip, d->strip_n, PLACE_CHILD);
    else if (picture && is_file(i) && d->strips == 1) {
        uint64_t end = add_sizes(d->strip, d->strip_n);
        if (d->strip < i->offset)
            t->claimed = add_sizes(t->claimed, d->strip_n);
        add_pixels(i, d->strip, end);
    }
    if (picture && is_file(i) && d->width) {
        if (!d->reduced)
            image_note_size(i, d->width, d->height, d->depth);
        i->facts.frames += t->kind == PLACE_DIRECTORY && !d->reduced;
    }
}

static void read_next_directory(struct image *i) {
    uint64_t next = number_at(i, i->header, i->tiff.big ? 8 : 4);
    settle_directory(i);
    if (next && i->tiff.kind == PLACE_DIRECTORY)
        add_place(i, next, 0, PLACE_DIRECTORY);
    read_next(i);
}

/* All octets of a directory are told: letters that fit into an entry are there and nowhere else. */
static void read_entry(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    struct tiff_directory *d = &t->directory;
    image_tell_header(i, IMAGE_METADATA, 0);
    if (t->entries == 0) {
        read_next_directory(i);
        return;
    }
    unsigned tag = (unsigned)number_at(i, i->header, 2), type = (unsigned)number_at(i, i->header + 2, 2);
    unsigned room = t->big ? 8 : 4, element = element_size(type);
    uint64_t count = number_at(i, i->header + 4, room), size = count * element;
    const uint8_t *value = i->header + 4 + room;
    t->entries--;
    t->all_entries++;
    if (element && count > UINT64_MAX / element)
        size = UINT64_MAX / 2;
    note_tag(i, tag);
    d->sliced |= tag == 0xc640;
    if (tag == 0x111 || tag == 0x144)
        d->strips = count;
    if (size > room)
        read_far_value(i, tag, element, size, number_at(i, value, room));
    else if (type == 2 && (tag == 0x10f || tag == 0x110))
        keep_name(i, tag == 0x10f ? PLACE_MAKE : PLACE_MODEL, bytes_of(value, (size_t)size));
    else if (tag == 0x102 && count > 1 && element == 2)
        read_near_bits(i, value, count);
    else if (count == 1)
        read_number(i, tag, number_at(i, value, element));
    gather_entry(i);
}

static void read_count(struct image *i) {
    uint64_t count = number_at(i, i->header, i->tiff.big ? 8 : 2);
    i->tiff.entries = (uint32_t)(count < ENTRIES_MAX ? count : ENTRIES_MAX);
    i->tiff.directory = (struct tiff_directory){0};
    gather_entry(i);
}

static void enter_directory(struct image *i, uint8_t kind) {
    struct tiff_walk *t = &i->tiff;
    if (t->directories == DIRECTORIES_MAX) {
        image_note(i, IMAGE_NOTE_BOUND);
        read_next(i);
        return;
    }
    t->directories++;
    t->kind = kind;
    gather_octets(i, t->big ? 8 : 2, read_count);
}

/* --- Values --- */

static void read_name(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    image_tell_header(i, IMAGE_METADATA, 0);
    keep_name(i, (enum place_kind)t->array.kind, bytes_of(i->header, i->have));
    image_run(i, IMAGE_METADATA, t->array.left - i->have, 0, read_next);
}

static void read_bits(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    uint32_t depth = (uint32_t)(number_at(i, i->header, 2) * (t->array.left / 2));
    if (i->facts.depth == 0)
        i->facts.depth = (uint16_t)(depth < UINT16_MAX ? depth : 0);
    image_run(i, IMAGE_PIXELS, t->array.left - i->have, 0, read_next);
}

static void read_elements(struct image *i);

/* The strips lie one behind the other, in any order: they end where the furthest of them does. */
static void settle_arrays(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    if (t->array.kind == PLACE_COUNTS && t->pixels_end)
        add_pixels(i, t->pixels, add_sizes(t->strip_last, t->count_most));
}

/* As many as a header holds. */
static void gather_elements(struct image *i) {
    struct tiff_array *a = &i->tiff.array;
    uint8_t most = a->left < IMAGE_HEADER_MAX ? (uint8_t)a->left : IMAGE_HEADER_MAX;
    if (most >= a->size) {
        gather_octets(i, most - most % a->size, read_elements);
        return;
    }
    settle_arrays(i);
    image_run(i, IMAGE_PIXELS, a->left, 0, read_next);
}

static void take_element(struct image *i, uint64_t value) {
    struct tiff_walk *t = &i->tiff;
    if (t->array.kind == PLACE_SUBS)
        add_place(i, value, 0, PLACE_SUB);
    if (t->array.kind == PLACE_OFFSETS) {
        add_pixels(i, value, value);
        t->array.last_is_most = value >= t->strip_last;
        if (value >= t->strip_last)
            t->strip_last = value;
    }
    if (t->array.kind == PLACE_COUNTS) {
        if (t->pixels < i->offset)
            t->claimed = add_sizes(t->claimed, add_sizes(value, SLACK_A_STRIP));
        if (value > t->count_most || t->array.last_is_most)
            t->count_most = value;
    }
}

static void read_elements(struct image *i) {
    struct tiff_array *a = &i->tiff.array;
    a->left -= i->have;
    for (unsigned at = 0; at < i->have; at += a->size)
        take_element(i, number_at(i, i->header + at, a->size));
    gather_elements(i);
}

static void enter_array(struct image *i, uint64_t n, unsigned element) {
    if (n > ARRAY_MAX || element == 0) {
        image_note(i, IMAGE_NOTE_BOUND);
        image_run_unknown(i, n, read_next);
        return;
    }
    i->tiff.array.size = (uint8_t)element;
    gather_elements(i);
}

static void enter_place(struct image *i, struct image_place p) {
    enum place_kind kind = (enum place_kind)p.kind;
    i->tiff.array.left = p.n;
    i->tiff.array.kind = (uint8_t)kind;
    switch (kind) {
    case PLACE_DIRECTORY:
    case PLACE_SUB:
    case PLACE_EXIF:
        enter_directory(i, (uint8_t)kind);
        break;
    case PLACE_SUBS:
    case PLACE_OFFSETS:
    case PLACE_COUNTS:
        enter_array(i, p.n, p.key);
        break;
    case PLACE_MAKE:
    case PLACE_MODEL:
        gather_octets(i, p.n < IMAGE_HEADER_MAX ? (uint8_t)p.n : IMAGE_HEADER_MAX, read_name);
        break;
    case PLACE_BITS:
        gather_octets(i, 2, read_bits);
        break;
    case PLACE_VALUE:
        if (p.n <= VALUE_MAX)
            image_run(i, IMAGE_METADATA, p.n, 0, read_next);
        else
            image_run_unknown(i, p.n, read_next);
        break;
    case PLACE_CHILD:
    case PLACE_THUMBNAIL:
        image_run_child(i, kind == PLACE_CHILD ? "preview" : "thumbnail", p.n, 0, read_next);
        break;
    }
}

/* --- What lies between --- */

/* `n` octets up to the next place, of which no place tells. */
static void enter_stretch(struct image *i, uint64_t n) {
    struct tiff_walk *t = &i->tiff;
    uint64_t at = i->offset;
    if (!is_file(i)) {
        image_run(i, IMAGE_METADATA, n, 0, read_next);
        return;
    }
    if (at >= t->pixels && at < t->pixels_end) {
        image_run(i, IMAGE_PIXELS, n < t->pixels_end - at ? n : t->pixels_end - at, 0, read_next);
        return;
    }
    if (at < t->pixels && n > t->pixels - at)
        n = t->pixels - at;
    t->unclaimed = add_sizes(t->unclaimed, n);
    if (n < UNKNOWN_LEAST)
        image_run(i, IMAGE_METADATA, n, 0, read_next);
    else
        image_run_unknown(i, n, read_next);
}

static void end_block(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    t->active = false;
    while (i->places > 0 && i->place[0].at < t->end)
        image_drop_place(i);
    image_run(i, IMAGE_METADATA, t->end - i->offset, t->after_need, t->after);
}

/* Behind all that directories tell of. Where some of them was not read, nobody knows what this is. */
static void end_file(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    unsigned unread = i->facts.notes & (IMAGE_NOTE_BEHIND | IMAGE_NOTE_BOUND);
    if (i->offset >= t->pixels && i->offset < t->pixels_end) {
        image_run(i, IMAGE_PIXELS, t->pixels_end - i->offset, 0, read_next);
        return;
    }
    if (t->pixels > i->offset) {
        enter_stretch(i, t->pixels - i->offset);
        return;
    }
    if (!unread && t->unclaimed > add_sizes(t->claimed, SLACK_BYTES))
        image_note(i, IMAGE_NOTE_HIDDEN);
    if (unread)
        image_run_unknown(i, UINT64_MAX, read_next);
    else
        image_end(i);
}

/* The nearest place of this walk. What a format names within a block is none of it. */
static const struct image_place *next_place(struct image *i) {
    const struct image_place *p = image_next_place(i);
    while (p && p->at < i->tiff.end && p->kind >= 0x80) {
        image_note(i, IMAGE_NOTE_BEHIND);
        image_drop_place(i);
        p = image_next_place(i);
    }
    return p && p->at < i->tiff.end ? p : NULL;
}

static void read_next(struct image *i) {
    const struct image_place *p = next_place(i);
    if (p && p->at == i->offset) {
        struct image_place here = *p;
        image_drop_place(i);
        enter_place(i, here);
    } else if (p)
        enter_stretch(i, p->at - i->offset);
    else if (is_file(i))
        end_file(i);
    else
        end_block(i);
}

/* --- Headers --- */

static void give_up(struct image *i) {
    if (is_file(i))
        image_lost(i);
    else
        end_block(i);
}

static void read_big_header(struct image *i) {
    i->tiff.big = true;
    add_place(i, number_at(i, i->header + 8, 8), 0, PLACE_DIRECTORY);
    read_next(i);
}

/* 42, or what Olympus and Panasonic write in its place. */
static void read_header(struct image *i) {
    struct tiff_walk *t = &i->tiff;
    unsigned magic;
    t->little = memcmp(i->header, "II", 2) == 0;
    magic = (unsigned)number_at(i, i->header + 2, 2);
    image_tell_header(i, IMAGE_METADATA, 0);
    t->panasonic = magic == 0x55;
    if (!t->little && memcmp(i->header, "MM", 2) != 0) {
        give_up(i);
        return;
    }
    if (magic == 43 && t->end - i->offset >= 8) {
        image_gather(i, 8, 16, read_big_header);
        return;
    }
    if (magic != 42 && magic != 0x55 && magic != 0x4f52 && magic != 0x5352) {
        give_up(i);
        return;
    }
    add_place(i, number_at(i, i->header + 4, 4), 0, PLACE_DIRECTORY);
    read_next(i);
}

static void read_file(struct image *i) {
    i->tiff = (struct tiff_walk){.active = true, .end = UINT64_MAX};
    read_header(i);
}

/* `kept` of its octets are gathered already. */
static void enter_block(struct image *i, uint8_t kept, uint64_t n, uint8_t need, image_reader *after) {
    i->tiff = (struct tiff_walk){.base = i->offset - kept,
                                 .end = add_sizes(i->offset, n),
                                 .after = after,
                                 .after_need = need,
                                 .active = true};
    image_holds(i, IMAGE_HOLDS_EXIF);
    if (n + kept >= 8) {
        image_gather(i, kept, 8, read_header);
        return;
    }
    if (kept)
        image_tell_header(i, IMAGE_METADATA, 0);
    end_block(i);
}

void tiff_enter_block(struct image *i, uint64_t n, uint8_t need, image_reader *after) {
    enter_block(i, 0, n, need, after);
}

void tiff_enter_named_block(struct image *i, uint64_t n, uint8_t need, image_reader *after) {
    bool named = memcmp(i->header, "Exif\0\0", 6) == 0;
    if (named)
        image_tell_header(i, IMAGE_METADATA, 0);
    enter_block(i, named ? 0 : 6, n, need, after);
}

bool tiff_skip(struct image *i, uint64_t n) {
    if (i->tiff.directories == 0 && !next_place(i)) /* in the header */
        return false;
    if (i->offset > i->tiff.end)
        return false;
    image_note(i, IMAGE_NOTE_BEHIND);
    read_next(i);
    return true;
}

const struct image_format image_tiff = {
    .mimes = {"image/tiff", "image/x-canon-cr2", "image/x-olympus-orf", "image/x-panasonic-rw2"},
    .need = 8,
    .read = read_file,
    .skip = tiff_skip};
