/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CHANNEL_UPLOAD_SIZES_H
#define GANTRY_CHANNEL_UPLOAD_SIZES_H

#include <stdbool.h>
#include <stdint.h>

/* How large uploads are: so many in each quarter of a power of two from 8 KiB on. Counts are shares, not
 * amounts: where one has no room all are halved. */
enum { UPLOAD_SIZE_CLASSES = 52, UPLOAD_SIZE_FIRST = 13 /* 2^13 octets */ };

struct upload_sizes {
    uint8_t n[UPLOAD_SIZE_CLASSES];
};

void upload_sizes_add(struct upload_sizes *s, uint64_t octets);
void upload_sizes_join(struct upload_sizes *to, const struct upload_sizes *from);
unsigned upload_sizes_count(const struct upload_sizes *s); /* all shares */
static inline bool upload_sizes_any(const struct upload_sizes *s) {
    return upload_sizes_count(s) > 0;
}
/* The size that so many percent of them do not exceed, within a tenth; 0: there are none. */
uint64_t upload_sizes_percentile(const struct upload_sizes *s, unsigned percent);
/* How alike two are, in percent: the share that they have in common. 0 where either is empty. */
unsigned upload_sizes_alike(const struct upload_sizes *a, const struct upload_sizes *b);

#endif
