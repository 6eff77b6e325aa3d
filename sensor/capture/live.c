/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/fanout.h"
#include "capture/ring.h"
#include "capture/source.h"

#include "base/counter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    RING_BYTES_MAX = INT_MAX, /* libpcap takes an int */
    WAIT_MS = 100,
    /* A ring block is handed over when it is full or this old: part of the second that an alert may take. */
    BLOCK_MS = 100,
};

/* What the card itself dropped. Opened as root, read again by the worker, whose sandbox opens nothing. */
static const char *const drop_files[] = {"rx_missed_errors", "rx_dropped"};
#define DROP_FILES (sizeof drop_files / sizeof *drop_files)

struct live {
    struct capture common;
    pcap_t *pcap;
    struct ring ring;
    char interface[IF_NAMESIZE];
    int drop_fds[DROP_FILES]; /* -1: not counted here */
    uint64_t interface_drops[DROP_FILES];
    u_int kernel_drops;
};

static bool read_drops(int fd, uint64_t *out) {
    char text[32];
    ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text, 0);
    return n > 0 && bytes_number(bytes_trim(bytes_of(text, (size_t)n)), out);
}

static void open_drops(struct live *l, const struct capture_options *o) {
    for (size_t i = 0; i < DROP_FILES; i++) {
        char path[128];
        snprintf(path, sizeof path, "/sys/class/net/%s/statistics/%s", l->interface, drop_files[i]);
        l->drop_fds[i] = o->index == 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        read_drops(l->drop_fds[i], &l->interface_drops[i]);
    }
}

/* libpcap's ps_ifdrop is not used: it reads /sys by name, which the sandbox refuses, and then counts
 * backwards. */
static void live_count_drops(struct capture *c) {
    struct live *l = (struct live *)c;
    struct pcap_stat stat;
    if (pcap_stats(l->pcap, &stat) == 0) {
        counter_add(COUNTER_KERNEL_DROPS, (u_int)(stat.ps_drop - l->kernel_drops));
        l->kernel_drops = stat.ps_drop;
    }
    for (size_t i = 0; i < DROP_FILES; i++) {
        uint64_t now;
        if (!read_drops(l->drop_fds[i], &now))
            continue;
        if (now > l->interface_drops[i])
            counter_add(COUNTER_INTERFACE_DROPS, now - l->interface_drops[i]);
        l->interface_drops[i] = now;
    }
}

/* An hour without packets is no jump of their clock. A block that the kernel still fills is older than now.
 */
static void keep_latest(struct capture *c) {
    time_ns now = clock_wall() - NS_PER_S;
    if (c->latest && now > c->latest)
        c->latest = now;
}

/* pcap_dispatch would block without end on a TPACKET_V3 ring while no packet comes, so the handle does not
 * block and the wait is here. */
static int live_read(struct capture *c, int most) {
    struct live *l = (struct live *)c;
    int n = pcap_dispatch(l->pcap, most, source_lend, (u_char *)c);
    if (n == 0) {
        struct pollfd wait = {.fd = pcap_get_selectable_fd(l->pcap), .events = POLLIN};
        poll(&wait, 1, c->hurry ? 0 : WAIT_MS);
        n = pcap_dispatch(l->pcap, most, source_lend, (u_char *)c);
    }
    if (n == 0)
        keep_latest(c);
    if (n >= 0)
        return c->lent;
    error_set(&c->reason, "interface %s: %s", l->interface, pcap_geterr(l->pcap));
    return CAPTURE_BROKEN;
}

static void live_resume(struct capture *c) {
    struct live *l = (struct live *)c;
    uint64_t lost = 0;
    if (!ring_resume(&l->ring, &lost))
        log_warning(
            "interface %s: the ring is of an unknown form; packets are seen again when it has come round",
            l->interface);
    counter_add(COUNTER_LOST_TO_RESTART, lost);
}

static int live_waiting(const struct capture *c) {
    return ring_waiting(&((const struct live *)c)->ring);
}

static void live_close(struct capture *c) {
    struct live *l = (struct live *)c;
    for (size_t i = 0; i < DROP_FILES; i++)
        if (l->drop_fds[i] >= 0)
            close(l->drop_fds[i]);
    if (l->pcap)
        pcap_close(l->pcap);
    free(l);
}

static const struct source live_source = {
    .read = live_read,
    .resume = live_resume,
    .waiting = live_waiting,
    .count_drops = live_count_drops,
    .close = live_close,
};

