/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

static bool matches_ole(const struct file_type *type) {
    return bytes_equal(bytes_text(type->mime), bytes_text("application/x-ole-storage"));
}

/* --- Children --- */

void ole_put_text(struct ole *o, const char *text, size_t n) {
    if (!o->text)
        o->text = examined_text(o->examined, NULL);
    if (o->text && n > 0)
        examined_data(o->examined, o->text, (const uint8_t *)text, n);
}

/* Marks of Word and PowerPoint: the end of a paragraph, of a cell (of a row: two), of a line. */
static uint32_t plain_sign(uint32_t c, uint32_t before) {
    if (c == '\r' || c == 0x0b || c == 0x0c)
        return '\n';
    if (c == 0x07)
        return before == 0x07 ? '\n' : '\t';
    return c < ' ' && c != '\t' && c != '\n' ? 0 : c;
}

static void put_signs(struct ole *o, struct bytes text, size_t each) {
    char room[1024];
    size_t n = 0;
    uint32_t before = 0;
    for (size_t i = 0; i + each <= text.n; i += each) {
        uint32_t c = text.p[i] | (each == 2 ? (uint32_t)text.p[i + 1] << 8 : 0), out = plain_sign(c, before);
        before = c;
        if (c >= 0xd800 && c < 0xdc00 && i + 4 <= text.n) {
            uint32_t low = text.p[i + 2] | (uint32_t)text.p[i + 3] << 8;
            out = 0x10000 + ((c & 0x3ff) << 10 | (low & 0x3ff));
            i += each;
        }
        if (out)
            n += utf8_put(out, room + n);
        if (n + 4 > sizeof room) {
            ole_put_text(o, room, n);
            n = 0;
        }
    }
    if (n > 0)
        ole_put_text(o, room, n);
}

void ole_put_utf16(struct ole *o, struct bytes text) {
    put_signs(o, text, 2);
}

void ole_put_latin(struct ole *o, struct bytes text) {
    put_signs(o, text, 1);
}

void ole_utf8(struct bytes utf16, char *out, size_t size) {
    size_t n = 0;
    for (size_t i = 0; i + 2 <= utf16.n && n + 4 < size; i += 2) {
        uint32_t c = utf16.p[i] | (uint32_t)utf16.p[i + 1] << 8;
        if (c >= 0xd800 && c < 0xdc00 && i + 4 <= utf16.n) {
            c = 0x10000 + ((c & 0x3ff) << 10 | ((utf16.p[i + 2] | (uint32_t)utf16.p[i + 3] << 8) & 0x3ff));
            i += 2;
        }
        if (c)
            n += utf8_put(c, out + n);
    }
    out[n] = '\0';
}

void ole_give(struct ole *o, const char *name, struct bytes body) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char room[1024];
    fact[FACT_NAME] = examined_name(name, room, sizeof room);
    struct filter *child = examined_begin(o->examined, fact, body.n);
    if (!child)
        return;
    bool whole = body.n == 0 || examined_data(o->examined, child, body.p, body.n);
    filter_end(child, whole ? TRANSFER_DONE : TRANSFER_CUT);
}

/* --- Embedded files --- */

/* A packaged file ([MS-OLEDS] section 2.3.6 and what Windows' packager puts there): size, kind, label, path,
 * two words, the length of another path, that path, and the file with its length. */
static void take_package(struct ole *o, struct bytes b) {
    struct reader r = reader_of(b.p, b.n);
    struct bytes label, path;
    uint32_t n;
    if (!reader_skip(&r, 6))
        return;
    label = bytes_until(bytes_of(b.p + 6, b.n - 6), '\0');
    if (!reader_skip(&r, label.n + 1))
        return;
    path = bytes_until(bytes_of(b.p + 6 + label.n + 1, b.n - 6 - label.n - 1), '\0');
    if (!reader_skip(&r, path.n + 1) || !reader_skip(&r, 4) || !reader_u32le(&r, &n) || !reader_skip(&r, n) ||
        !reader_u32le(&r, &n))
        return;
    size_t at = 6 + label.n + 1 + path.n + 1 + 4 + 4;
    struct reader sizes = reader_of(b.p + at - 4, b.n - at + 4);
    uint32_t other, size;
    if (!reader_u32le(&sizes, &other) || !reader_skip(&sizes, other) || !reader_u32le(&sizes, &size))
        return;
    at += other + 4;
    char name[256];
    snprintf(name, sizeof name, "%.*s", (int)label.n, (const char *)label.p);
    ole_give(o, name, bytes_of(b.p + at, size < b.n - at ? size : b.n - at));
}

static void take_embedded(struct ole *o, int entry) {
    const char *name = o->entry[entry].name;
    struct bytes called = bytes_text(name);
    bool native = strcmp(name, "\1Ole10Native") == 0,
         file = bytes_equal_nocase(called, "package") || bytes_equal_nocase(called, "contents"),
         pictures = bytes_equal_nocase(called, "pictures") || bytes_equal_nocase(called, "data");
    if (!native && !file && !pictures)
        return;
    struct ole_bytes b = ole_read(o, entry);
    struct bytes in = bytes_of(b.p, b.n);
    if (native)
        take_package(o, in);
    else if (file)
        ole_give(o, name, in);
    else
        ole_take_pictures(o, in);
    free(b.p);
}

/* What no program of these wrote is told stream by stream. */
static void take_streams(struct ole *o) {
    enum { LEAST = 128 };
    for (int i = 0; i < o->entries && !o->examined->over; i++) {
        if (o->entry[i].kind != OLE_STREAM || o->entry[i].size < LEAST)
            continue;
        struct ole_bytes b = ole_read(o, i);
        ole_give(o, o->entry[i].name, bytes_of(b.p, b.n));
        free(b.p);
    }
}

/* --- The file --- */

static void take_file(struct ole *o) {
    int message = ole_find(o, OLE_ROOT, "__properties_version1.0");
    bool known = message != OLE_NONE;
    if (ole_find(o, OLE_ROOT, "EncryptedPackage") != OLE_NONE) {
        examined_broken(o->examined);
        return;
    }
    if (known)
        ole_take_message(o, OLE_ROOT, 0);
    for (int i = 0; i < o->entries && !o->examined->over && !(known && message != OLE_NONE); i++) {
        const char *name = o->entry[i].name;
        bool word = strcmp(name, "WordDocument") == 0, show = strcmp(name, "PowerPoint Document") == 0,
             excel = strcmp(name, "Workbook") == 0 || strcmp(name, "Book") == 0;
        if (o->entry[i].kind != OLE_STREAM || o->entry[i].parent == OLE_NONE)
            continue;
        if (word)
            ole_take_word(o, o->entry[i].parent, i);
        else if (excel)
            ole_take_excel(o, i);
        else if (show)
            ole_take_powerpoint(o, i);
        known |= word || show || excel;
    }
    if (!known)
        take_streams(o);
    for (int i = 0; known && message == OLE_NONE && i < o->entries && !o->examined->over; i++)
        if (o->entry[i].kind == OLE_STREAM && o->entry[i].parent != OLE_NONE)
            take_embedded(o, i);
}

static void examine_a_file(struct examined *x) {
    struct ole o = {.examined = x};
    if (ole_open(&o, x->image))
        take_file(&o);
    else
        examined_broken(x);
    if (o.text)
        filter_end(o.text, x->over ? TRANSFER_CUT : TRANSFER_DONE);
    ole_close(&o);
}

const struct examine_format examine_ole = {.name = "ole", .matches = matches_ole, .examine = examine_a_file};
