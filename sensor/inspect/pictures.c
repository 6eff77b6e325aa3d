/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/pictures.h"
#include "inspect/images/image.h"
#include "inspect/inspection.h"

#include "base/allowance.h"
#include "base/counter.h"
#include "content/unpack/unpack.h"

#include <stdio.h>

/* The walk over an image: its metadata is matched, files that stand in it or behind its end become children,
 * and what the picture is becomes facts. */

enum {
    HELD = 16,          /* octets behind the end that are seen before they become a child */
    FILL_MAX = 1 << 20, /* of one value there that are told later, should others follow */
    KEPT_MAX =
        ALLOWANCE_SMALL,    /* of a file of unknown size that nobody pays for: with more it is looked at */
    TRAILER_MAX = 64 << 10, /* of them that are matched as the picture's own, too */
    FRAMES_MAX = 8,         /* of a film that become children */
};

struct picture {
    struct image image;
    struct filter *child; /* NULL: none */
    const char *what;     /* the child is: static text */
    bool passed;          /* the child is left out, or waits: */
    bool waits;           /* for more octets than are kept */
    bool sized;           /* the size has been told */
    uint32_t frames;      /* that became children */
    uint32_t matched;     /* octets of the trailer */
    /* What stands behind the end: first `fill_n` times one octet, as cameras fill up, then what is held, then
     * the child, which begins before these where they are many. */
    struct {
        uint32_t fill_n;
        uint8_t fill, held_n;
        bool begun;
        bool other; /* than fill came */
        uint8_t held[HELD];
    } trailer;
    uint16_t kept_n;
    uint8_t kept[KEPT_MAX];
};

size_t picture_size(void) {
    return sizeof(struct picture);
}

/* --- Texts --- */

/* What a picture's text unfolds to is paid for twice as what codings make: many begin, and end soon. */
static bool on_unzipped(void *context, struct bytes text) {
    struct inspection *n = context;
    inspection_feed(n, text.p, text.n);
    if (allowance_spend(n->object->allowance, ACCOUNT_DECODED, 2 * text.n))
        return true;
    n->object->bounded = true;
    counter_one(COUNTER_CODING_ALLOWANCE);
    return false;
}

static void drop_unzip(struct inspection *n) {
    struct inspector *i = n->inspector;
    if (!n->unzip)
        return;
    if (i->unzip_spare)
        unzip_destroy(i->unzip_spare);
    unzip_reset(i->unzip_spare = n->unzip);
    n->unzip = NULL;
    i->unzip_used -= UNZIP_MEMORY;
}

static bool take_unzip(struct inspection *n) {
    struct inspector *i = n->inspector;
    if (n->unzip)
        return true;
    if (!allowance_has(n->object->allowance, ACCOUNT_DECODED, ALLOWANCE_DECODER)) {
        n->object->bounded = true;
        counter_one(COUNTER_CODING_ALLOWANCE);
        return false;
    }
    if (i->unzip_used + UNZIP_MEMORY <= i->options.memory / 8) {
        n->unzip = i->unzip_spare ? i->unzip_spare : unzip_create();
        i->unzip_spare = NULL;
    }
    if (!n->unzip) {
        counter_one(COUNTER_INSPECT_UNZIP_SHED);
        return false;
    }
    i->unzip_used += UNZIP_MEMORY;
    return true;
}

/* Many short texts cost as much as one. */
static void flush_gathered(struct inspection *n) {
    struct inspector *i = n->inspector;
    if (i->gathered > 0)
        inspection_feed(n, i->gather, i->gathered);
    i->gathered = 0;
}

static void gather_text(struct inspection *n, struct bytes text) {
    struct inspector *i = n->inspector;
    if (text.n > sizeof i->gather - i->gathered)
        flush_gathered(n);
    if (text.n > sizeof i->gather) {
        inspection_feed(n, text.p, text.n);
    } else if (text.n > 0) {
        memcpy(i->gather + i->gathered, text.p, text.n);
        i->gathered += text.n;
    }
}

static void feed_deflated(struct inspection *n, struct bytes in) {
    flush_gathered(n);
    if (take_unzip(n))
        unzip_push(n->unzip, in, on_unzipped, n);
}

