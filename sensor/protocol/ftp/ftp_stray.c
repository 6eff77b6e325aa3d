/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/ftp/ftp_control.h"

/* Commands and replies may go on behind it; they are read as ever. */

void ftp_stray_begin(struct ftp *s, enum side from) {
    struct transfer_seed seed = transfer_seed_of("ftp", from);
    if (s->strayed[from])
        return;
    seed.fact[FACT_USER] = ftp_path_bytes(&s->user);
    counter_one(COUNTER_FTP_STRAYS);
    s->strayed[from] = true;
    s->stray[from] = s->c->services->begin(s->c, &seed);
    s->c->services->data(s->c, s->stray[from], s->line[from].p, s->line[from].n);
}

void ftp_stray_data(struct ftp *s, enum side from, struct bytes bytes) {
    if (s->strayed[from] && bytes.n > 0)
        s->c->services->data(s->c, s->stray[from], bytes.p, bytes.n);
}

void ftp_stray_flush(struct ftp *s, enum side from) {
    if (s->stray_waits[from])
        ftp_stray_data(s, from, bytes_of(s->line[from].p, s->line[from].n));
    s->stray_waits[from] = false;
}

void ftp_stray_end(struct ftp *s, enum side from, enum transfer_end how) {
    ftp_stray_flush(s, from);
    if (s->strayed[from])
        s->c->services->end(s->c, s->stray[from], how);
    s->strayed[from] = false;
}
