/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/walk.h"

/* ESP that does not encrypt (RFC 2410), found as RFC 5879 does: by what would have to stand there. The packet
 * does not say how long its check value is, nor whether an initialisation vector stands before it (RFC 4543).
 */
enum { ESP_HEADER = 8, ESP_TRAILER = 2 };

struct esp_form {
    uint8_t vector, check;
};
/* HMAC-96; HMAC-SHA-256-128 and AES-GMAC; HMAC-SHA-384 and 512; none; AES-CMAC. */
static const struct esp_form forms[] = {{0, 12}, {0, 16}, {8, 16}, {0, 24}, {0, 32}, {0, 0}, {8, 12}, {8, 8}};

struct esp_found {
    uint32_t at;
    uint8_t protocol;
};

/* RFC 4303, section 2.4: padding counts up from 1. */
static bool is_padded(const uint8_t *end, uint8_t n) {
    for (uint8_t i = 0; i < n; i++)
        if (*(end - n + i) != i + 1)
            return false;
    return true;
}

static bool is_carried(const struct walk *w, uint32_t at, uint32_t length, uint8_t protocol) {
    switch (protocol) {
    case 4:
    case 41:
        return look_ip_type(w, at) == (protocol == 4 ? ETHER_IPV4 : ETHER_IPV6) && look_ip_like(w, at);
    case PROTOCOL_TCP:
    case PROTOCOL_UDP:
        return look_segment_sound(w, at, length, protocol);
    default:
        return false;
    }
}

/* With `at` its first byte behind the ESP header. */
static bool fits_form(const struct walk *w, struct esp_form form, struct esp_found *out) {
    uint32_t n = (uint32_t)reader_left(&w->left),
             around = ESP_HEADER + form.vector + ESP_TRAILER + form.check;
    if (w->cut || n <= around)
        return false;
    const uint8_t *trailer = w->left.at + n - form.check - ESP_TRAILER;
    uint32_t length = n - around;
    if (trailer[0] >= length || !is_padded(trailer, trailer[0]))
        return false;
    *out = (struct esp_found){ESP_HEADER + form.vector, trailer[1]};
    return is_carried(w, out->at, length - trailer[0], trailer[1]);
}

/* A whole packet inside shows without the trailer, which the capture may have cut. */
static bool is_tunnel(const struct walk *w, uint32_t at, struct esp_found *out) {
    struct walk inner = *w;
    uint32_t here = (uint32_t)reader_left(&w->left);
    if (here < at + 20 || w->left.at[at] >> 4 != 4)
        return false;
    walk_limit(&inner, at + walk_u16(w->left.at + at + 2));
    *out = (struct esp_found){at, 4};
    return walk_u16(w->left.at + at + 2) + at <= walk_length(w) && look_ip_sound(&inner, at);
}

static bool find_open(const struct walk *w, struct esp_found *out) {
    if (reader_left(&w->left) < ESP_HEADER + ESP_TRAILER || walk_u32(w->left.at) == 0)
        return false;
    if (is_tunnel(w, ESP_HEADER, out) || is_tunnel(w, ESP_HEADER + 8, out))
        return true;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (fits_form(w, forms[i], out))
            return true;
    return false;
}

/* Behind the segment of transport mode stand the trailer and the check value: it ends where its own length,
 * or the form that fits, says. */
static void leave_trailer(struct walk *w, const struct esp_found *f) {
    struct esp_found again;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (fits_form(w, forms[i], &again) && again.at == f->at && again.protocol == f->protocol) {
            uint32_t n = (uint32_t)reader_left(&w->left), tail = forms[i].check + ESP_TRAILER;
            walk_limit(w, n - tail - w->left.at[n - tail]);
            w->out->network_length = (uint32_t)(w->left.end - w->out->network);
            return;
        }
}

enum step esp_open(struct walk *w) {
    struct esp_found f;
    if (!find_open(w, &f))
        return payload_other(w);
    if (!walk_into(w))
        return walk_beyond(w, COUNTER_DECODE_DEPTH);
    bool tunnel = f.protocol == 4 || f.protocol == 41;
    if (!tunnel)
        leave_trailer(w, &f);
    reader_skip(&w->left, f.at);
    w->out->transport = f.protocol;
    if (!tunnel)
        return f.protocol == PROTOCOL_TCP ? payload_tcp(w) : payload_udp(w);
    walk_leave_link(w);
    return walk_next(w, f.protocol == 4 ? ETHER_IPV4 : ETHER_IPV6);
}

/* RFC 3948: on port 4500, with no marker of four zeros. */
bool esp_in_udp(const struct walk *w, struct udp_inner *out) {
    struct esp_found f;
    *out = (struct udp_inner){0, INNER_ESP};
    return find_open(w, &f);
}
