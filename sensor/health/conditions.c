/* SPDX-License-Identifier: Apache-2.0 */
#include "health/conditions.h"

#include "base/hash.h"

#include <stdarg.h>
#include <stdio.h>

/* Fewer tell nothing about a share. */
enum { PACKETS_LEAST = 100, FLOWS_LEAST = 5, SAMPLES_LEAST = 20, PPM_OF_PERCENT = 10000 };

/* A VLAN is lost when it is silent for so many times its longest pause. */
enum { PAUSES = 4 };

/* The clock is set in small steps all the time; packets' order suffers from large ones. */
static const time_ns clock_step_least = NS_PER_S;

__attribute__((format(printf, 3, 4))) static void say_opinion(struct opinion *out, uint64_t what,
                                                              const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(out->text, sizeof out->text, format, args);
    va_end(args);
    out->what = what ? what : 1;
}

static double percent_of(uint64_t part, uint64_t whole) {
    return whole ? 100.0 * (double)part / (double)whole : 0;
}

static double seconds_of(time_ns t) {
    return (double)t / (double)NS_PER_S;
}

static bool reaches_share(uint64_t part, uint64_t whole, uint64_t threshold) {
    return threshold && whole && percent_of(part, whole) >= (double)threshold;
}

/* --- the interface --- */

static void judge_interface(const struct outlook *o, struct opinion *out) {
    const struct capture_interface *i = &o->interface;
    const char *name = o->setup->interface;
    out->unsure = !i->known;
    if (!i->known || (i->there && i->up && i->carrier))
        return;
    if (!i->there)
        say_opinion(out, 1, "interface %s is gone: nothing is seen; plug it in again and restart the sensor",
                    name);
    else if (!i->up)
        say_opinion(out, 2, "interface %s is down: nothing is seen; bring it up: ip link set %s up", name,
                    name);
    else
        say_opinion(
            out, 3,
            "interface %s has no carrier: nothing is seen; look at the cable and at the switch's mirror port",
            name);
}

static void judge_offloads(const struct outlook *o, struct opinion *out) {
    const struct capture_interface *i = &o->interface;
    out->unsure = !i->known || !i->there;
    if (i->offloads)
        say_opinion(
            out, i->offloads,
            "interface %s: offloads that change packets before they are captured are on (%s); turn them off: "
            "ethtool "
            "-K %s%s",
            o->setup->interface, i->names, o->setup->interface, i->commands);
}

/* --- packets --- */

static void judge_silence(const struct outlook *o, struct opinion *out) {
    out->unsure = o->first || o->length < (time_ns)o->setup->options->interval; /* the last is cut short */
    if (!out->unsure && o->counted[COUNTER_PACKETS] == 0)
        say_opinion(
            out, 1,
            "no packet came for %.0f s: the sensor is blind; look at the mirror session, the cable, and "
            "capture.filter",
            seconds_of(o->length));
}

static void judge_loss(const struct outlook *o, struct opinion *out) {
    uint64_t threshold = o->setup->options->loss;
    unsigned long long dropped = o->dropped, unseen = o->unseen_bytes;
    out->unsure = o->counted[COUNTER_PACKETS] + o->dropped < PACKETS_LEAST;
    if (!out->unsure && threshold && o->loss_ppm >= threshold * PPM_OF_PERCENT)
        say_opinion(
            out, 1,
            "%.1f %% of the traffic was not seen in %.0f s (%llu packets dropped, %llu acknowledged bytes "
            "never "
            "seen): what left meanwhile may be missing; give the sensor more workers or a larger "
            "capture.ring, or "
            "the mirror port less traffic",
            (double)o->loss_ppm / PPM_OF_PERCENT, seconds_of(o->length), dropped, unseen);
}

