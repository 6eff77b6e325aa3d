/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/overload/overload.h"

#include <stdio.h>

static const time_ns heavy_period = NS_PER_S, heavy_repeat = 600 * NS_PER_S;
enum { HEAVY_SHARE = 500 };

void overload_init(struct overload *o, struct emitter *emitter, unsigned workers, bool split_by_ports) {
    *o = (struct overload){.emitter = emitter, .workers = workers, .split_by_ports = split_by_ports};
}

static void tell_notice(struct overload *o, const char *key, const char *text) {
    log_warning("%s", text);
    emit_notice(o->emitter, key, text);
}

/* The text of a notice ends after 256 bytes. */
static void tell_pressed(struct overload *o, const struct shed_pressure *p, const char *key) {
    char text[256], why[64];
    bool memory = p->ring < 0 || (p->dropped == o->shed.dropped_before && p->memory >= (unsigned)p->ring);
    if (memory)
        snprintf(why, sizeof why, "memory %u %% full", p->memory / 10);
    else
        snprintf(why, sizeof why, "ring %d %% full, %llu packets dropped", p->ring / 10,
                 (unsigned long long)(p->dropped - o->shed.dropped_before));
    snprintf(text, sizeof text, "worker %u is overloaded (%s) and now leaves out %s; %s", o->emitter->worker,
             why, shed_what(o->shed.level),
             memory ? "raise sensor.memory"
                    : "give more sensor.workers, a larger capture.ring or a capture.filter");
    tell_notice(o, key, text);
}

static void tell_ended(struct overload *o, const struct shed_pressure *p) {
    char text[256];
    snprintf(
        text, sizeof text,
        "worker %u keeps up again after %lld s; left out at worst: %s; %llu packets were dropped meanwhile",
        o->emitter->worker, (long long)((p->now - o->shed.began) / NS_PER_S), shed_what(o->shed.worst),
        (unsigned long long)(p->dropped - o->shed.dropped_before));
    tell_notice(o, "overload-ended", text);
}

static const char *name_remedy(const struct overload *o) {
    if (o->split_by_ports)
        return "leave it out with capture.filter, or use a faster processor";
    return o->workers > 1 ? "capture.split: ports lets several workers share it"
                          : "more sensor.workers and capture.split: ports let several share it";
}

static bool is_named_already(const struct overload *o, const struct heavy_pair *pair, time_ns now) {
    return o->told && now - o->told < heavy_repeat && address_equal(&o->named.low, &pair->low) &&
           address_equal(&o->named.high, &pair->high);
}

/* While packets come faster than this worker takes them: does one pair of hosts make most of the work? */
static void look_for_heavy(struct overload *o, const struct shed_pressure *p) {
    const struct heavy_pair *pair;
    char text[256], a[ADDRESS_TEXT_MAX], b[ADDRESS_TEXT_MAX];
    if (p->now - o->heavy_since < heavy_period)
        return;
    unsigned share = heavy_top(&o->heavy, &pair);
    if (share >= HEAVY_SHARE && !is_named_already(o, pair, p->now)) {
        snprintf(text, sizeof text, "%s and %s make %u %% of what worker %u has to do, more than it can; %s",
                 address_format(&pair->low, a), address_format(&pair->high, b), share / 10,
                 o->emitter->worker, name_remedy(o));
        tell_notice(o, "heavy-pair", text);
        o->told = p->now;
        o->named = *pair;
    }
    o->heavy = (struct heavy){.random = o->heavy.random};
    o->heavy_since = p->now;
}

void overload_look(struct overload *o, const struct shed_pressure *p) {
    enum shed_change change = shed_update(&o->shed, p);
    if (change == SHED_BEGAN) {
        o->heavy = (struct heavy){.random = o->heavy.random};
        o->heavy_since = p->now;
        tell_pressed(o, p, "overload");
    } else if (change == SHED_WORSE) {
        tell_pressed(o, p, "overload-worse");
    } else if (change == SHED_ENDED) {
        tell_ended(o, p);
    } else if (o->shed.level > SHED_NOTHING && p->ring > 0) {
        look_for_heavy(o, p);
    }
}
