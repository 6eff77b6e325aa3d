/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/names.h"

#include "protocol/protocol.h"

#include <assert.h>

enum { NAME_MOST = 512, LINE_MOST = NAME_MOST + 16 };

static_assert((size_t)LINE_MOST < NAMES_GATHERED, "a line has room");

void names_begin(struct names *l, struct conversation *c, const struct transfer_seed *what) {
    if (l->open)
        return;
    struct transfer_seed seed = *what;
    seed.aside = seed.made_up = true;
    l->transfer = c->services->begin(c, &seed);
    l->open = true;
    l->count = 0;
}

static void put_text(struct names *l, struct bytes text) {
    for (size_t i = 0; i < text.n; i++)
        l->text[l->n++] = text.p[i] < ' ' || text.p[i] == 0x7f ? '?' : text.p[i];
}

void names_add(struct names *l, struct conversation *c, bool folder, struct bytes name) {
    if (!l->open || name.n == 0 || bytes_equal(name, bytes_text(".")) || bytes_equal(name, bytes_text("..")))
        return;
    if (name.n > NAME_MOST) { /* of a path the end says more */
        name.p += name.n - NAME_MOST;
        name.n = NAME_MOST;
    }
    if (l->n + (size_t)LINE_MOST > NAMES_GATHERED)
        names_flush(l, c);
    put_text(l, bytes_text(folder ? "type=dir; " : "type=file; "));
    put_text(l, name);
    l->text[l->n++] = '\n';
    l->count++;
}

void names_flush(struct names *l, struct conversation *c) {
    if (l->open && l->n > 0)
        c->services->data(c, l->transfer, l->text, l->n);
    l->n = 0;
}

void names_end(struct names *l, struct conversation *c, enum transfer_end how) {
    if (!l->open)
        return;
    names_flush(l, c);
    c->services->end(c, l->transfer, how);
    l->open = false;
    l->transfer = NULL;
}
