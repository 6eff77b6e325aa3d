/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_EXAMINE_EXAMINE_H
#define GANTRY_EXAMINE_EXAMINE_H

#include "content/unpack/unpack.h"
#include "settings/setting.h"

/* Files of which nothing can be read while they stream, since what says where things are stands at their end
 * or anywhere: their bytes are gathered in one piece of memory (slots.h), and once they are over a format
 * takes them apart. What comes out are children, as of any unpacker. */

struct examine_options {
    uint64_t count;      /* processes that do it */
    uint64_t slots;      /* files that a worker holds at once, */
    uint64_t memory;     /* and bytes of them together; 0: a share of sensor.memory */
    uint64_t size_max;   /* bytes of a file that are gathered */
    uint64_t output_max; /* bytes that may come out of one, */
    uint64_t time;       /* and ns of processor time that it may take */
};

extern const struct setting examine_settings[]; /* examiners of gantry.yaml */

/* One file that is taken apart. */
struct examined {
    struct unpack *unpack;
    const struct file_type *type;
    struct bytes image; /* its bytes; only the first of them, where it is not whole */
    bool whole;
    bool over;       /* a bound is met: what is begun now is left out */
    uint64_t output; /* bytes that may still come out */
    unsigned begun;  /* children */
};

struct examine_format {
    const char *name;
    bool (*matches)(const struct file_type *type);
    /* Makes the children. It trusts no byte, and its memory and work are bounded by the file's size and by
     * what examined_begin() and examined_data() say. */
    void (*examine)(struct examined *x);
    /* Before the sandbox closes: what its library reads only once. NULL: nothing. */
    void (*prepare)(void);
    /* What bytes of the wire it takes to pay for one, by its bytes. NULL: ALLOWANCE_EXAMINED. */
    size_t (*price)(struct bytes image);
};

/* formats.c: all of them, NULL-terminated. */
extern const struct examine_format *const examine_formats[];

/* A child begins, of which this is known (FACT_COUNT; `total` as of struct unpack_child). NULL: a bound is
 * met, and it is left out. The caller ends it. */
struct filter *examined_begin(struct examined *x, const struct bytes *fact, uint64_t total);
/* The same of a text that the format makes, whose octets stand nowhere in the file: no digest tells of them.
 * `fact`: NULL: nothing is known. */
struct filter *examined_text(struct examined *x, const struct bytes *fact);
/* Some of its bytes, or of zeros that stand for a hole. False: a bound is met, no more of it comes. */
bool examined_data(struct examined *x, struct filter *child, const uint8_t *bytes, size_t n);
bool examined_zeros(struct examined *x, struct filter *child, uint64_t n);
/* The last part of a path, as a file's name; in `room` (of `size` bytes) where it must be changed. */
struct bytes examined_name(const char *path, char *room, size_t size);
/* It cannot be taken apart, or not to its end: the object says so, if not that it is encrypted. */
void examined_broken(struct examined *x);
/* Where nothing came out: a picture that stands somewhere in its bytes is a child, as it is one in a file of
 * no known kind. */
void examined_plainly(struct examined *x);

/* --- gather.c --- */

/* These unpackers (NULL-terminated), and behind them those that gather, for content_create(). One list a
 * process. */
const struct unpacker *const *examine_unpackers(const struct unpacker *const *table);

struct examine_slots;
/* What this process gathers in, before its content is created; borrowed. NULL: nothing is gathered. `here`:
 * it is taken apart by this process as soon as it is over, else somebody else is to take it (slots.h). */
void examine_use(struct examine_slots *slots, const struct examine_options *options, bool here);
/* While a file is taken apart here, what pays for all that comes out of it, at any depth; else NULL. */
struct allowance *examine_purse(void);
/* The same for all that comes until it is switched off: where the file itself is examined from its first
 * byte. */
void examine_pay(bool on);
/* Bytes that came out of all files that were taken apart here so far. */
uint64_t examine_made(void);
/* Out of one of this price and of `size` bytes came `made` bytes: where they are worth more, the rest is owed
 * by who paid it. NULL: nobody did. */
void examine_charge(struct allowance *payer, size_t price, uint64_t size, uint64_t made);

#endif
