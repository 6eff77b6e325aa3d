/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/transport.h"

#include "report/event/text.h"

#include <string.h>

static const struct transport *const transports[] = {&transport_udp,  &transport_tcp,      &transport_tls,
                                                     &transport_relp, &transport_relp_tls, &transport_unix,
                                                     &transport_file, &transport_stdout};

const struct transport *transport_find(const char *to, const char **rest) {
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++) {
        size_t n = strlen(transports[i]->scheme);
        if (strncmp(to, transports[i]->scheme, n) == 0) {
            *rest = to + n;
            return transports[i];
        }
    }
    return NULL;
}

bool transport_check(const struct transport *t, const char *rest, struct error *e) {
    struct remote r;
    return t->check ? t->check(rest, e) : remote_parse(rest, t->port, &r, e);
}

const char *output_path(const struct output_config *o) {
    const char *rest = NULL;
    return transport_find(o->to, &rest) == &transport_file ? rest : NULL;
}

const char *transport_usages(void) {
    static char usages[256];
    struct text t;
    text_init(&t, usages, sizeof usages - 1);
    for (size_t i = 0; i < sizeof transports / sizeof transports[0]; i++)
        text_print(&t, "%s%s", i ? ", " : "", transports[i]->usage);
    return usages;
}
