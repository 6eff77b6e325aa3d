/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport.h"

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

bool remote_resolve(struct remote *r, int type) {
    struct addrinfo hints = {.ai_socktype = type, .ai_flags = AI_NUMERICSERV}, *list = NULL;
    r->looked_up = clock_monotonic();
    if (getaddrinfo(r->host, r->port, &hints, &list) != 0)
        return false;
    r->count = 0;
    for (struct addrinfo *a = list; a && r->count < REMOTE_ADDRESSES_MAX; a = a->ai_next) {
        memcpy(&r->address[r->count], a->ai_addr, a->ai_addrlen);
        r->size[r->count++] = a->ai_addrlen;
    }
    r->next = 0;
    freeaddrinfo(list);
    return r->count > 0;
}

int remote_connect(struct remote *r, int type) {
    time_ns now = clock_monotonic();
    if (now < r->retry_at)
        return -1;
    bool again = r->failures && r->next == 0 && now - r->looked_up > LOOK_UP_AGAIN;
    if ((r->count == 0 || again) && !remote_resolve(r, type) && r->count == 0) {
        remote_failed(r, "its name is not known");
        return -1;
    }
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

void remote_failed(struct remote *r, const char *reason) {
    time_ns delay = 250 * NS_PER_MS << (r->failures < 7 ? r->failures : 7);
    if (delay > 30 * NS_PER_S)
        delay = 30 * NS_PER_S;
    r->retry_at = clock_monotonic() + delay * 3 / 4 + delay / 2 * (random() % 1000) / 1000;
    r->failures++;
    if (strncmp(r->reason, reason, sizeof r->reason - 1) != 0) {
        snprintf(r->reason, sizeof r->reason, "%s", reason);
        log_warning("output to %s port %s: %s; messages are held and it is tried again", r->host, r->port,
                    r->reason);
    }
    counter_one(COUNTER_CONNECTS_FAILED);
}

void remote_worked(struct remote *r) {
    if (r->reason[0])
        log_info("output to %s port %s answers again", r->host, r->port);
    r->reason[0] = '\0';
    r->failures = 0;
    r->retry_at = 0;
}
