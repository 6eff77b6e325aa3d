/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_FORMAT_H
#define GANTRY_INSPECT_IMAGES_FORMAT_H

#include "inspect/images/image.h"

/* What a format tells the engine. A format is one file with one const struct image_format, and its
 * name in the list of images/formats.c; the engine knows no format by name.
 *
 * The engine gathers a header (a few octets, however they are cut), gives it to the format's reader, and does
 * what the reader asks for: gather the next header, run over a known length of octets as one part, or walk
 * over octets whose end only the format can see. Each reader asks for exactly one of these, as its last act,
 * and names the reader of the next header; so a format reads as the schema of its file. Lengths come from the
 * wire and are believed only so far: a run of 2^63 octets costs nothing, and no reader is given more than it
 * asked for.
 *
 * A walk only goes forward. A format whose tables point at places (TIFF, HEIF) keeps them in a bounded list,
 * image_add_place(), runs to the nearest, and lets go of what lies behind it. A file within the picture is a
 * run of IMAGE_CHILD; where only its structure tells its end, its reader goes on with i->inner set. */
enum { IMAGE_MIMES_MAX = 8 };

struct image_format {
    const char *mimes[IMAGE_MIMES_MAX]; /* as content/ names them; NULL behind the last */
    uint8_t need;                       /* octets of the first header */
    image_reader *read;                 /* its reader */
    /* Optional. `n` octets are missing, already counted in i->offset, and the engine cannot step over them:
     * they are no part of a run, or more than is left of it. Says what comes next and returns true, or
     * returns false: the place is lost. */
    bool (*skip)(struct image *i, uint64_t n);
};

/* All formats; NULL behind the last. No type is named twice. */
extern const struct image_format *const image_formats[];
/* NULL: no format names this type. */
const struct image_format *image_format_of(const char *mime);

/* Gathers a header of `need` octets, at most IMAGE_HEADER_MAX; the first `kept` of i->header stay as they are
 * and count. `need` is more than `kept`, or both are 0. */
void image_gather(struct image *i, uint8_t kept, uint8_t need, image_reader *read);

/* `n` octets are `part`; a piece of metadata ends behind them. Then a header of `need` octets is gathered; 0
 * calls `read` at once, which may be image_end. */
void image_run(struct image *i, enum image_part part, uint64_t n, uint8_t need, image_reader *read);
/* The same, but the piece goes on behind the run: no break. */
void image_run_open(struct image *i, enum image_part part, uint64_t n, uint8_t need, image_reader *read);

/* `n` octets are a file of their own, which is called `what`; then as behind a run. */
void image_run_child(struct image *i, const char *what, uint64_t n, uint8_t need, image_reader *read);

/* `walk` is given the octets until it asks for something else. */
void image_walk(struct image *i, image_walker *walk);

/* `n` octets of which nothing is known: stretches of letters among them are metadata, the rest is pixels.
 * Then `read`, without a header. */
void image_run_unknown(struct image *i, uint64_t n, image_reader *read);

/* The octets of the header just gathered from number `from` on are told as `part`; else they are told as
 * pixels. Comes beside what the reader asks for next, and before it. */
void image_tell_header(struct image *i, enum image_part part, uint8_t from);

/* Everything from here on is `part`; the picture has ended; the octets do not follow the format. */
void image_rest(struct image *i, enum image_part part);
void image_end(struct image *i);
void image_lost(struct image *i);

/* --- Places ahead --- */

/* Keeps a place that is not behind i->offset; where there are too many it is left out and noted. False: it
 * is not kept. */
bool image_add_place(struct image *i, struct image_place place);
/* The nearest place that is not behind i->offset; those behind are dropped and noted. NULL: none. */
const struct image_place *image_next_place(struct image *i);
void image_drop_place(struct image *i); /* the nearest */

/* --- Facts --- */

/* The size is that of the largest picture that a file tells of. */
void image_note_size(struct image *i, uint32_t width, uint32_t height, uint32_t depth);
static inline void image_note(struct image *i, enum image_note note) {
    i->facts.notes |= (uint8_t)note;
}
static inline void image_holds(struct image *i, enum image_holds what) {
    i->facts.holds |= (uint8_t)what;
}

static inline unsigned image_u16(const uint8_t *p) {
    return (unsigned)p[0] << 8 | p[1];
}

static inline unsigned image_u16le(const uint8_t *p) {
    return (unsigned)p[1] << 8 | p[0];
}

static inline uint32_t image_u32(const uint8_t *p) {
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline uint32_t image_u32le(const uint8_t *p) {
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline uint64_t image_u64(const uint8_t *p) {
    return (uint64_t)image_u32(p) << 32 | image_u32(p + 4);
}

/* Is the four-letter code at `code` one of those in `list`, which stand there without anything between? */
static inline bool image_code_in(const uint8_t *code, const char *list) {
    for (; *list; list += 4)
        if (memcmp(code, list, 4) == 0)
            return true;
    return false;
}

#endif
