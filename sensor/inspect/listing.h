/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_LISTING_H
#define GANTRY_INSPECT_LISTING_H

#include "base/bytes.h"

/* Names of files in text that lists them: lines as ls, tar, rsync, dir, smbclient and MLSD (RFC 3659) write
 * them, links of a page, lines that end with a slash, and, in whatever text, what ends as a picture's or a
 * film's name does. A name is told without the folders before it. */
enum { LISTING_HELD_MAX = 1024 };

struct listing {
    bool midst;       /* what is held does not begin a line */
    bool swallows;    /* a word that is too long for a name goes on */
    unsigned held_n;  /* octets of a line whose end did not come yet */
    uint8_t last[32]; /* the beginning of the name told last: pages have each twice */
    unsigned last_n;
    uint8_t held[LISTING_HELD_MAX];
};

/* Borrowed for the call. */
typedef void listing_found(void *context, struct bytes name);

/* Text in pieces of any size; all zero at first, but for `held`, which may be anything. A line longer than
 * LISTING_HELD_MAX is looked at in parts.
 */
void listing_push(struct listing *l, struct bytes text, listing_found *found, void *context);
/* No more comes. */
void listing_end(struct listing *l, listing_found *found, void *context);

/* --- listing_line.c --- */
/* The name that a whole line lists, without its line end; n == 0: it is no line of a listing. */
struct bytes listing_line_name(struct bytes line);

/* --- listing_find.c --- */
#define LISTING_LINK "href=\"" /* a link of a page begins so */
/* The next octet from `at` on that may belong to a name in whatever text: the dot before a picture's ending,
 * or the beginning of a link; text.n: none. */
size_t listing_find_mark(struct bytes text, size_t at);
/* The same without what some processors cannot do. */
size_t listing_find_mark_plain(struct bytes text, size_t at);
/* Where the next line begins that may list a name, from the line that begins at `at` on; lines.n: none. */
size_t listing_find_line(struct bytes lines, size_t at);
bool listing_is_picture_ending(struct bytes ending);

#endif