static void judge_sides(const struct outlook *o, struct opinion *out) {
    unsigned long long one = o->counted[COUNTER_FLOWS_ONE_SIDED], all = o->counted[COUNTER_FLOWS_JUDGED];
    out->unsure = all < FLOWS_LEAST;
    if (!out->unsure && reaches_share(one, all, o->setup->options->one_sided))
        say_opinion(out, 1,
                    "of %llu of %llu TCP flows only one direction is seen: the span is one-way; mirror both "
                    "directions (rx and "
                    "tx), and all links if routes are asymmetric",
                    one, all);
}

static void judge_duplicates(const struct outlook *o, struct opinion *out) {
    uint64_t twice = o->counted[COUNTER_DUPLICATES], all = o->counted[COUNTER_DUPLICATES_SAMPLED];
    uint64_t packets = all > twice ? all - twice : 1; /* each with its copy */
    out->unsure = all < SAMPLES_LEAST;
    if (!out->unsure && reaches_share(twice, packets, o->setup->options->duplicates))
        say_opinion(
            out, 1,
            "%.0f %% of the packets come twice: the span is duplicated; mirror each link once, either where "
            "packets "
            "enter or where they leave",
            percent_of(twice, packets));
}

static void judge_cut(const struct outlook *o, struct opinion *out) {
    unsigned long long cut = o->counted[COUNTER_PACKETS_CUT], all = o->counted[COUNTER_PACKETS];
    if (cut)
        say_opinion(
            out, 1,
            "%llu of %llu packets were cut at the snap length: what was cut off is not inspected; raise "
            "capture.snap-length, or capture again with -s 0",
            cut, all);
}

/* --- clocks --- */

static void judge_packet_time(const struct outlook *o, struct opinion *out) {
    bool live = o->setup->interface != NULL; /* a file may begin hours after the one before */
    unsigned long long jumps = o->counted[live ? COUNTER_TIME_JUMPS : COUNTER_TIME_JUMPS_BACK];
    if (jumps)
        say_opinion(
            out, 1,
            "the packets' clock jumped by more than an hour (%llu times): times of records and hours of "
            "contracts are "
            "not to be relied on; look at the clock of what captures, and at the order of capture files",
            jumps);
}

static void judge_clock(const struct outlook *o, struct opinion *out) {
    time_ns step = o->clock_step < 0 ? -o->clock_step : o->clock_step;
    if (step >= clock_step_least)
        say_opinion(out, 1,
                    "the system's clock was set %s by %.1f s: times of records jump; let NTP or PTP steer it "
                    "(chronyc tracking)",
                    o->clock_step < 0 ? "back" : "forward", seconds_of(step));
}

/* --- what should be there --- */

static bool network_seen(const struct health_setup *s, const char *name) {
    for (size_t i = 0; i < s->workers; i++)
        if (sight_has_network(&s->views[i]->sight, name))
            return true;
    return false;
}

/* Adds ", NAME" while there is room; how many were left out is told by the caller. */
static bool list_add(char *list, size_t size, size_t *n, const char *name) {
    size_t need = strlen(name) + 2;
    if (*n + need >= size)
        return false;
    *n += (size_t)snprintf(list + *n, size - *n, "%s%s", *n ? ", " : "", name);
    return true;
}

static void judge_networks(const struct outlook *o, struct opinion *out) {
    const struct health_setup *s = o->setup;
    char list[200] = "";
    size_t n = 0, missing = 0, shown = 0;
    out->unsure = o->age < (time_ns)s->options->networks_after;
    for (uint32_t i = 0; !out->unsure && s->options->networks_after && i < policy_image_networks(s->policy);
         i++) {
        const char *name = policy_image_network(s->policy, i)->name;
        if (network_seen(s, name))
            continue;
        missing++;
        shown += list_add(list, sizeof list, &n, name);
    }
    if (missing)
        say_opinion(out, missing,
                    "%zu image network%s never seen since the start (%s%s): look at image-networks in the "
                    "configuration, and "
                    "at what the span port mirrors",
                    missing, missing == 1 ? " was" : "s were", list, shown < missing ? ", ..." : "");
}

