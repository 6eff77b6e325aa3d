/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_HOLD_H
#define GANTRY_REPORT_HOLD_H

#include "base/clock.h"

#include <stdbool.h>

/* How long a message is kept where nobody confirms it (TCP, TLS). That the receiver's system acknowledged
 * octets does not mean that the receiver read them: a stopped one has tens of KB in its socket's buffer,
 * which die with it. So octets are let go when `bytes` more have been acknowledged behind them, and `time`
 * has passed since they were. With `bytes` at least the receiver's socket buffer, what is let go has been
 * read. */
enum { HOLD_MARKS = 16 };

struct hold {
    uint64_t bytes; /* set by the owner */
    time_ns time;
    uint64_t old;      /* octets of this connection acknowledged for at least `time` */
    uint64_t released; /* octets that may be forgotten */
    struct {
        uint64_t octets;
        time_ns at;
    } mark[HOLD_MARKS];
    unsigned first, count;
};

void hold_begin(struct hold *h); /* a new connection */
/* `acknowledged` never shrinks within a connection; `now` is clock_monotonic(). */
void hold_pass(struct hold *h, uint64_t acknowledged, time_ns now);

#endif
