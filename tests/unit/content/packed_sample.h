/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TESTS_PACKED_SAMPLE_H
#define GANTRY_TESTS_PACKED_SAMPLE_H

/* For tests of unpackers and of examined formats: archives of tests/data, what is in them as list.tsv of
 * their folder says, and their way through content/. */

#include "collect.h"

static uint8_t archive[2 << 20];
static size_t archive_n;

static struct member {
    char name[256], sha256[65];
    unsigned long long size;
} members[8];
static size_t member_count;

/* Puts a file behind the first `at` octets; gives how many octets it has. */
static inline size_t packed_read(size_t at, const char *folder, const char *name) {
    char path[300];
    snprintf(path, sizeof path, TEST_DATA "/%s/%s", folder, name);
    FILE *f = fopen(path, "rb");
    assert_non_null(f);
    size_t n = fread(archive + at, 1, sizeof archive - at, f);
    fclose(f);
    archive_n = at + n;
    return n;
}

/* False unless it has so many lines. */
static inline bool packed_read_list(const char *folder, size_t count) {
    char path[300];
    snprintf(path, sizeof path, TEST_DATA "/%s/list.tsv", folder);
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    while (fscanf(f, "%255s %llu %64s", members[member_count].name, &members[member_count].size,
                  members[member_count].sha256) == 3)
        member_count++;
    fclose(f);
    return member_count == count;
}

/* The first `n` octets in pieces of `split`; `lost` of them at `gap` are missing; 0: none are. */
static inline void packed_send(struct collector *got, struct content_options options, size_t n, size_t split,
                               size_t gap, size_t lost) {
    const struct transfer_seed seed = transfer_seed_of("test", SIDE_CLIENT);
    collect_send(collect_content(&options, got), &seed, bytes_of(archive, n), split, gap, lost);
}

#endif