/* Of all workers: a packet of the VLAN may go to any. */
static struct sight_vlan vlan_seen(const struct health_setup *s, size_t id) {
    struct sight_vlan all = {.first = 0};
    for (size_t i = 0; i < s->workers; i++) {
        struct sight_vlan v = s->views[i]->sight.vlan[id];
        if (v.first == 0)
            continue;
        all.first = all.first == 0 || v.first < all.first ? v.first : all.first;
        all.last = v.last > all.last ? v.last : all.last;
        all.pause = v.pause > all.pause ? v.pause : all.pause;
    }
    return all;
}

/* One that has been busy for less time than it is silent was never really there. */
static bool is_lost(const struct sight_vlan *v, time_ns newest, time_ns silence) {
    time_ns silent = newest - v->last;
    return v->first && silent >= silence && silent > PAUSES * v->pause && v->last - v->first >= silence;
}

static void judge_vlans(const struct outlook *o, struct opinion *out) {
    time_ns silence = (time_ns)o->setup->options->vlan_silence;
    static const struct hash_key key = {1, 2};
    char list[200] = "", name[8];
    size_t n = 0, lost = 0, shown = 0;
    uint64_t which = 0;
    for (uint16_t id = 1; silence && id < SIGHT_VLANS; id++) {
        struct sight_vlan v = vlan_seen(o->setup, id);
        if (!is_lost(&v, o->newest, silence))
            continue;
        snprintf(name, sizeof name, "%u", id);
        lost++;
        shown += list_add(list, sizeof list, &n, name);
        which ^= hash_bytes(&key, &id, sizeof id);
    }
    if (lost)
        say_opinion(
            out, which,
            "%zu VLAN%s silent that had traffic before (%s%s): look at the mirror session and at the trunk's "
            "list of "
            "VLANs",
            lost, lost == 1 ? " is" : "s are", list, shown < lost ? ", ..." : "");
}

/* --- the sensor --- */

static void judge_records(const struct outlook *o, struct opinion *out) {
    unsigned long long lost = o->counted[COUNTER_RECORDS_LOST],
                       given_up = o->counted[COUNTER_RECORDS_GIVEN_UP];
    if (given_up)
        say_opinion(
            out, 2,
            "%llu records were stepped over because the reporter died of them, and %llu lost because it did "
            "not keep up: findings may be among them; tell who maintains the sensor, with its log and "
            "the notices record-given-up",
            given_up, lost);
    else if (lost)
        say_opinion(
            out, 1,
            "%llu records were lost because the reporter did not keep up: findings may be among them; let "
            "outputs take "
            "fewer flow and transfer records, or give the reporter a processor and a faster disk",
            lost);
}

/* clang-format off */
const struct condition conditions[] = {
    {"interface-down",  "the interface is up again",                          false, judge_interface},
    {"offloads-on",     "the interface's offloads are off now",               false, judge_offloads},
    {"span-silent",     "packets come again",                                 false, judge_silence},
    {"traffic-lost",    "the loss is below the threshold again",              true,  judge_loss},
    {"span-one-way",    "both directions are seen again",                     true,  judge_sides},
    {"span-duplicated", "packets come once again",                            true,  judge_duplicates},
    {"packets-cut",     "packets are not cut any more",                       true,  judge_cut},
    {"packet-time-jumped", "the packets' clock goes on evenly",               true,  judge_packet_time},
    {"clock-set",       "the system's clock goes on evenly",                  false, judge_clock},
    {"network-unseen",  "every image network has been seen",                  false, judge_networks},
    {"vlan-lost",       "every VLAN that had traffic has traffic again",      true,  judge_vlans},
    {"records-lost",    "no more records are lost",                           true,  judge_records},
    {0},
};
/* clang-format on */

_Static_assert(sizeof conditions / sizeof *conditions <= HEALTH_CONDITIONS_MAX + 1,
               "health_memory has room for all");
