/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include <stdio.h>
#include <stdlib.h>

/* Messages of Outlook ([MS-OXMSG]): a stream for each property, named by its number and kind, a storage for
 * each attachment. */

enum { DEPTH_MAX = 8 };

/* A text property, in UTF-16 or octets; false: it has none. */
static bool put_property(struct ole *o, int parent, const char *number) {
    char name[32];
    static const char *const kinds[] = {"001F", "001E"};
    for (size_t i = 0; i < 2; i++) {
        snprintf(name, sizeof name, "__substg1.0_%s%s", number, kinds[i]);
        int entry = ole_find(o, parent, name);
        if (entry == OLE_NONE)
            continue;
        struct ole_bytes b = ole_read(o, entry);
        if (i == 0)
            ole_put_utf16(o, bytes_of(b.p, b.n));
        else
            ole_put_text(o, (const char *)b.p, b.n);
        if (b.n > 0)
            ole_put_text(o, "\n", 1);
        free(b.p);
        return true;
    }
    return false;
}

static void read_name(struct ole *o, int parent, char *out, size_t size) {
    static const char *const names[] = {"__substg1.0_3707001F", "__substg1.0_3704001F",
                                        "__substg1.0_3707001E", "__substg1.0_3704001E"};
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names && !out[0]; i++) {
        int entry = ole_find(o, parent, names[i]);
        struct ole_bytes b = entry == OLE_NONE ? (struct ole_bytes){.p = NULL} : ole_read(o, entry);
        if (b.p && i < 2)
            ole_utf8(bytes_of(b.p, b.n), out, size);
        else if (b.p)
            snprintf(out, size, "%.*s", (int)b.n, (const char *)b.p);
        free(b.p);
    }
}

static void take_attachment(struct ole *o, int storage, unsigned depth) {
    char name[512];
    int data = ole_find(o, storage, "__substg1.0_37010102"),
        message = ole_find(o, storage, "__substg1.0_3701000D");
    if (message != OLE_NONE)
        ole_take_message(o, message, depth + 1);
    if (data == OLE_NONE)
        return;
    struct ole_bytes b = ole_read(o, data);
    read_name(o, storage, name, sizeof name);
    ole_give(o, name, bytes_of(b.p, b.n));
    free(b.p);
}

/* HTML of a message that has no plain text of its own, as a file. */
static void take_html(struct ole *o, int parent) {
    int html = ole_find(o, parent, "__substg1.0_10130102");
    if (html == OLE_NONE)
        return;
    struct ole_bytes b = ole_read(o, html);
    ole_give(o, "body.html", bytes_of(b.p, b.n));
    free(b.p);
}

void ole_take_message(struct ole *o, int parent, unsigned depth) {
    if (depth > DEPTH_MAX) {
        examined_broken(o->examined);
        return;
    }
    put_property(o, parent, "0037"); /* subject */
    put_property(o, parent, "007D"); /* head, as it came */
    if (!put_property(o, parent, "1000"))
        take_html(o, parent);
    for (int i = o->entry[parent].child; i != OLE_NONE && !o->examined->over; i = o->entry[i].next)
        if (o->entry[i].kind == OLE_STORAGE && strncmp(o->entry[i].name, "__attach_version1.0_", 20) == 0)
            take_attachment(o, i, depth);
}