/* --- Files in it --- */

static void open_child(struct inspection *n, uint64_t size) {
    struct picture *p = n->picture;
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    const struct unpack_child child = {.fact = fact, .total = size == UINT64_MAX ? LENGTH_UNKNOWN : size};
    fact[FACT_ORIGIN] = bytes_text(p->what);
    p->waits = false;
    p->child = unpack_begin(n->object->unpack, &child);
    if (p->child)
        counter_one(COUNTER_INSPECT_CHILDREN);
}

static void leave_child(struct inspection *n) {
    n->picture->waits = false;
    unpack_bounded(n->object->unpack);
    counter_one(COUNTER_INSPECT_CHILDREN_UNPAID);
}

/* Like the members of an archive: those of few bytes are paid for by the bytes of their hosts. */
static void begin_child(struct inspection *n, const char *what, uint64_t size) {
    struct picture *p = n->picture;
    p->what = what;
    p->passed = true;
    p->kept_n = 0;
    if (!n->object->unpack)
        return;
    if (unpack_pays(n->object->unpack) || (size != UINT64_MAX && size >= ALLOWANCE_SMALL))
        open_child(n, size);
    else if (size == UINT64_MAX)
        p->waits = true;
    else
        leave_child(n);
}

/* What waited is worth an object after all. */
static void open_kept(struct inspection *n) {
    struct picture *p = n->picture;
    if (p->waits)
        open_child(n, UINT64_MAX);
    if (p->child && p->kept_n > 0)
        filter_data(p->child, p->kept, p->kept_n);
    p->kept_n = 0;
}

static void give_child(struct inspection *n, struct bytes in) {
    struct picture *p = n->picture;
    if (p->waits && in.n <= (size_t)(KEPT_MAX - p->kept_n)) {
        memcpy(p->kept + p->kept_n, in.p, in.n);
        p->kept_n = (uint16_t)(p->kept_n + in.n);
        return;
    }
    open_kept(n);
    if (p->child && in.n > 0)
        filter_data(p->child, in.p, in.n);
}

static void end_child(struct inspection *n, enum transfer_end how) {
    struct picture *p = n->picture;
    if (p->waits)
        leave_child(n);
    if (p->child)
        filter_end(p->child, how);
    p->child = NULL;
    p->passed = false;
}

/* Of a film a few frames are enough to say what it shows. */
static bool is_looked_at(struct picture *p) {
    return p->image.child_key == 0 || p->frames++ < FRAMES_MAX;
}

static void feed_child(struct inspection *n, struct bytes in) {
    struct picture *p = n->picture;
    flush_gathered(n); /* the child gathers too */
    if (!p->child && !p->passed && is_looked_at(p))
        begin_child(n, p->image.child, p->image.child_n);
    else if (!p->child && !p->passed)
        counter_one(COUNTER_INSPECT_FRAMES_LEFT);
    p->passed = true;
    give_child(n, in);
}

/* --- What is behind the end --- */

static bool is_filler(uint8_t c) {
    return c == 0 || c == 0xff || c == ' ' || c == '\n' || c == '\r';
}

static void begin_trailer(struct inspection *n) {
    struct picture *p = n->picture;
    uint8_t fill[256];
    p->trailer.begun = true;
    counter_one(COUNTER_INSPECT_TRAILERS);
    flush_gathered(n);
    begin_child(n, "trailer", UINT64_MAX);
    memset(fill, p->trailer.fill, sizeof fill);
    for (size_t left = p->trailer.fill_n; left > 0;) {
        size_t some = left < sizeof fill ? left : sizeof fill;
        give_child(n, bytes_of(fill, some));
        left -= some;
    }
    give_child(n, bytes_of(p->trailer.held, p->trailer.held_n));
}

/* How many octets go on filling up. */
static size_t count_fill(struct picture *p, struct bytes in) {
    size_t k = 0;
    if (p->trailer.fill_n == 0 && in.n > 0)
        p->trailer.fill = in.p[0];
    while (k < in.n && in.p[k] == p->trailer.fill && is_filler(in.p[k]))
        k++;
    return k;
}

