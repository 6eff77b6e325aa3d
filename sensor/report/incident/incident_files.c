/* SPDX-License-Identifier: Apache-2.0 */
#include "report/incident/incident_files.h"

#include <stdlib.h>
#include <string.h>

enum { DIGEST = 32 };
_Static_assert(sizeof((struct record *)0)->sha256 == DIGEST && INCIDENT_FILE_OCTETS == DIGEST + 8,
               "as packed");

bool incident_files_next(struct bytes *packed, struct incident_file *out) {
    if (packed->n < INCIDENT_FILE_OCTETS)
        return false;
    out->sha256 = packed->p;
    out->size = 0;
    for (int i = 7; i >= 0; i--)
        out->size = out->size << 8 | packed->p[DIGEST + i];
    *packed = bytes_of(packed->p + INCIDENT_FILE_OCTETS, packed->n - INCIDENT_FILE_OCTETS);
    return true;
}

struct bytes incident_files_packed(const struct incident_files *f) {
    return bytes_of(f->packed, f->count * INCIDENT_FILE_OCTETS);
}

static bool has_file(const struct incident_files *f, const uint8_t *sha256) {
    struct bytes left = incident_files_packed(f);
    struct incident_file file;
    while (incident_files_next(&left, &file))
        if (memcmp(file.sha256, sha256, DIGEST) == 0)
            return true;
    return false;
}

bool incident_files_add(struct incident_files *f, const struct record *r) {
    if (!r->hashed || !r->complete || r->bytes < INCIDENT_FILE_LEAST || f->count == INCIDENT_FILES_MAX ||
        has_file(f, r->sha256))
        return false;
    uint8_t *wider = realloc(f->packed, (f->count + 1) * INCIDENT_FILE_OCTETS);
    if (!wider)
        return false;
    uint8_t *at = wider + f->count * INCIDENT_FILE_OCTETS;
    memcpy(at, r->sha256, DIGEST);
    for (int i = 0; i < 8; i++)
        at[DIGEST + i] = (uint8_t)(r->bytes >> 8 * i);
    f->packed = wider;
    f->count++;
    return true;
}

void incident_files_load(struct incident_files *f, struct bytes packed) {
    size_t n = packed.n / INCIDENT_FILE_OCTETS;
    if (n == 0 || n > INCIDENT_FILES_MAX || packed.n % INCIDENT_FILE_OCTETS)
        return;
    f->packed = malloc(packed.n);
    if (!f->packed)
        return;
    memcpy(f->packed, packed.p, packed.n);
    f->count = n;
}

void incident_files_finish(struct incident_files *f) {
    free(f->packed);
    *f = (struct incident_files){NULL, 0};
}
