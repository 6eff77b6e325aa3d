/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/ring.h"

#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* libpcap 1.10 makes frames of its largest snap length, and one frame a block. */
enum { BLOCK_BYTES = 256 << 10 };

/* Blocks are filled one after the other, so some of many are enough to see how many are full. */
enum { LOOKS_MOST = 2048 };

void ring_find(struct ring *r, int fd) {
    *r = (struct ring){0};
    struct stat s;
    char line[512], name[64];
    FILE *maps = fopen("/proc/self/maps", "re");
    if (!maps || fstat(fd, &s) != 0)
        goto done;
    snprintf(name, sizeof name, "socket:[%llu]\n", (unsigned long long)s.st_ino);
    while (!r->base && fgets(line, sizeof line, maps)) {
        unsigned long start, end;
        if (!strstr(line, name) || sscanf(line, "%lx-%lx", &start, &end) != 2 ||
            (end - start) % BLOCK_BYTES != 0)
            continue;
        *r = (struct ring){(uint8_t *)start, (end - start) / BLOCK_BYTES};
    }
done:
    if (maps)
        fclose(maps);
}

static struct tpacket_block_desc *block_at(const struct ring *r, size_t i) {
    return (struct tpacket_block_desc *)(r->base + i * BLOCK_BYTES);
}

/* Blocks that the kernel has not opened yet are zero; the others say so in their header. */
static bool is_known(const struct ring *r) {
    for (size_t i = 0; i < r->blocks; i++) {
        const struct tpacket_block_desc *b = block_at(r, i);
        bool opened = b->hdr.bh1.seq_num != 0;
        if (b->version != (opened ? TPACKET_V3 : 0) && b->version != TPACKET_V3)
            return false;
    }
    return r->base && block_at(r, 0)->hdr.bh1.seq_num != 0;
}

int ring_waiting(const struct ring *r) {
    size_t full = 0, looked = 0, step = r->blocks / LOOKS_MOST + 1;
    if (!r->base)
        return -1;
    for (size_t i = 0; i < r->blocks; i += step, looked++)
        full +=
            (__atomic_load_n(&block_at(r, i)->hdr.bh1.block_status, __ATOMIC_RELAXED) & TP_STATUS_USER) != 0;
    return full ? (int)((full - 1) * 1000 / looked) : 0;
}

/* Blocks are numbered as the kernel opens them: the highest number is the one it fills, or, if that is
 * already full, the one before the next it will open. */
bool ring_resume(const struct ring *r, uint64_t *lost) {
    if (!is_known(r))
        return false;
    size_t at = 0;
    uint64_t highest = 0;
    for (size_t i = 0; i < r->blocks; i++) {
        struct tpacket_block_desc *b = block_at(r, i);
        bool full = __atomic_load_n(&b->hdr.bh1.block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
        if (b->hdr.bh1.seq_num > highest) {
            highest = b->hdr.bh1.seq_num;
            at = full ? (i + 1) % r->blocks : i;
        }
        if (!full)
            continue;
        *lost += b->hdr.bh1.num_pkts;
        __atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
    }
    for (size_t i = 0; i < at; i++) {
        struct tpacket_block_desc *b = block_at(r, i);
        b->hdr.bh1.num_pkts = 0;
        b->hdr.bh1.offset_to_first_pkt = sizeof *b;
        __atomic_store_n(&b->hdr.bh1.block_status, TP_STATUS_USER, __ATOMIC_RELEASE);
    }
    return true;
}
