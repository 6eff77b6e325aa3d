/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ZIP_H
#define GANTRY_CONTENT_ZIP_H

#include "base/hash.h"
#include "base/pool.h"
#include "content/unpack/unpack.h"
#include "content/unpack/zip/office.h"

/* Internal to content/unpack/: ZIP archives (PKWARE's APPNOTE.TXT; sections are its), read from the first
 * octet on: each member stands behind a header of its own (4.3.7), the directory behind them all tells of
 * them once more. */

enum {
    ZIP_SIGNATURE = 4,
    ZIP_LOCAL = 30,   /* header of a member (4.3.7), without its name and extra fields */
    ZIP_CENTRAL = 46, /* line of the directory (4.3.12), likewise */
    ZIP_END = 22,     /* (4.3.16), without the remark */
    ZIP_END_64 = 12,  /* beginning of that with 64 bits (4.3.14) */
    ZIP_LOCATOR = 20, /* (4.3.15) */
    ZIP_HELD = 128,   /* octets that wait for those behind them */
    ZIP_NAME = 2048,  /* octets of a name that are kept */
    ZIP_EXTRA = 1024, /* and of extra fields */
    ZIP_LZMA = 9,     /* what stands before LZMA's stream (5.8.8) */
};

enum zip_sign {
    ZIP_NOTHING = 0,
    ZIP_IS_LOCAL = 0x0403,
    ZIP_IS_CENTRAL = 0x0201,
    ZIP_IS_END = 0x0605,
    ZIP_IS_END_64 = 0x0606,
    ZIP_IS_LOCATOR = 0x0706,
    ZIP_IS_DESCRIPTOR = 0x0807,
};

/* General purpose flags (4.4.4) and methods (4.4.5). */
enum { ZIP_ENCRYPTED = 1, ZIP_MARKED = 2, ZIP_STREAMED = 8, ZIP_STRONG = 64, ZIP_UTF8 = 2048 };
enum { ZIP_STORED = 0, ZIP_DEFLATED = 8, ZIP_LZMA_METHOD = 14, ZIP_AES = 99 };

/* What a header says of a member. */
struct zip_entry {
    uint16_t flags, method, time, date, disk;
    uint32_t crc;
    uint64_t packed, size; /* octets as they stand there, and of the content */
    bool long_sizes;       /* they have 64 bits */
};

struct zip;

/* The content of the member that is being read: a filter in front of its child, which begins with the first
 * octet. */
struct zip_member {
    struct filter filter;
    struct zip *zip;
    struct filter *head;  /* what its packed octets go to; NULL: it is not looked at */
    struct filter *child; /* NULL: none yet */
    bool refused;         /* it got none */
    bool cut;             /* some of it is missing or wrong */
    uint32_t crc;         /* of what was seen, */
    uint64_t size;        /* and how much that is */
    uint64_t packed;      /* octets that it took */
    uint8_t lzma_n;       /* octets of the head of LZMA so far */
    uint8_t lzma[ZIP_LZMA];
};

struct zip {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    enum zip_at {
        ZIP_AT_SIGNATURE, /* a header should begin */
        ZIP_AT_NAME,
        ZIP_AT_EXTRA,
        ZIP_AT_SKIPPED,    /* octets of which the number is known */
        ZIP_AT_CONTENT,    /* of a member, of which the number is known */
        ZIP_AT_DOUBT,      /* it is over, but its coding is not */
        ZIP_AT_STREAM,     /* which its coding ends */
        ZIP_AT_UNBOUND,    /* which a descriptor ends that tells just its size */
        ZIP_AT_DESCRIPTOR, /* (4.3.9) */
        ZIP_AT_NOWHERE,    /* a header is looked for */
    } at;
    bool central;                 /* the header is a line of the directory */
    bool gapped;                  /* not all headers were seen */
    bool ended;                   /* the end of a directory was seen */
    uint8_t held_n;               /* octets in `held` */
    uint16_t name_n, extra_n;     /* octets that are kept */
    uint16_t extra_left, comment; /* octets behind the name */
    uint64_t left;                /* of what is known, to come */
    struct zip_entry entry;
    struct zip_member member;
    struct pool *offices;
    struct office *office;  /* what a document's members say together; NULL: nothing yet */
    struct filter *listing; /* the child that holds the names of the directory; NULL: none yet */
    bool listing_refused;
    uint64_t members, lines;       /* headers, and lines of the directory */
    uint64_t encrypted;            /* members */
    uint64_t member_sum, line_sum; /* what they say: the same where they agree, in whatever order */
    struct hash_key key;
    uint8_t held[ZIP_HELD];
    uint8_t name[ZIP_NAME];
    uint8_t extra[ZIP_EXTRA];
};