static void hold_trailer(struct inspection *n, struct bytes *in) {
    struct picture *p = n->picture;
    size_t most = FILL_MAX - p->trailer.fill_n,
           k = p->trailer.other ? 0 : count_fill(p, bytes_of(in->p, in->n < most ? in->n : most));
    p->trailer.fill_n += (uint32_t)k;
    *in = bytes_of(in->p + k, in->n - k);
    if (p->trailer.fill_n == FILL_MAX) {
        begin_trailer(n);
        return;
    }
    while (in->n > 0 && p->trailer.held_n < HELD) {
        p->trailer.other = true;
        p->trailer.held[p->trailer.held_n++] = in->p[0];
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    if (p->trailer.held_n == HELD)
        begin_trailer(n);
}

static void feed_trailer(struct inspection *n, struct bytes in) {
    struct picture *p = n->picture;
    size_t some = TRAILER_MAX - p->matched;
    some = in.n < some ? in.n : some;
    p->matched += (uint32_t)some;
    gather_text(n, bytes_of(in.p, some));
    if (!p->trailer.begun)
        hold_trailer(n, &in);
    if (!p->trailer.begun || in.n == 0)
        return;
    p->trailer.other = p->trailer.other || count_fill(p, in) < in.n;
    flush_gathered(n);
    give_child(n, in);
}

/* Fewer octets than make a child; fillers are nothing. */
static bool has_trailer(const struct picture *p) {
    bool some = p->trailer.begun && p->trailer.other;
    for (unsigned k = 0; k < p->trailer.held_n && !some; k++)
        some = !is_filler(p->trailer.held[k]);
    return some;
}

/* --- Facts --- */

static struct bytes say_numbers(char *room, size_t size, const char *format, uint32_t a, uint32_t b) {
    return bytes_of(room, (size_t)snprintf(room, size, format, a, b));
}

static struct bytes say_camera(const struct image_facts *f, char *room) {
    size_t n = f->make_n;
    memcpy(room, f->make, n);
    /* Some makers begin the model with their name. */
    if (f->model_n >= n && n > 0 && memcmp(f->model, f->make, n) == 0)
        n = 0;
    if (n > 0 && f->model_n > 0)
        room[n++] = ' ';
    memcpy(room + n, f->model, f->model_n);
    return bytes_of(room, n + f->model_n);
}

static struct bytes say_metadata(const struct image_facts *f, char *room, size_t size) {
    static const struct {
        enum image_holds bit;
        const char *word;
    } words[] = {{IMAGE_HOLDS_EXIF, "exif"},
                 {IMAGE_HOLDS_XMP, "xmp"},
                 {IMAGE_HOLDS_IPTC, "iptc"},
                 {IMAGE_HOLDS_COMMENT, "comment"}};
    size_t n = 0;
    for (size_t k = 0; k < sizeof words / sizeof *words; k++)
        if (f->holds & words[k].bit)
            n += (size_t)snprintf(room + n, size - n, "%s%s", n ? "," : "", words[k].word);
    return bytes_of(room, n);
}

static void tell_facts(struct inspection *n) {
    struct picture *p = n->picture;
    const struct image_facts *f = &p->image.facts;
    char size[32], depth[16], frames[16], metadata[64], camera[2 * IMAGE_NAME_MAX + 1];
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    p->sized = f->width > 0;
    if (!n->object->unpack)
        return;
    if (f->width > 0)
        fact[FACT_IMAGE_SIZE] = say_numbers(size, sizeof size, "%ux%u", f->width, f->height);
    if (f->depth > 0)
        fact[FACT_IMAGE_DEPTH] = say_numbers(depth, sizeof depth, "%u", f->depth, 0);
    if (f->frames > 0)
        fact[FACT_IMAGE_FRAMES] = say_numbers(frames, sizeof frames, "%u", f->frames, 0);
    fact[FACT_IMAGE_CAMERA] = say_camera(f, camera);
    fact[FACT_IMAGE_METADATA] = say_metadata(f, metadata, sizeof metadata);
    if (f->holds & IMAGE_HOLDS_PLACE)
        fact[FACT_IMAGE_PLACE] = bytes_text("gps");
    unpack_replace(n->object->unpack, fact);
}

/* What may be odd about a picture: those that its walk notes, by their bits, and where it does not begin or
 * end with its object. */
enum { ODD_LEADING = 128, ODD_TRAILING = IMAGE_NOTE_TRAILING };

static const struct {
    unsigned bit;
    const char *word;
} words[PICTURE_WORDS] = {{ODD_LEADING, "leading-data"},        {ODD_TRAILING, "trailing-data"},
                          {IMAGE_NOTE_HIDDEN, "hidden-data"},   {IMAGE_NOTE_BEHIND, "unread-directory"},
                          {IMAGE_NOTE_BOUND, "too-many-parts"}, {IMAGE_NOTE_BROKEN, "broken-structure"}};

unsigned picture_words(const struct inspection *n, const char *out[PICTURE_WORDS]) {
    unsigned count = 0;
    for (size_t k = 0; k < PICTURE_WORDS; k++)
        if (n->oddities & words[k].bit)
            out[count++] = words[k].word;
    return count;
}

static void tell_notes(struct inspection *n) {
    struct picture *p = n->picture;
    const char *odd[PICTURE_WORDS];
    n->oddities = p->image.facts.notes | (n->object->picture > 0 ? ODD_LEADING : 0u) |
                  (has_trailer(p) ? ODD_TRAILING : 0u);
    if (!n->object->unpack)
        return;
    for (unsigned k = 0, count = picture_words(n, odd); k < count; k++)
        unpack_note(n->object->unpack, odd[k]);
    if (n->oddities & IMAGE_NOTE_BOUND)
        counter_one(COUNTER_INSPECT_PICTURES_BOUND);
}

/* --- The walk --- */

static void feed_piece(struct inspection *n, const struct image_piece *piece, size_t took) {
    switch (piece->part) {
    case IMAGE_PIXELS:
        counter_add(COUNTER_INSPECT_BYTES_PIXELS, took);
        break;
    case IMAGE_DEFLATED:
        feed_deflated(n, piece->bytes);
        break;
    case IMAGE_CHILD:
        feed_child(n, piece->bytes);
        break;
    case IMAGE_BREAK: /* what stands in two segments is not one text */
        end_child(n, TRANSFER_DONE);
        drop_unzip(n);
        gather_text(n, bytes_text("\n"));
        break;
    case IMAGE_METADATA:
        gather_text(n, piece->bytes);
        break;
    case IMAGE_TRAILER:
        feed_trailer(n, piece->bytes);
    }
}

void picture_feed(struct inspection *n, struct bytes in) {
    struct picture *p = n->picture;
    while (in.n > 0) {
        struct image_piece piece;
        size_t took = image_step(&p->image, in, &piece);
        in.p += took;
        in.n -= took;
        feed_piece(n, &piece, took);
    }
    flush_gathered(n);
    if (!p->sized && p->image.facts.width > 0)
        tell_facts(n);
}

void picture_gap(struct inspection *n, uint64_t missing) {
    struct picture *p = n->picture;
    uint64_t inside = image_skip_child(&p->image, missing);
    drop_unzip(n);
    if (p->trailer.begun)
        inside = missing;
    if (inside > 0)
        open_kept(n);
    if (p->child && inside > 0)
        filter_gap(p->child, inside);
    if (p->waits || (p->child && inside < missing))
        end_child(n, TRANSFER_CUT);
    image_skip(&p->image, missing);
}

bool picture_begin(struct inspection *n, const char *mime) {
    struct picture *p = pool_take(&n->inspector->pictures);
    if (!p)
        return false;
    memset((uint8_t *)p + sizeof p->image, 0, offsetof(struct picture, kept) - sizeof p->image);
    n->picture = p;
    image_init(&p->image, mime);
    if (n->object->basis == TYPE_BY_NAME)
        image_skip(&p->image, n->object->offset);
    return true;
}

void picture_end(struct inspection *n) {
    struct picture *p = n->picture;
    drop_unzip(n);
    if (!p)
        return;
    bool whole = image_child_is_whole(&p->image) || (p->trailer.begun && n->object->complete);
    end_child(n, whole ? TRANSFER_DONE : TRANSFER_CUT);
    tell_facts(n);
    tell_notes(n);
    pool_give(&n->inspector->pictures, p);
    n->picture = NULL;
}
