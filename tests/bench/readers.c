/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/listing.h"
#include "inspect/rows/rows.h"
#include "inspect/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* readers [rows|zones|listings] FILE...: what the readers of rows, of machine-readable zones and of listings
 * cost by themselves, in CPU seconds per GB of text, the least of three rounds. Each file is read as objects
 * of a megabyte in pieces of 1,448 octets. Under `valgrind --tool=callgrind --toggle-collect=row_reader_push`
 * it counts instructions, which other work does not change. */

enum { OBJECT = 1000000, PIECE = 1448, ROUNDS = 3, SEED = 12345 };

static size_t cells;

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    cells++;
}

static void take_text(void *context, struct bytes text) {
}

static void read_rows(void *state, struct bytes object) {
    const struct row_sink sink = {NULL, take_cell};
    row_reader_init(state, SEED);
    for (size_t at = 0; at < object.n; at += PIECE)
        row_reader_push(state, &sink, bytes_of(object.p + at, object.n - at < PIECE ? object.n - at : PIECE));
    row_reader_end(state, &sink);
}

static void read_zones(void *state, struct bytes object) {
    const struct zone_sink sink = {NULL, take_text};
    zone_reader_init(state);
    for (size_t at = 0; at < object.n; at += PIECE)
        zone_reader_push(state, &sink,
                         bytes_of(object.p + at, object.n - at < PIECE ? object.n - at : PIECE));
    zone_reader_end(state, &sink);
}

static void read_listing(void *state, struct bytes object) {
    memset(state, 0, sizeof(struct listing));
    for (size_t at = 0; at < object.n; at += PIECE)
        listing_push(state, bytes_of(object.p + at, object.n - at < PIECE ? object.n - at : PIECE), take_text,
                     NULL);
    listing_end(state, take_text, NULL);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static const char *only; /* the reader that is measured; NULL: all */

static double time_of(void (*read)(void *state, struct bytes object), void *state, struct bytes object) {
    double began = now();
    read(state, object);
    return now() - began;
}

/* The rounds of an object are one behind another: what comes in packets is in the cache as well. */
static double cost_of(const char *name, void (*read)(void *state, struct bytes object), void *state,
                      struct bytes text) {
    double total = 0;
    for (size_t at = 0; at < text.n && (!only || strcmp(only, name) == 0); at += OBJECT) {
        struct bytes object = bytes_of(text.p + at, text.n - at < OBJECT ? text.n - at : OBJECT);
        double least = time_of(read, state, object);
        for (int round = 1; round < ROUNDS; round++) {
            double took = time_of(read, state, object);
            least = took < least ? took : least;
        }
        total += least;
    }
    return total * 1e9 / (double)text.n;
}

static bool measure(const char *path) {
    FILE *f = fopen(path, "rb");
    long size = f && fseek(f, 0, SEEK_END) == 0 ? ftell(f) : -1;
    uint8_t *room = size > 0 ? malloc((size_t)size) : NULL;
    void *rows = malloc(row_reader_size());
    struct zone_reader *zones = malloc(sizeof *zones);
    struct listing *listing = malloc(sizeof *listing);
    bool ok = room && rows && zones && listing && fseek(f, 0, SEEK_SET) == 0 &&
              fread(room, 1, (size_t)size, f) == (size_t)size;
    if (ok) {
        struct bytes text = bytes_of(room, (size_t)size);
        cells = 0;
        double by_rows = cost_of("rows", read_rows, rows, text),
               by_zones = cost_of("zones", read_zones, zones, text);
        printf("%-40s rows %5.2f zones %5.2f listings %5.2f s/GB, %zu cells\n", path, by_rows, by_zones,
               cost_of("listings", read_listing, listing, text), cells / ROUNDS);
    } else
        fprintf(stderr, "readers: %s: cannot be read, or is empty\n", path);
    if (f)
        fclose(f);
    free(room);
    free(rows);
    free(zones);
    free(listing);
    return ok;
}

int main(int argc, char **argv) {
    bool named = argc > 1 && (strcmp(argv[1], "rows") == 0 || strcmp(argv[1], "zones") == 0 ||
                              strcmp(argv[1], "listings") == 0);
    bool ok = argc > 1 + named;
    if (!ok)
        fprintf(stderr, "usage: readers [rows|zones|listings] FILE...\n");
    only = named ? argv[1] : NULL;
    for (int i = 1 + named; i < argc; i++)
        ok = measure(argv[i]) && ok;
    return ok ? 0 : 1;
}
