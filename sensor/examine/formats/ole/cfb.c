/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/ole/ole.h"

#include <stdlib.h>

/* [MS-CFB]: sectors in chains, of which a table has the next one of each. Chains are followed no further than
 * there are sectors, so that none goes round for ever. */

enum { HEADER = 512, ENTRY = 128, MINI_SHIFT = 6, HEADER_FATS = 109 };
#define CHAIN_END UINT32_C(0xfffffffa) /* this and above is no sector */

static uint32_t u32_at(const uint8_t *p) {
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint16_t u16_at(const uint8_t *p) {
    return (uint16_t)(p[0] | p[1] << 8);
}

/* As much of a sector as is there. */
static struct bytes sector_of(const struct ole *o, uint32_t sector) {
    uint64_t at = ((uint64_t)sector + 1) << o->shift, size = UINT64_C(1) << o->shift;
    if (sector >= CHAIN_END || at >= o->image.n)
        return bytes_of(NULL, 0);
    return bytes_of(o->image.p + at, o->image.n - at < size ? (size_t)(o->image.n - at) : (size_t)size);
}

static struct ole_bytes read_chain(const struct ole *o, uint32_t sector, uint64_t size) {
    uint64_t most = size < o->image.n ? size : o->image.n;
    struct ole_bytes out = {.p = malloc((size_t)most + 1)};
    for (uint32_t steps = 0; out.p && out.n < most && steps < o->sectors && sector < o->sectors; steps++) {
        struct bytes b = sector_of(o, sector);
        size_t take = b.n < most - out.n ? b.n : (size_t)(most - out.n);
        if (take == 0)
            break;
        memcpy(out.p + out.n, b.p, take);
        out.n += take;
        sector = o->fat[sector];
    }
    return out;
}

static struct ole_bytes read_mini(const struct ole *o, uint32_t unit, uint64_t size) {
    uint64_t most = size < o->mini_n ? size : o->mini_n;
    struct ole_bytes out = {.p = malloc((size_t)most + 1)};
    for (uint32_t steps = 0; out.p && out.n < most && steps < o->minis && unit < o->minis; steps++) {
        size_t at = (size_t)unit << MINI_SHIFT, take = (size_t)1 << MINI_SHIFT;
        if (at >= o->mini_n)
            break;
        take = take < o->mini_n - at ? take : o->mini_n - at;
        take = take < most - out.n ? take : (size_t)(most - out.n);
        memcpy(out.p + out.n, o->mini + at, take);
        out.n += take;
        unit = o->mini_fat[unit];
    }
    return out;
}

/* --- Tables --- */

static void take_fat_sector(struct ole *o, uint32_t sector, uint32_t most) {
    struct bytes b = sector_of(o, sector);
    for (size_t i = 0; i + 4 <= b.n && o->sectors < most; i += 4)
        o->fat[o->sectors++] = u32_at(b.p + i);
}

static bool read_fat(struct ole *o) {
    uint32_t most = (uint32_t)(o->image.n >> o->shift), next = u32_at(o->image.p + 68);
    uint32_t fats = 0, wanted = u32_at(o->image.p + 44);
    o->fat = calloc((size_t)most + 1, sizeof *o->fat);
    if (!o->fat)
        return false;
    for (size_t i = 0; i < HEADER_FATS && fats < wanted; i++, fats++)
        take_fat_sector(o, u32_at(o->image.p + 76 + 4 * i), most);
    for (uint32_t steps = 0; fats < wanted && steps < most && next < CHAIN_END; steps++) {
        struct bytes b = sector_of(o, next);
        size_t n = b.n / 4;
        for (size_t i = 0; i + 1 < n && fats < wanted; i++, fats++)
            take_fat_sector(o, u32_at(b.p + 4 * i), most);
        if (n == 0)
            break;
        next = u32_at(b.p + 4 * (n - 1));
    }
    return true;
}

static void read_entry(const uint8_t *p, struct ole_entry *e) {
    size_t n = u16_at(p + 64);
    n = n > 64 ? 64 : n;
    *e = (struct ole_entry){.kind = p[66],
                            .parent = OLE_NONE,
                            .child = OLE_NONE,
                            .next = OLE_NONE,
                            .start = u32_at(p + 116),
                            .size = u32_at(p + 120)};
    e->size |= (uint64_t)u32_at(p + 124) << 32;
    ole_utf8(bytes_of(p, n >= 2 ? n - 2 : 0), e->name, sizeof e->name);
}

/* Entries of one storage hang in a tree by `left` and `right`; each is somebody's once. `stack`: room for all
 * of them, and two more. */
static void adopt_entries(struct ole *o, const uint8_t *directory, int parent, int *stack) {
    int n = 0;
    uint32_t child = u32_at(directory + (size_t)parent * ENTRY + 76);
    if (child < (uint32_t)o->entries)
        stack[n++] = (int)child;
    while (n > 0) {
        int i = stack[--n];
        const uint8_t *p = directory + (size_t)i * ENTRY;
        if (o->entry[i].parent != OLE_NONE || i == OLE_ROOT)
            continue;
        o->entry[i].parent = parent;
        for (int side = 0; side < 2; side++) {
            uint32_t next = u32_at(p + 68 + 4 * side);
            if (next < (uint32_t)o->entries && o->entry[next].parent == OLE_NONE && n < o->entries)
                stack[n++] = (int)next;
        }
    }
}

static void link_entries(struct ole *o) {
    for (int i = o->entries - 1; i >= 0; i--) {
        int parent = o->entry[i].parent;
        if (parent == OLE_NONE)
            continue;
        o->entry[i].next = o->entry[parent].child;
        o->entry[parent].child = i;
    }
}

static bool read_directory(struct ole *o) {
    struct ole_bytes d = read_chain(o, u32_at(o->image.p + 48), (uint64_t)OLE_ENTRIES_MAX * ENTRY);
    o->entries = (int)(d.n / ENTRY);
    o->entry = o->entries ? calloc((size_t)o->entries, sizeof *o->entry) : NULL;
    for (int i = 0; o->entry && i < o->entries; i++) {
        read_entry(d.p + (size_t)i * ENTRY, &o->entry[i]);
        if (o->shift == 9)
            o->entry[i].size &= UINT32_MAX;
    }
    int *stack = o->entry ? calloc((size_t)o->entries + 2, sizeof *stack) : NULL;
    for (int i = 0; stack && i < o->entries; i++)
        if (i == OLE_ROOT || o->entry[i].kind == OLE_STORAGE)
            adopt_entries(o, d.p, i, stack);
    if (stack)
        link_entries(o);
    free(stack);
    free(d.p);
    return stack != NULL;
}

static void read_minis(struct ole *o) {
    struct ole_bytes table =
        read_chain(o, u32_at(o->image.p + 60), (uint64_t)u32_at(o->image.p + 64) << o->shift);
    struct ole_bytes mini = read_chain(o, o->entry[OLE_ROOT].start, o->entry[OLE_ROOT].size);
    o->minis = (uint32_t)(table.n / 4);
    o->mini_fat = calloc((size_t)o->minis + 1, sizeof *o->mini_fat);
    for (uint32_t i = 0; o->mini_fat && i < o->minis; i++)
        o->mini_fat[i] = u32_at(table.p + (size_t)i * 4);
    if (!o->mini_fat)
        o->minis = 0;
    free(table.p);
    o->mini = mini.p;
    o->mini_n = mini.n;
}

bool ole_open(struct ole *o, struct bytes image) {
    o->image = image;
    o->left = 2 * (uint64_t)image.n;
    if (image.n < HEADER + ENTRY)
        return false;
    o->shift = u16_at(image.p + 30);
    o->cutoff = u32_at(image.p + 56);
    if ((o->shift != 9 && o->shift != 12) || u16_at(image.p + 32) != MINI_SHIFT || !read_fat(o) ||
        !read_directory(o))
        return false;
    read_minis(o);
    return true;
}

void ole_close(struct ole *o) {
    free(o->fat);
    free(o->mini_fat);
    free(o->mini);
    free(o->entry);
}

/* Streams share no sector, so that all of them hold no more than the file; some are asked for twice. */
struct ole_bytes ole_read(struct ole *o, int entry) {
    const struct ole_entry *e = &o->entry[entry];
    uint64_t size = e->size < o->left ? e->size : o->left;
    if (e->kind != OLE_STREAM)
        return (struct ole_bytes){.p = NULL};
    struct ole_bytes b = e->size < o->cutoff ? read_mini(o, e->start, size) : read_chain(o, e->start, size);
    o->left -= b.n;
    if (o->left == 0 && b.n < e->size)
        examined_broken(o->examined);
    return b;
}

int ole_find(const struct ole *o, int parent, const char *name) {
    for (int i = o->entry[parent].child; i != OLE_NONE; i = o->entry[i].next)
        if (bytes_equal_nocase(bytes_text(o->entry[i].name), name))
            return i;
    return OLE_NONE;
}
