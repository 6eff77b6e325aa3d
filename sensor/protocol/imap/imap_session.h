/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_IMAP_SESSION_H
#define GANTRY_PROTOCOL_IMAP_SESSION_H

#include "coding/filter.h"
#include "protocol/imap/imap.h"

/* Internal to imap/: one connection. imap_line.c takes lines and literals apart, imap_literal.c knows what a
 * literal is, imap.c what the lines change. */

enum {
    IMAP_LINE_MAX = 4096, /* octets of a line that are kept: its beginning, and its last ones */
    IMAP_LINE_HEAD = 2048,
    IMAP_TAG_MAX = 32,
    IMAP_NAME_MAX = 256, /* of a mailbox, a user */
    IMAP_PEEK = 80,      /* octets of a literal that tell its coding */
    IMAP_LINE_USUAL =
        8192, /* RFC 7162 section 4: no client needs more. What a line has beyond it is a thing */
};

struct imap_name {
    uint16_t n;
    uint8_t p[IMAP_NAME_MAX];
};

/* What one side sends. */
struct imap_lines {
    enum { IMAP_AT_LINE, IMAP_AT_LITERAL, IMAP_AT_STRAY } at;
    bool waits;           /* the literal comes only if the server wants it */
    bool peeks;           /* how it is coded is not known yet: its first octets are in `peek` */
    bool open;            /* `transfer` was begun, which may be NULL */
    bool lost_line;       /* its beginning is missing */
    uint64_t missed;      /* octets since a gap behind which no line is certain; 0: the place is known */
    uint64_t line_octets; /* so far, literals left out */
    uint64_t left;        /* octets of the literal */
    struct transfer *transfer;
    uint16_t n, peek_n;
    uint8_t line[IMAP_LINE_MAX];
    uint8_t peek[IMAP_PEEK];
};

struct imap {
    struct conversation *c;
    bool sides_known, credentials;
    bool spent; /* a bound keeps COMPRESS from being undone */
    enum side server;
    /* What is asked for; what was granted, or begins at the line that is held without a word. */
    enum { IMAP_GOES_ON, IMAP_TLS, IMAP_DEFLATE, IMAP_TLS_HERE } asks, turns;
    uint8_t tag_n, tag[IMAP_TAG_MAX]; /* of the command that does, or whose literal waits */
    uint64_t asked;                   /* octets of a part that the client asked for last; 0: none */
    struct imap_name user, mailbox;
    struct imap_lines lines[2]; /* by enum side */
    /* By enum side: what undoes COMPRESS, NULL before it. */
    struct filter *undo[2];
    struct imap_inflated {
        struct filter filter;
        struct imap *session;
        enum side from;
    } inflated[2];
};

/* --- imap_line.c --- */

/* The clear octets of a side: how many were taken, up to where `turns` says that something else begins. */
size_t imap_take(struct imap *s, enum side from, const uint8_t *p, size_t n);
void imap_gap(struct imap *s, enum side from, uint64_t n);
void imap_end(struct imap *s, enum side from, enum transfer_end how);
/* The server does not want the literal of the command with this tag, if one waits: a new line comes. */
void imap_refuse_literal(struct imap *s, struct bytes tag);

/* --- imap_literal.c --- */

/* Does the line end by announcing a literal (RFC 9051 section 4.3)? */
bool imap_literal_size(struct bytes line, uint64_t *size, bool *waits);
/* What is known of the one that `line` announces. False: it is of no interest. */
bool imap_literal_seed(struct imap *s, enum side from, struct bytes line, uint64_t size,
                       struct transfer_seed *out, bool *peeks);
/* Is it base64, by its first octets? */
bool imap_literal_is_base64(struct bytes first);

/* --- imap.c --- */

/* May a line begin so? */
bool imap_is_line(const struct imap *s, enum side from, struct bytes line);
/* Is it one that hardly stands in a literal? */
bool imap_is_certain(const struct imap *s, enum side from, struct bytes line);
/* A line has ended, its literals left out. False: it is none of this protocol. */
bool imap_take_line(struct imap *s, enum side from, struct bytes line);

#endif
