/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/hash.h"
#include "report/transport/transport.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_UP_AGAIN (60 * NS_PER_S)

bool remote_parse(const char *text, const char *preset, struct remote *r, struct error *e) {
    const char *end, *port = NULL;
    uint64_t number = 0;
    size_t n;
    memset(r, 0, sizeof *r);
    if (*text == '[') {
        end = strchr(++text, ']');
        if (!end || (end[1] != '\0' && end[1] != ':' && end[1] != '/'))
            return error_set(e, "'[' without ']': write an IPv6 address as [2001:db8::1]:514");
        n = (size_t)(end - text);
        port = end[1] == ':' ? end + 2 : end + 1;
        if (end[1] != ':')
            port = NULL;
    } else {
        n = strcspn(text, ":/");
        if (text[n] == ':')
            port = text + n + 1;
        if (port && strchr(port, ':'))
            return error_set(e, "write an IPv6 address in brackets: [%s]:514", text);
    }
    if (n == 0 || n >= sizeof r->host)
        return error_set(e, "no host in \"%s\": write host:port", text);
    memcpy(r->host, text, n);
    if (!port)
        port = preset;
    if (!bytes_number(bytes_of(port, strcspn(port, "/")), &number) || number == 0 || number > 65535)
        return error_set(e, "\"%s\" is no port: write a number from 1 to 65535", port);
    snprintf(r->port, sizeof r->port, "%u", (unsigned)number);
    return true;
}

/* Owned by the C library's thread while it is under way. */
struct look_up {
    struct look_up *next; /* of those that were left to it */
    struct gaicb request;
    struct gaicb *list[1];
    struct addrinfo hints;
    char host[256], port[16];
};

static void look_up_free(struct look_up *l) {
    if (l && l->request.ar_result)
        freeaddrinfo(l->request.ar_result);
    free(l);
}

/* Whose remote went before the library's thread was done with them. */
static struct look_up *left;

static void free_left(void) {
    for (struct look_up **at = &left, *l; (l = *at);) {
        if (gai_error(&l->request) == EAI_INPROGRESS) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        look_up_free(l);
    }
}

static void look_up_begin(struct remote *r, int type) {
    struct look_up *l = calloc(1, sizeof *l);
    free_left();
    r->looked_up = clock_monotonic();
    if (!l)
        return;
    memcpy(l->host, r->host, sizeof l->host);
    memcpy(l->port, r->port, sizeof l->port);
    l->hints = (struct addrinfo){.ai_socktype = type, .ai_flags = AI_NUMERICSERV};
    l->request = (struct gaicb){.ar_name = l->host, .ar_service = l->port, .ar_request = &l->hints};
    l->list[0] = &l->request;
    if (getaddrinfo_a(GAI_NOWAIT, l->list, 1, NULL) == 0)
        r->look_up = l;
    else
        look_up_free(l);
}

static void take_addresses(struct remote *r, const struct addrinfo *list) {
    r->count = 0;
    for (const struct addrinfo *a = list; a && r->count < REMOTE_ADDRESSES_MAX; a = a->ai_next) {
        memcpy(&r->address[r->count], a->ai_addr, a->ai_addrlen);
        r->size[r->count++] = a->ai_addrlen;
    }
    r->next = 0;
}

/* Takes the result if there is one; false while it is under way. The old addresses stay when it fails. */
static bool look_up_end(struct remote *r) {
    int result = r->look_up ? gai_error(&r->look_up->request) : 0;
    if (result == EAI_INPROGRESS)
        return false;
    if (r->look_up && result == 0)
        take_addresses(r, r->look_up->request.ar_result);
    look_up_free(r->look_up);
    r->look_up = NULL;
    return true;
}

/* An address needs no name server. */
static bool take_number(struct remote *r, int type) {
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST}, *list;
    if (r->count || getaddrinfo(r->host, r->port, &hints, &list) != 0)
        return r->count > 0;
    take_addresses(r, list);
    freeaddrinfo(list);
    return true;
}

void remote_finish(struct remote *r) {
    struct look_up *l = r->look_up;
    r->look_up = NULL;
    if (l && gai_cancel(&l->request) == EAI_NOTCANCELED) {
        l->next = left;
        left = l;
    } else {
        look_up_free(l);
    }
}

/* Are there addresses to try? */
static bool find_addresses(struct remote *r, int type, time_ns now) {
    bool again = r->failures && r->next == 0 && now - r->looked_up > LOOK_UP_AGAIN;
    if (!r->look_up && (again || !take_number(r, type)))
        look_up_begin(r, type);
    if (look_up_end(r) && r->count == 0)
        remote_failed(r, "its name is not known");
    return r->count > 0;
}

int remote_connect(struct remote *r, int type) {
    time_ns now = clock_monotonic();
    if (now < r->retry_at)
        return -1;
    if (!find_addresses(r, type, now))
        return -1;
    unsigned i = r->next;
    r->next = (r->next + 1) % r->count;
    int fd = socket(r->address[i].ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        remote_failed(r, strerror(errno));
        return -1;
    }
    if (connect(fd, (const struct sockaddr *)&r->address[i], r->size[i]) == 0 || errno == EINPROGRESS)
        return fd;
    int reason = errno;
    close(fd);
    remote_failed(r, strerror(reason));
    return -1;
}

const char *remote_role(const struct remote *r) {
    return r->role ? r->role : "output to";
}

void remote_failed(struct remote *r, const char *reason) {
    time_ns delay = 250 * NS_PER_MS << (r->failures < 7 ? r->failures : 7);
    if (delay > 30 * NS_PER_S)
        delay = 30 * NS_PER_S;
    /* From the kernel: sensors that lost one receiver at once are not to come back to it at once. */
    time_ns chance = (time_ns)(hash_key_random().k0 % 1000);
    r->retry_at = clock_monotonic() + delay * 3 / 4 + delay / 2 * chance / 1000;
    r->failures++;
    if (strncmp(r->reason, reason, sizeof r->reason - 1) != 0) {
        snprintf(r->reason, sizeof r->reason, "%s", reason);
        log_warning("%s %s port %s: %s; messages are held and it is tried again", remote_role(r), r->host,
                    r->port, r->reason);
    }
    counter_one(COUNTER_CONNECTS_FAILED);
}

const char *remote_trouble(const struct remote *r) {
    return r->reason[0] ? r->reason : NULL;
}

void remote_worked(struct remote *r) {
    if (r->reason[0])
        log_info("%s %s port %s answers again", remote_role(r), r->host, r->port);
    r->reason[0] = '\0';
    r->failures = 0;
    r->retry_at = 0;
}
