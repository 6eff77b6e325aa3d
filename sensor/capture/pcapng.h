/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_PCAPNG_H
#define GANTRY_CAPTURE_PCAPNG_H

#include <stdio.h>

/* libpcap refuses a pcapng file (draft-ietf-opsawg-pcapng) whose interfaces differ in snapshot length, as
 * those of Wireshark do that were merged or captured on several cards at once; nothing of what it does
 * depends on it. Internal to this folder. */

/* The first byte of such a file, and of no pcap file. */
enum { PCAPNG_FIRST = 0x0a };

/* What `raw` holds, with all snapshot lengths unlimited. NULL: no memory. Closing it leaves `raw` open. */
FILE *pcapng_open(FILE *raw);

#endif
