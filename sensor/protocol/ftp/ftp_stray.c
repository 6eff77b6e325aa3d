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

void ftp_stray_end(struct ftp *s, enum side from, enum transfer_end how) {
    if (s->strayed[from])
        s->c->services->end(s->c, s->stray[from], how);
    s->strayed[from] = false;
}
