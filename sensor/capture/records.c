/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/records.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PIECE = 128 << 10, /* larger ones leave the processor's cache before they are looked at */
    FILE_HEADER = 24,
    RECORD_HEADER = 16,
    MICROSECONDS = 0xa1b2c3d4 - (1ll << 32),
    NANOSECONDS = 0xa1b23c4d - (1ll << 32),
};

static uint32_t number_at(const uint8_t *p) {
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

void records_begin(struct records *r, FILE *stream, pcap_t *pcap) {
    uint8_t header[FILE_HEADER];
    *r = (struct records){.stream = stream, .place = FILE_HEADER};
    if (ftello(stream) != FILE_HEADER || pread(fileno(stream), header, sizeof header, 0) != sizeof header)
        return;
    int32_t magic = (int32_t)number_at(header);
    uint16_t version[2];
    memcpy(version, header + 4, sizeof version);
    if ((magic != MICROSECONDS && magic != NANOSECONDS) || version[0] != 2 || version[1] != 4)
        return;
    int longest = pcap_snapshot(pcap);
    r->longest = longest > PIECE - RECORD_HEADER ? PIECE - RECORD_HEADER : (uint32_t)longest;
    r->fraction = magic == MICROSECONDS ? 1000 : 1;
    r->buffer = malloc(PIECE);
}

void records_finish(struct records *r) {
    free(r->buffer);
    r->buffer = NULL;
}

/* What is left goes to the front, and as much as fits comes behind it. False: nothing more comes. */
static bool read_piece(struct records *r) {
    r->place += (int64_t)r->at;
    r->have -= r->at;
    memmove(r->buffer, r->buffer + r->at, r->have);
    r->at = 0;
    ssize_t n = pread(fileno(r->stream), r->buffer + r->have, PIECE - r->have, r->place + (int64_t)r->have);
    if (n <= 0)
        return false;
    r->have += (size_t)n;
    return true;
}

/* Whole, no longer than the file says that records are, and of a time of which no libpcap thinks otherwise:
 * from 1.10.5 on it takes both halves as unsigned, as the file's specification has it, before as signed. */
static bool is_here(const struct records *r, bool *plain) {
    size_t left = r->have - r->at;
    *plain = true;
    if (left < RECORD_HEADER)
        return false;
    const uint8_t *h = r->buffer + r->at;
    uint32_t captured = number_at(h + 8);
    *plain = captured <= r->longest && (number_at(h) | number_at(h + 4)) <= INT32_MAX;
    return *plain && left - RECORD_HEADER >= captured;
}

static bool leave_to_libpcap(struct records *r) {
    records_finish(r);
    fseeko(r->stream, (off_t)records_place(r), SEEK_SET);
    return false;
}

bool records_next(struct records *r, struct pcap_pkthdr *header, const u_char **bytes) {
    bool plain;
    if (!r->buffer)
        return false;
    while (!is_here(r, &plain))
        if (!plain || !read_piece(r))
            return leave_to_libpcap(r);
    const uint8_t *h = r->buffer + r->at;
    header->ts.tv_sec = (time_t)number_at(h);
    header->ts.tv_usec = (suseconds_t)number_at(h + 4) * r->fraction;
    header->caplen = number_at(h + 8);
    header->len = number_at(h + 12);
    *bytes = h + RECORD_HEADER;
    r->at += RECORD_HEADER + header->caplen;
    return true;
}

int64_t records_place(const struct records *r) {
    return r->place + (int64_t)r->at;
}
