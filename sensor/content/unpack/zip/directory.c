/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/zip/zip.h"

#include "base/counter.h"

#include <stdio.h>

/* What the directory says is compared with what stood before the members by a sum over each of them: in
 * whatever order, and however many, they take no memory. */

static uint64_t digest_entry(const struct zip *z) {
    struct {
        uint64_t name, packed, size;
        uint32_t crc, method;
    } said = {.name = hash_bytes(&z->key, z->name, z->name_n),
              .packed = z->entry.packed,
              .size = z->entry.size,
              .crc = z->entry.crc,
              .method = z->entry.method | (z->entry.flags & ZIP_ENCRYPTED) << 16};
    return hash_bytes(&z->key, &said, sizeof said);
}

void zip_directory_note_member(struct zip *z) {
    z->members++;
    z->member_sum += digest_entry(z);
}

void zip_directory_note_line(struct zip *z) {
    z->lines++;
    z->line_sum += digest_entry(z);
    if (z->entry.disk > 0)
        unpack_note(z->unpack, "split");
    if (zip_member_is_read(&z->entry) || z->gapped)
        zip_directory_list(z); /* else it was listed before */
}

/* --- the listing --- */

static bool has_listing(struct zip *z) {
    const struct unpack_child child = {.total = LENGTH_UNKNOWN, .gathered = true};
    if (!z->listing && !z->listing_refused) {
        z->listing = unpack_pays(z->unpack) ? unpack_begin(z->unpack, &child) : NULL;
        z->listing_refused = !z->listing;
    }
    return z->listing != NULL;
}

/* As tar lists archives. */
void zip_directory_list(struct zip *z) {
    char line[64], scratch[ZIP_PATH];
    const struct zip_entry *e = &z->entry;
    if (z->name_n == 0 || !has_listing(z))
        return;
    struct bytes path = zip_entry_path(z, scratch);
    int n =
        snprintf(line, sizeof line, "%s 0/0 %10llu %04u-%02u-%02u %02u:%02u ",
                 z->name[z->name_n - 1] == '/' ? "drwxr-xr-x" : "-rw-r--r--", (unsigned long long)e->size,
                 1980 + (e->date >> 9), e->date >> 5 & 15, e->date & 31, e->time >> 11, e->time >> 5 & 63);
    filter_data(z->listing, (const uint8_t *)line, (size_t)n);
    filter_data(z->listing, path.p, path.n);
    filter_data(z->listing, (const uint8_t *)"\n", 1);
}

/* --- what is told --- */

/* What was encrypted is counted whole, however its sizes were told. */
static void tell_encrypted(struct zip *z) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    char members[24];
    uint64_t n = z->members > z->lines ? z->members : z->lines;
    if (z->encrypted == 0)
        return;
    fact[FACT_MEMBERS] =
        bytes_of(members, (size_t)snprintf(members, sizeof members, "%llu", (unsigned long long)n));
    unpack_replace(z->unpack, fact);
}

void zip_directory_end(struct zip *z, enum transfer_end how) {
    bool whole = z->ended && !z->gapped, same = z->line_sum == z->member_sum;
    if (z->listing)
        filter_end(z->listing, z->ended ? how : TRANSFER_CUT);
    z->listing = NULL;
    tell_encrypted(z);
    if (!z->ended)
        unpack_note(z->unpack, "truncated");
    if (whole && !same) {
        unpack_note(z->unpack, z->lines < z->members ? "unlisted-members" : "directory-differs");
        counter_one(COUNTER_ZIP_DISAGREES);
    }
}
