/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_RECORDS_H
#define GANTRY_CAPTURE_RECORDS_H

#include <pcap/pcap.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* The records of a pcap file (draft-ietf-opsawg-pcap section 5) where they lie in large pieces of it: what
 * libpcap copies twice is copied once. Only files in this machine's byte order, and only records that are
 * plainly whole: at the first that is not, and at the file's end, the stream goes on for libpcap, which knows
 * all the rest and says what is wrong. The stream itself stays where it is until then. Internal to this
 * folder. */
struct records {
    FILE *stream;
    uint8_t *buffer; /* NULL: there is nothing for this to read */
    int64_t place;   /* in the file, of buffer[0] */
    size_t at, have; /* in the buffer: the next record; what was read */
    uint32_t longest;
    int32_t fraction; /* ns of what stands behind the seconds */
};

/* Where `pcap` has read the header of a regular file from `stream`, and nothing else. */
void records_begin(struct records *r, FILE *stream, pcap_t *pcap);
/* The next record, with nanoseconds in its time; `*bytes` are valid until the next call. False: libpcap goes
 * on. */
bool records_next(struct records *r, struct pcap_pkthdr *header, const u_char **bytes);
int64_t records_place(const struct records *r); /* in the file, of the next record */
void records_finish(struct records *r);         /* accepts what is zeroed */

#endif
