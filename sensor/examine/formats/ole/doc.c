/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include <stdlib.h>

/* Word 97 and later ([MS-DOC] sections 2.4.1 and 2.8.35): the text lies in pieces, of which a table in
 * another stream says where each stands, and whether in octets or in UTF-16. */

enum { FLAGS = 0x0a, SEALED = 0x0100, TABLE_1 = 0x0200, CLX = 0x01a2, PIECE = 8, COMPRESSED = 1 << 30 };

static uint32_t u32_at(struct bytes b, size_t at) {
    const uint8_t *p = b.p + at;
    return at + 4 <= b.n ? p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24 : 0;
}

/* The table of pieces, behind properties that nobody asks for. */
static struct bytes find_pieces(struct bytes clx) {
    enum { PROPERTIES = 1, PIECES = 2 };
    while (clx.n > 5 && clx.p[0] == PROPERTIES) {
        size_t n = 3 + (size_t)(clx.p[1] | clx.p[2] << 8);
        clx = n < clx.n ? bytes_of(clx.p + n, clx.n - n) : bytes_of(NULL, 0);
    }
    if (clx.n <= 5 || clx.p[0] != PIECES)
        return bytes_of(NULL, 0);
    uint32_t n = u32_at(clx, 1);
    return bytes_of(clx.p + 5, n < clx.n - 5 ? n : clx.n - 5);
}

static void put_piece(struct ole *o, struct bytes document, uint32_t at, uint64_t signs) {
    bool octets = at & COMPRESSED;
    uint64_t from = at & ~(uint32_t)COMPRESSED, n = octets ? signs : 2 * signs;
    from = octets ? from / 2 : from;
    if (from >= document.n)
        return;
    n = n < document.n - from ? n : document.n - from;
    if (octets)
        ole_put_latin(o, bytes_of(document.p + from, (size_t)n));
    else
        ole_put_utf16(o, bytes_of(document.p + from, (size_t)n));
}

static void put_pieces(struct ole *o, struct bytes document, struct bytes pieces) {
    size_t n = pieces.n > 4 ? (pieces.n - 4) / (4 + PIECE) : 0;
    uint64_t left = document.n; /* pieces that lie over each other make no more of it than there is */
    for (size_t i = 0; i < n && left > 0; i++) {
        uint32_t from = u32_at(pieces, 4 * i), to = u32_at(pieces, 4 * (i + 1));
        uint64_t signs = to > from ? to - from : 0;
        signs = signs < left ? signs : left;
        put_piece(o, document, u32_at(pieces, 4 * (n + 1) + PIECE * i + 2), signs);
        left -= signs;
    }
}

void ole_take_word(struct ole *o, int parent, int entry) {
    struct ole_bytes document = ole_read(o, entry);
    struct bytes d = bytes_of(document.p, document.n);
    uint32_t flags = u32_at(d, FLAGS);
    int table = ole_find(o, parent, flags & TABLE_1 ? "1Table" : "0Table");
    struct ole_bytes t = table == OLE_NONE ? (struct ole_bytes){.p = NULL} : ole_read(o, table);
    uint32_t at = u32_at(d, CLX), n = u32_at(d, CLX + 4);
    if (flags & SEALED || at >= t.n)
        examined_broken(o->examined);
    else
        put_pieces(o, d, find_pieces(bytes_of(t.p + at, n < t.n - at ? n : t.n - at)));
    free(t.p);
    free(document.p);
}