static inline uint16_t zip_u16(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t zip_u32(const uint8_t *p) {
    return zip_u16(p) | (uint32_t)zip_u16(p + 2) << 16;
}

static inline uint64_t zip_u64(const uint8_t *p) {
    return zip_u32(p) | (uint64_t)zip_u32(p + 4) << 32;
}

static inline enum zip_sign zip_sign(const uint8_t *p) {
    return p[0] == 'P' && p[1] == 'K' ? (enum zip_sign)(p[2] | p[3] << 8) : ZIP_NOTHING;
}

/* --- zip.c --- */
/* For all archives of a worker: so many at once. NULL: no memory. */
struct zip_all *zip_start(size_t archives);
void zip_stop(struct zip_all *all); /* accepts NULL */
/* The filter of an archive that begins with the next octet. NULL: there are too many (counted, and told). */
struct filter *zip_open(struct zip_all *all, struct unpack *u);
/* Other data stand before it. */
void zip_is_inside(struct filter *archive);

/* --- entry.c --- */
/* A header of ZIP_LOCAL or ZIP_CENTRAL octets. */
void zip_entry_read(struct zip *z, const uint8_t *header, bool central);
/* The rest of it: what the extra fields say of its sizes. */
void zip_entry_extend(struct zip *z);
/* The name as UTF-8: Info-ZIP's field for it (4.6.9), UTF-8 where it is said or valid, else code page 437. */
enum { ZIP_PATH = 3 * ZIP_NAME };
struct bytes zip_entry_path(const struct zip *z, char scratch[ZIP_PATH]);
/* NULL: nobody knows it. */
const char *zip_method_name(uint16_t method);

/* --- kind.c --- */
/* A member's name may say what the archive is. */
void zip_kind_note(struct zip *z);

/* --- find.c --- */
/* A header that stands where none was expected: is it likely one? *more: so many octets do not tell. */
bool zip_looks_like_header(struct bytes in, bool *more);
/* Where in `in` one begins (*found), or how many octets hold none. */
size_t zip_find_header(struct bytes in, bool *found);
/* The descriptor that ends a member of `packed` octets: its length if it stands at the beginning of `in`;
 * 0: there is none. `entry` has what it says. *more: so many octets do not tell. */
enum { ZIP_DESCRIPTOR = 24 };
size_t zip_descriptor(struct bytes in, uint64_t packed, const uint64_t *size, struct zip_entry *entry,
                      bool *more);
/* Of a member whose end nothing else tells: how many of the octets belong to it; *found: they are the last.
 */
size_t zip_find_end(const struct zip *z, struct bytes in, bool *found);

/* --- member.c --- */
/* From the entry and its name: sets `at` and `left`. */
void zip_member_begin(struct zip *z);
/* Packed octets; how many of them it took: all, unless its coding ends among them. */
size_t zip_member_feed(struct zip *z, struct bytes in);
void zip_member_gap(struct zip *z, uint64_t n);
/* `known`: the entry tells its size and checksum. */
void zip_member_end(struct zip *z, bool known);
/* How its coding stands: it is broken, it has ended, or wants more. All false for what is not coded. */
bool zip_member_is_lost(const struct zip *z);
bool zip_member_is_over(const struct zip *z);
bool zip_member_goes_on(const struct zip *z);
/* Is there a child for what this entry tells of, as long as it is paid for? */
bool zip_member_is_read(const struct zip_entry *e);

/* --- directory.c --- */
/* A header that is read to its end; of a member once its sizes are known. */
void zip_directory_note_member(struct zip *z);
void zip_directory_note_line(struct zip *z);
/* A name for the listing: of a member that is no child, or of the directory. */
void zip_directory_list(struct zip *z);
/* Is it the same as what stood before the members? */
void zip_directory_end(struct zip *z, enum transfer_end how);

#endif
