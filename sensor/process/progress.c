/* SPDX-License-Identifier: Apache-2.0 */
#include "process/progress.h"

#include <stdio.h>
#include <unistd.h>

static const time_ns patience = 2 * NS_PER_S, interval = 200 * NS_PER_MS;
enum { WIDTH = 30, WHOLE = 1000 };

void progress_init(struct progress *p, bool wanted) {
    *p = (struct progress){.wanted = wanted && isatty(STDERR_FILENO), .start = clock_monotonic()};
}

/* The slowest worker's, -1 if any does not know. */
static int progress_of(struct worker_status *const *status, unsigned workers) {
    int least = WHOLE;
    for (unsigned i = 0; i < workers; i++) {
        int share = status[i]->progress;
        if (share < least)
            least = share;
    }
    return least;
}

void progress_show(struct progress *p, struct worker_status *const *status, unsigned workers) {
    static const char full[] = "##############################", empty[] = "..............................";
    time_ns now = clock_monotonic();
    int share = progress_of(status, workers);
    if (!p->wanted || now - p->start < patience || now - p->last < interval || share <= 0)
        return;
    int filled = share * WIDTH / WHOLE;
    double spent = (double)(now - p->start) / (double)NS_PER_S;
    fprintf(stderr, "\rgantry: [%.*s%.*s] %3d %%, about %.0f s left ", filled, full, WIDTH - filled, empty,
            share / 10, spent * (WHOLE - share) / share);
    p->shown = true;
    p->last = now;
}

void progress_clear(struct progress *p) {
    if (p->shown)
        fprintf(stderr, "\r\033[K");
}
