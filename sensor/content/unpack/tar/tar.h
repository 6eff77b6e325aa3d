/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_TAR_H
#define GANTRY_CONTENT_TAR_H

#include "base/pool.h"
#include "base/tar.h"
#include "content/unpack/archived.h"

/* Internal to content/unpack/: tar (the form of Unix' seventh edition, ustar of POSIX.1-1988, pax of
 * POSIX.1-2001, GNU): blocks of 512 octets, of which one is a member's header and those behind it are its
 * content. Two blocks of zeros end it; where another archive was put behind it, its members are those of the
 * first. */

enum { TAR_PATH = 2048, TAR_PROPERTY = 2048, TAR_PIECES = 256 };

/* Properties of the next member, "27 path=lane4/a.jpg\n" one behind the other (pax, section "pax Extended
 * Header"), as they come. */
struct tar_properties {
    uint64_t left;   /* octets of the present one to come; 0: of its length */
    uint64_t length; /* so far, */
    uint8_t digits;  /* and of so many digits */
    bool broken;     /* what follows is none */
    bool cut;        /* it is longer than there is room for */
    uint16_t n;
    uint8_t text[TAR_PROPERTY];
};

/* A file of which zeros were left out: where its pieces belong. */
struct tar_sparse {
    bool on;
    bool leads;     /* a map in decimal numbers, a line each, stands before the content (GNU's form 1.0) */
    bool over;      /* it has more pieces than are kept, or makes no sense from some piece on */
    uint16_t n;     /* pieces */
    uint16_t at;    /* that are done */
    uint64_t real;  /* octets of the file; LENGTH_UNKNOWN */
    uint64_t place; /* in the file */
    uint64_t lines, line; /* of a map before the content: how many there are, and have come */
    uint64_t number;      /* the present one, or a place whose size is still to come */
    bool digits;          /* some of it has come */
    bool named;           /* the file's name has come, which its header does not say */
    struct tar_piece {
        uint64_t offset, n;
    } piece[TAR_PIECES];
};

struct tar {
    struct filter filter;
    struct pool *pool;
    struct archived archived;
    enum {
        TAR_AT_HEADER,
        TAR_AT_MORE,
        TAR_AT_FILE,
        TAR_AT_KEPT,
        TAR_AT_SKIPPED,
        TAR_AT_PADDING,
        TAR_AT_TRAILER, /* what is behind the end, and no archive */
        TAR_AT_OVER
    } at;
    bool zeros;       /* the block before is one of zeros: it may be over */
    bool lost;        /* where the next header stands is not known: it is looked for */
    bool plain;       /* headers have no magic */
    char kept_as;     /* type of the member whose content is kept: a name (L), properties (x) */
    uint16_t have;    /* octets of the header */
    uint16_t padding; /* behind the content */
    uint64_t left;    /* octets of the content to come */
    uint64_t size;    /* as properties say; LENGTH_UNKNOWN: they do not */
    uint64_t seen;    /* octets of the archive, missing ones included */
    uint16_t path_n;  /* as another member says; 0: none does */
    uint8_t path[TAR_PATH];
    uint8_t header[TAR_BLOCK];
    struct tar_properties properties;
    struct tar_sparse sparse;
};

void tar_set_path(struct tar *t, struct bytes path);

/* --- properties.c --- */
void tar_properties_begin(struct tar *t);
void tar_properties_take(struct tar *t, const uint8_t *bytes, size_t n);

/* --- sparse.c --- */
void tar_sparse_clear(struct tar *t);
/* A piece of GNU's first form, as headers and what follows them hold `n` of them. */
void tar_sparse_read(struct tar *t, const uint8_t *entries, size_t n);
void tar_sparse_add(struct tar_sparse *s, uint64_t offset, uint64_t n);
/* Content of the present member, or so much of it that is missing (bytes NULL). */
void tar_sparse_take(struct tar *t, const uint8_t *bytes, uint64_t n);
/* What follows the last piece. */
void tar_sparse_end(struct tar *t);

#endif