static bool no_such_interface(const char *interface, struct error *e) {
    char names[256] = "";
    size_t n = 0;
    struct if_nameindex *list = if_nameindex();
    for (struct if_nameindex *i = list; i && i->if_index && n < sizeof names; i++)
        n += (size_t)snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "", i->if_name);
    if_freenameindex(list);
    return error_set(e, "interface %s: no such interface; there are: %s", interface, n ? names : "none");
}

static bool activation_failed(pcap_t *pcap, int status, const char *interface, struct error *e) {
    switch (status) {
    case PCAP_ERROR_NO_SUCH_DEVICE:
        return no_such_interface(interface, e);
    case PCAP_ERROR_PERM_DENIED:
        return error_set(
            e,
            "interface %s: no permission to capture; run as root or with the capability CAP_NET_RAW "
            "(and CAP_NET_ADMIN for promiscuous mode)",
            interface);
    case PCAP_ERROR_PROMISC_PERM_DENIED:
        return error_set(
            e,
            "interface %s: no permission for promiscuous mode; run as root or with the capability "
            "CAP_NET_ADMIN, or switch promiscuous mode off",
            interface);
    case PCAP_ERROR_IFACE_NOT_UP:
        return error_set(e, "interface %s: is down; bring it up: ip link set %s up", interface, interface);
    default:
        return error_set(e, "interface %s: cannot capture: %s (%s)", interface, pcap_statustostr(status),
                         pcap_geterr(pcap));
    }
}

/* Immediate mode stays off: libpcap would fall back to TPACKET_V2. */
static bool activate_handle(pcap_t *pcap, const struct capture_options *o, struct error *e) {
    if (o->ring_bytes > RING_BYTES_MAX)
        return error_set(e, "interface %s: a ring of %llu bytes is too large; at most %d", o->interface,
                         (unsigned long long)o->ring_bytes, RING_BYTES_MAX);
    pcap_set_buffer_size(pcap, (int)o->ring_bytes);
    pcap_set_snaplen(pcap, (int)o->snap_length);
    pcap_set_promisc(pcap, o->promiscuous);
    pcap_set_timeout(pcap, BLOCK_MS);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    int status = pcap_activate(pcap);
    if (status < 0)
        return activation_failed(pcap, status, o->interface, e);
    if (status == PCAP_WARNING_PROMISC_NOTSUP)
        log_warning("interface %s: promiscuous mode is not supported; only traffic addressed to it is seen",
                    o->interface);
    return true;
}

static bool prepare_handle(struct live *l, const struct capture_options *o, struct error *e) {
    char reason[PCAP_ERRBUF_SIZE];
    l->common.link_type = pcap_datalink(l->pcap);
    if (!link_check(l->common.link_type, o->interface, e) ||
        !source_set_filter(l->pcap, o->filter, o->interface, e))
        return false;
    if (pcap_get_tstamp_precision(l->pcap) != PCAP_TSTAMP_PRECISION_NANO)
        return error_set(e, "interface %s: no nanosecond timestamps", o->interface);
    if (pcap_setnonblock(l->pcap, 1, reason) != 0)
        return error_set(e, "interface %s: %s", o->interface, reason);
    return o->workers < 2 || fanout_join(pcap_fileno(l->pcap), o, e);
}

struct capture *capture_open_live(const struct capture_options *options, struct error *e) {
    char reason[PCAP_ERRBUF_SIZE];
    const char *interface = options->interface;
    if (!interface || (if_nametoindex(interface) == 0 && strcmp(interface, "any") != 0)) {
        no_such_interface(interface ? interface : "(none)", e);
        return NULL;
    }
    struct live *l = calloc(1, sizeof *l);
    if (!l) {
        error_set(e, "interface %s: no memory", interface);
        return NULL;
    }
    l->common.source = &live_source;
    snprintf(l->interface, sizeof l->interface, "%s", interface);
    open_drops(l, options);
    l->pcap = pcap_create(interface, reason);
    if (!l->pcap) {
        error_set(e, "interface %s: %s", interface, reason);
        goto fail;
    }
    if (!activate_handle(l->pcap, options, e) || !prepare_handle(l, options, e))
        goto fail;
    ring_find(&l->ring, pcap_fileno(l->pcap));
    return &l->common;
fail:
    live_close(&l->common);
    return NULL;
}
