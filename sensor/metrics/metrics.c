/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics/metrics.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const time_ns fresh = 200 * NS_PER_MS, patience = METRICS_SECONDS * NS_PER_S;

struct metrics {
    const struct health_setup *health;
    struct MHD_Daemon *daemon;
    struct MHD_Response *text; /* NULL: none yet */
    time_ns made;
    struct caller {
        int fd; /* -1: free */
        time_ns since;
    } caller[METRICS_CONNECTIONS];
};

/* --- answers --- */

static struct MHD_Response *make_plain(const char *text) {
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), (void *)(uintptr_t)text, MHD_RESPMEM_PERSISTENT);
    if (r)
        MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    return r;
}

static enum MHD_Result refuse_request(struct MHD_Connection *c, unsigned status, const char *text) {
    struct MHD_Response *r = make_plain(text);
    if (r && status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
    enum MHD_Result result = r ? MHD_queue_response(c, status, r) : MHD_NO;
    MHD_destroy_response(r);
    return result;
}

/* Many callers at once get the same text. */
static struct MHD_Response *text_now(struct metrics *m) {
    time_ns now = clock_monotonic();
    size_t n;
    if (m->text && now - m->made < fresh)
        return m->text;
    char *text = exposition_text(m->health, &n);
    struct MHD_Response *r = text ? MHD_create_response_from_buffer(n, text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!r) {
        free(text);
        return NULL;
    }
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    MHD_add_response_header(r, MHD_HTTP_HEADER_CONNECTION, "close");
    if (m->text)
        MHD_destroy_response(m->text); /* connections that still send it hold on to it */
    m->text = r;
    m->made = now;
    return r;
}

static enum MHD_Result answer_request(void *context, struct MHD_Connection *c, const char *url,
                                      const char *method, const char *version, const char *upload,
                                      size_t *upload_size, void **state) {
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0)
        return refuse_request(c, MHD_HTTP_METHOD_NOT_ALLOWED, "only GET and HEAD are answered\n");
    if (strcmp(url, "/metrics") != 0)
        return refuse_request(c, MHD_HTTP_NOT_FOUND, "there is only /metrics\n");
    struct MHD_Response *r = text_now(context);
    return r ? MHD_queue_response(c, MHD_HTTP_OK, r) : MHD_NO;
}

/* --- callers --- */

/* MHD's own time-out begins anew with each byte; this one does not. */
static void note_caller(void *context, struct MHD_Connection *c, void **state,
                        enum MHD_ConnectionNotificationCode what) {
    struct metrics *m = context;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c, MHD_CONNECTION_INFO_CONNECTION_FD);
    int wanted = what == MHD_CONNECTION_NOTIFY_STARTED ? -1 : info->connect_fd;
    for (size_t i = 0; i < METRICS_CONNECTIONS; i++)
        if (m->caller[i].fd == wanted) {
            m->caller[i].fd = what == MHD_CONNECTION_NOTIFY_STARTED ? info->connect_fd : -1;
            m->caller[i].since = clock_monotonic();
            return;
        }
}

static void cut_off(struct metrics *m) {
    time_ns now = clock_monotonic();
    for (size_t i = 0; i < METRICS_CONNECTIONS; i++)
        if (m->caller[i].fd >= 0 && now - m->caller[i].since > patience)
            shutdown(m->caller[i].fd, SHUT_RDWR);
}

/* --- life --- */

struct metrics *metrics_create(int listening, const struct health_setup *health) {
    struct metrics *m = calloc(1, sizeof *m);
    int own = fcntl(listening, F_DUPFD_CLOEXEC, 0); /* closed with the daemon */
    if (!m || own < 0)
        goto failed;
    m->health = health;
    for (size_t i = 0; i < METRICS_CONNECTIONS; i++)
        m->caller[i].fd = -1;
    m->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer_request, m, MHD_OPTION_LISTEN_SOCKET,
                                 own, MHD_OPTION_CONNECTION_LIMIT, (unsigned)METRICS_CONNECTIONS,
                                 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)METRICS_SECONDS,
                                 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)METRICS_REQUEST_MAX,
                                 MHD_OPTION_NOTIFY_CONNECTION, note_caller, m, MHD_OPTION_END);
    if (m->daemon)
        return m;
failed:
    if (own >= 0)
        close(own);
    free(m);
    return NULL;
}

void metrics_destroy(struct metrics *m) {
    if (!m)
        return;
    MHD_stop_daemon(m->daemon);
    if (m->text)
        MHD_destroy_response(m->text);
    free(m);
}

size_t metrics_poll(const struct metrics *m, struct pollfd *fds, size_t most) {
    if (!m || most == 0)
        return 0;
    fds[0] = (struct pollfd){.fd = MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD)->epoll_fd,
                             .events = POLLIN};
    return 1;
}

void metrics_serve(struct metrics *m) {
    if (!m)
        return;
    cut_off(m);
    MHD_run(m->daemon);
}
