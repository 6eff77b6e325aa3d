/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/source.h"

#include "base/counter.h"

#define JUMP (3600 * NS_PER_S)
#define BEGIN_AT_MOST (2 * NS_PER_S)
#define SECONDS_MAX (CLOCK_LATEST / NS_PER_S - 366 * 86400) /* behind the last packet time goes on */

/* Both kinds of capture are opened with nanosecond precision, so tv_usec holds nanoseconds. A file can claim
 * any second, one that does not fit included. */
static time_ns packet_time(const struct timeval *t) {
    int64_t seconds = t->tv_sec;
    if (seconds < 0)
        seconds = 0;
    if (seconds > SECONDS_MAX)
        seconds = SECONDS_MAX;
    int64_t rest = t->tv_usec;
    return seconds * NS_PER_S + (rest >= 0 && rest < NS_PER_S ? rest : 0);
}

static void count_packet(struct capture *c, const struct capture_packet *p) {
    counter_one(COUNTER_PACKETS);
    counter_add(COUNTER_BYTES, p->wire);
    if (p->captured < p->wire)
        counter_one(COUNTER_PACKETS_CUT);
    if (c->latest && p->time < c->latest)
        counter_one(COUNTER_TIME_STEPS_BACK);
    bool back = c->latest && c->latest - p->time > JUMP;
    if (back || (c->latest && p->time - c->latest > JUMP))
        counter_one(COUNTER_TIME_JUMPS);
    if (back)
        counter_one(COUNTER_TIME_JUMPS_BACK);
    if (p->time > c->latest || back)
        c->latest = p->time;
}

/* The clock may be set back while the sensor starts; the interval of real time bounds what that can cost. */
static bool is_before_begin(struct capture *c, time_ns t) {
    if (!c->begin)
        return false;
    if (t < c->begin && clock_monotonic() < c->begin_until)
        return true;
    c->begin = 0;
    return false;
}

static void note_place(struct capture *c) {
    if (c->place)
        atomic_fetch_add_explicit(c->place, 1, memory_order_release);
}

void source_lend(u_char *user, const struct pcap_pkthdr *header, const u_char *bytes) {
    struct capture *c = (struct capture *)user;
    struct capture_packet p = {.time = packet_time(&header->ts),
                               .data = bytes,
                               .captured = header->caplen,
                               .wire = header->len > header->caplen ? header->len : header->caplen,
                               .link_type = c->link_type};
    if (is_before_begin(c, p.time)) {
        counter_one(COUNTER_BEFORE_BEGIN);
        return;
    }
    if (c->share_count > 1 && capture_fanout(&p, c->share_count, c->share_by_ports) != c->share_index) {
        counter_one(COUNTER_OTHER_WORKER);
        note_place(c);
        return;
    }
    count_packet(c, &p);
    c->lent++;
    c->fn(c->context, &p);
    note_place(c);
}

bool source_set_filter(pcap_t *pcap, const char *filter, const char *what, struct error *e) {
    if (!filter)
        return true;
    struct bpf_program program;
    if (pcap_compile(pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return error_set(e, "%s: filter '%s': %s; see pcap-filter(7)", what, filter, pcap_geterr(pcap));
    bool set = pcap_setfilter(pcap, &program) == 0;
    pcap_freecode(&program);
    return set || error_set(e, "%s: filter '%s': %s", what, filter, pcap_geterr(pcap));
}

int capture_read(struct capture *c, int most, capture_fn *fn, void *context) {
    c->fn = fn;
    c->context = context;
    c->lent = 0;
    return c->source->read(c, most > 0 ? most : 1);
}

void capture_hurry(struct capture *c, bool hurry) {
    c->hurry = hurry;
}

const char *capture_reason(const struct capture *c) {
    return c->reason.text;
}

void capture_begin(struct capture *c) {
    c->begin = clock_wall();
    c->begin_until = clock_monotonic() + BEGIN_AT_MOST;
}

void capture_resume(struct capture *c) {
    if (c->source->resume)
        c->source->resume(c);
}

int capture_waiting(const struct capture *c) {
    return c->source->waiting ? c->source->waiting(c) : -1;
}

void capture_share(struct capture *c, unsigned index, unsigned count, bool split_by_ports) {
    c->share_index = index;
    c->share_count = count;
    c->share_by_ports = split_by_ports;
}

void capture_show_place(struct capture *c, _Atomic uint64_t *place) {
    c->place = place;
}

void capture_count_drops(struct capture *c) {
    if (c->source->count_drops)
        c->source->count_drops(c);
}

int capture_progress(const struct capture *c) {
    return c->source->progress ? c->source->progress(c) : -1;
}

void capture_close(struct capture *c) {
    if (c)
        c->source->close(c);
}
