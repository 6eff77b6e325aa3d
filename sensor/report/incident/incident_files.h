/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_INCIDENT_FILES_H
#define GANTRY_REPORT_INCIDENT_FILES_H

#include "base/bytes.h"
#include "channel/channel.h"

#include <stdbool.h>

/* The digests of what an incident holds, for who asks later which files those were: of the first objects that
 * ended whole, each once. Smaller ones than INCIDENT_FILE_LEAST octets are left out, for somebody who guesses
 * at what a line of a few octets says could prove it by its digest. */
enum {
    INCIDENT_FILES_MAX = 16,
    INCIDENT_FILE_LEAST = 256,
    INCIDENT_FILE_OCTETS = 40 /* packed: SHA-256, size in octets as eight octets, little-endian */
};

struct incident_file {
    const uint8_t *sha256; /* 32 octets, in what was read */
    uint64_t size;
};

/* Zeroed at first; as the store has them. */
struct incident_files {
    uint8_t *packed;
    size_t count;
};

/* The object of a transfer record. True: it was added. */
bool incident_files_add(struct incident_files *f, const struct record *transfer);
struct bytes incident_files_packed(const struct incident_files *f);
/* From the store; nothing where that holds what no sensor has written. */
void incident_files_load(struct incident_files *f, struct bytes packed);
void incident_files_finish(struct incident_files *f);

/* The first of packed ones, which is taken off; false: there is none. */
bool incident_files_next(struct bytes *packed, struct incident_file *out);

#endif
