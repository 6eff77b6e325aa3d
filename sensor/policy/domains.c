/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/domains.h"

#include <stdlib.h>

/* Labels of 1 to 63 letters, digits and hyphens (RFC 1123 section 2.1), and underscores, which occur. */
static bool labels_good(const char *name) {
    size_t label = 0;
    for (const char *p = name;; p++) {
        if (*p == '.' || *p == '\0') {
            if (label == 0 || label > 63)
                return false;
            if (*p == '\0')
                return true;
            label = 0;
        } else if ((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || *p == '-' || *p == '_') {
            label++;
        } else {
            return false;
        }
    }
}

bool domain_parse(const char *text, char *out, bool *below, const char **why) {
    *below = strncmp(text, "*.", 2) == 0;
    text += *below ? 2 : 0;
    size_t n = strlen(text);
    *why = "is no domain name; write it like example.org or *.example.org";
    if (n == 0 || n > DOMAIN_MAX)
        return false;
    for (size_t i = 0; i <= n; i++) {
        if ((unsigned char)text[i] >= 0x80) {
            *why = "has letters outside ASCII; write it in the form that goes over the wire (xn--...)";
            return false;
        }
        out[i] = letter_lower(text[i]);
    }
    return labels_good(out);
}

static int compare_domains(const void *a, const void *b) {
    const struct domain *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order == 0)
        order = x->below - y->below;
    return order ? order : x->line - y->line;
}

size_t domains_check(struct domain *domains, size_t n, struct problems *problems) {
    size_t kept = 0;
    if (n)
        qsort(domains, n, sizeof *domains, compare_domains);
    for (size_t i = 0; i < n; i++) {
        const struct domain *d = &domains[i], *last = kept ? &domains[kept - 1] : NULL;
        if (!last || last->below != d->below || strcmp(last->name, d->name) != 0)
            domains[kept++] = *d;
        else if (last->partner == d->partner)
            problem_warning(problems, d->file, d->line,
                            "domains: %s%s is given twice, first in %s:%d; remove one", d->below ? "*." : "",
                            d->name, last->file, last->line);
        else
            problem_error(
                problems, d->file, d->line,
                "domains: %s%s is given to two partners, first in %s:%d; remove it from one of them",
                d->below ? "*." : "", d->name, last->file, last->line);
    }
    return kept;
}

static const struct domain *find_exact(const struct domain *domains, size_t n, const char *name, bool below) {
    const struct domain key = {.name = name, .below = below};
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct domain *d = &domains[middle];
        int order = strcmp(d->name, key.name);
        if (order == 0)
            order = d->below - key.below;
        if (order == 0)
            return d;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Lower case, without port and the dots at the end; false if it cannot be a name of ours. */
static bool normalise_host(struct bytes host, char out[DOMAIN_MAX + 1]) {
    const uint8_t *colon = host.n ? memchr(host.p, ':', host.n) : NULL;
    if (colon)
        host.n = (size_t)(colon - host.p);
    if (host.n && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n == 0 || host.n > DOMAIN_MAX || memchr(host.p, '\0', host.n))
        return false;
    for (size_t i = 0; i < host.n; i++)
        out[i] = letter_lower((char)host.p[i]);
    out[host.n] = '\0';
    return true;
}

const struct domain *domains_find(const struct domain *domains, size_t n, struct bytes host) {
    char name[DOMAIN_MAX + 1];
    if (n == 0 || !normalise_host(host, name))
        return NULL;
    const struct domain *found = find_exact(domains, n, name, false);
    /* At most 127 labels in 253 bytes. */
    for (const char *dot = strchr(name, '.'); dot && !found; dot = strchr(dot + 1, '.'))
        found = find_exact(domains, n, dot + 1, true);
    return found;
}
