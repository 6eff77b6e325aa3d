/* SPDX-License-Identifier: Apache-2.0 */
#include "tunnel/tunnel.h"

/* What somebody can register stands below a suffix: a top-level domain, or one of the registries that
 * countries divide theirs into. A registry that is missing here makes its whole country one domain, of which
 * far more names are asked for again; one too many would hide a domain of that name. */
static const char *const second_level[] = {"ac",  "asn",    "co",   "com",  "conf", "ed",     "edu", "firm",
                                           "gen", "go",     "gob",  "gouv", "gov",  "govt",   "gub", "id",
                                           "idv", "ind",    "info", "int",  "lg",   "ltd",    "me",  "mil",
                                           "mod", "ne",     "net",  "nhs",  "nic",  "nom",    "or",  "org",
                                           "plc", "police", "pro",  "res",  "sch",  "school", "web", NULL};

enum { LABELS_MAX = 128, V4_LABELS = 4, V6_LABELS = 32 };

/* Where each label begins; returns how many there are. */
static size_t find_labels(const struct tunnel_name *name, uint8_t at[LABELS_MAX]) {
    size_t n = 0;
    for (size_t i = 0; i < name->n && n < LABELS_MAX; i++)
        if (i == 0 || name->text[i - 1] == '.')
            at[n++] = (uint8_t)i;
    return n;
}

static struct bytes label_of(const struct tunnel_name *name, const uint8_t *at, size_t labels, size_t i) {
    size_t end = i + 1 < labels ? at[i + 1] - 1u : name->n;
    return bytes_of(name->text + at[i], end - at[i]);
}

static bool is_number(struct bytes label) {
    unsigned value = 0;
    for (size_t i = 0; i < label.n; i++) {
        if (label.p[i] < '0' || label.p[i] > '9')
            return false;
        value = value * 10 + (label.p[i] - '0');
    }
    return label.n > 0 && label.n <= 3 && value <= 255;
}

static bool is_nibble(struct bytes label) {
    return label.n == 1 &&
           ((label.p[0] >= '0' && label.p[0] <= '9') || (label.p[0] >= 'a' && label.p[0] <= 'f'));
}

/* The name begins with an address from its end, as those of block lists and reverse zones do: labels of it.
 */
static size_t count_address(const struct tunnel_name *name, const uint8_t *at, size_t labels) {
    size_t numbers = 0, nibbles = 0;
    while (nibbles < labels && nibbles < V6_LABELS && is_nibble(label_of(name, at, labels, nibbles)))
        nibbles++;
    if (nibbles == V6_LABELS)
        return V6_LABELS;
    while (numbers < labels && numbers < V4_LABELS && is_number(label_of(name, at, labels, numbers)))
        numbers++;
    return numbers == V4_LABELS ? V4_LABELS : 0;
}

/* Labels of the suffix. */
static size_t count_suffix(const struct tunnel_name *name, const uint8_t *at, size_t labels) {
    if (labels < 2 || label_of(name, at, labels, labels - 1).n != 2)
        return 1;
    struct bytes second = label_of(name, at, labels, labels - 2);
    for (size_t i = 0; second_level[i]; i++)
        if (bytes_equal(second, bytes_text(second_level[i])))
            return 2;
    return 1;
}

/* in-addr.arpa and ip6.arpa, in which everybody owns the zone of an address (RFC 1035 section 3.5, 3596). */
static bool is_reverse_zone(const struct tunnel_name *name, const uint8_t *at, size_t labels) {
    if (labels < 2)
        return false;
    struct bytes zone = bytes_of(name->text + at[labels - 2], name->n - at[labels - 2]);
    return bytes_equal(zone, bytes_text("in-addr.arpa")) || bytes_equal(zone, bytes_text("ip6.arpa"));
}

static bool is_reverse(const struct tunnel_name *name, const uint8_t *at, size_t labels) {
    size_t i = 0;
    while (i + 2 < labels &&
           (is_number(label_of(name, at, labels, i)) || is_nibble(label_of(name, at, labels, i))))
        i++;
    return i + 2 == labels;
}

static void copy_lower(struct tunnel_name *name, struct bytes text) {
    name->n = text.n < sizeof name->text ? text.n : sizeof name->text;
    for (size_t i = 0; i < name->n; i++) {
        uint8_t c = text.p[i];
        name->text[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
    }
}

void tunnel_name_read(struct tunnel_name *name, struct bytes text) {
    uint8_t at[LABELS_MAX];
    copy_lower(name, text);
    size_t labels = find_labels(name, at), address = count_address(name, at, labels);
    bool arpa = is_reverse_zone(name, at, labels);
    size_t domain = arpa ? 3 : count_suffix(name, at, labels) + 1;
    name->reverse = arpa && is_reverse(name, at, labels);
    name->octets = 0;
    name->domain = name->n;
    if (domain > labels)
        return;
    name->domain = at[labels - domain];
    size_t below = labels - domain, skipped = address <= below ? address : 0;
    name->octets = skipped == V6_LABELS ? 16 : (unsigned)skipped;
    if (skipped < below)
        name->octets += name->domain - at[skipped] - (unsigned)(below - skipped);
}
