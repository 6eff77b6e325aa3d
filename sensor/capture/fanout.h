/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CAPTURE_FANOUT_H
#define GANTRY_CAPTURE_FANOUT_H

#include "capture/capture.h"
#include "capture/ether_type.h"

#include <linux/filter.h>

/* The split of traffic over workers, once as a classic BPF program for the kernel (fanout_program.c) and once
 * in C (fanout.c). Both walk the same headers with the same bounds and compute the same number. Internal to
 * this folder and its tests. */
enum {
    FANOUT_STEPS = 8, /* headers walked; behind them the last pair of addresses counts */
    FANOUT_EXTENSIONS =
        2, /* IPv6 extension headers stepped over between an IPv6 header and what it carries */
    FANOUT_GTP_EXTENSIONS = 3, /* GTP's: so many less one may stand before what is carried */
};

enum {
    TYPE_PPP = LINK_PPP, /* also the GRE protocol of PPTP */
    TYPE_LLC = LINK_LLC,
};

/* Multipliers of the mixing, odd and with bits well spread. Each address is scrambled before the two are
 * added, so that swapping them changes nothing but swapping single bits between them does. */
#define FANOUT_FOLD 0x9e3779b1u
#define FANOUT_PAIR 0x85ebca6bu
#define FANOUT_LAST 0x27d4eb2fu
#define FANOUT_PORTS 0x165667b1u

/* The program, at most `max` instructions; returns how many, 0 if they do not fit. Its value, modulo the
 * number of workers, is the worker (the kernel divides). */
size_t fanout_program(struct sock_filter *out, size_t max, bool split_by_ports);

/* Joins o->fanout_group with the program. The order of joining is the worker's index. */
bool fanout_join(int fd, const struct capture_options *o, struct error *e);

#endif
