/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_EXAMINE_OLE_H
#define GANTRY_EXAMINE_OLE_H

#include "examine/examine.h"

/* Compound files of OLE 2 ([MS-CFB]): storages and streams, and what Word, Excel, PowerPoint and Outlook keep
 * in them. */

enum { OLE_ENTRIES_MAX = 1 << 16, OLE_NAME_MAX = 128, OLE_NONE = -1, OLE_ROOT = 0 };

struct ole_entry {
    char name[OLE_NAME_MAX]; /* UTF-8 */
    uint8_t kind;            /* enum ole_kind */
    int parent;              /* OLE_NONE: nobody's */
    int child, next;         /* the first below it, and the one behind it below the same; OLE_NONE: none */
    uint32_t start;
    uint64_t size;
};
enum ole_kind { OLE_EMPTY = 0, OLE_STORAGE = 1, OLE_STREAM = 2, OLE_IS_ROOT = 5 };

struct ole {
    struct examined *examined;
    struct bytes image;
    unsigned shift;     /* of sectors */
    uint32_t *fat;      /* the next sector, by sector */
    uint32_t sectors;   /* in `fat` */
    uint32_t *mini_fat; /* the same of small streams, in units of 64 octets */
    uint32_t minis;
    uint8_t *mini; /* the octets of these */
    size_t mini_n;
    uint32_t cutoff; /* below it a stream is a small one */
    struct ole_entry *entry;
    int entries;
    uint64_t left;       /* octets of streams that may still be read */
    struct filter *text; /* NULL: none yet */
};

/* --- cfb.c --- */
bool ole_open(struct ole *o, struct bytes image); /* false: it is none; ole_close() all the same */
void ole_close(struct ole *o);
/* What a stream holds, as far as it is there; freed by the caller. `p` NULL: nothing, or more was read of
 * them all than a file can hold, which is told. */
struct ole_bytes {
    uint8_t *p;
    size_t n;
};
struct ole_bytes ole_read(struct ole *o, int entry);
int ole_find(const struct ole *o, int parent, const char *name); /* nocase; OLE_NONE: there is none */

/* --- ole.c --- */
/* The text of the document, of which there is one. */
void ole_put_text(struct ole *o, const char *text, size_t n);
void ole_put_utf16(struct ole *o, struct bytes text); /* little-endian */
void ole_put_latin(struct ole *o, struct bytes text); /* windows-1252, but for its rarer signs Latin-1 */
/* A child of these octets. */
void ole_give(struct ole *o, const char *name, struct bytes body);
/* UTF-16 as UTF-8, NUL-terminated, as much as fits. */
void ole_utf8(struct bytes utf16, char *out, size_t size);

/* --- what the programs keep; each takes its streams below `parent` --- */
void ole_take_word(struct ole *o, int parent, int document);
void ole_take_excel(struct ole *o, int workbook);
void ole_take_powerpoint(struct ole *o, int document);
void ole_take_message(struct ole *o, int parent, unsigned depth);
/* Pictures as Office keeps them ([MS-ODRAW] section 2.2.23), wherever they stand. */
void ole_take_pictures(struct ole *o, struct bytes in);

/* --- xls_strings.c: the strings of a workbook --- */
struct xls_strings {
    char *text; /* UTF-8, each NUL-terminated */
    size_t n, room;
    uint32_t *at;
    uint32_t count, most;
};
/* `body`: of SST and of the records that continue it, as they stand in the file from `at` on. */
void xls_read_strings(struct xls_strings *s, struct bytes file, size_t at);
void xls_strings_free(struct xls_strings *s);
const char *xls_string(const struct xls_strings *s, uint32_t which); /* "": there is none */

#endif
