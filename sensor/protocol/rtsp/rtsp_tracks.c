/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/rtsp/rtsp_session.h"

static struct bytes skip_octets(struct bytes in, size_t n) {
    return n < in.n ? bytes_of(in.p + n, in.n - n) : bytes_of(NULL, 0);
}

static bool ends_with(struct bytes text, struct bytes end) {
    return end.n > 0 && text.n >= end.n && memcmp(text.p + text.n - end.n, end.p, end.n) == 0;
}

static uint16_t keep_text(uint8_t *out, size_t room, struct bytes from) {
    size_t n = from.n < room ? from.n : room;
    if (n)
        memcpy(out, from.p, n);
    return (uint16_t)n;
}

/* --- tracks --- */

static struct rtsp_track *add_track(struct rtsp *r) {
    if (r->tracks == RTSP_TRACKS_MAX) {
        counter_one(COUNTER_RTSP_TRACKS_MANY);
        return NULL;
    }
    struct rtp_stream *s = rtp_stream_join(0);
    if (!s)
        return NULL;
    struct rtsp_track *t = &r->track[r->tracks++];
    *t = (struct rtsp_track){.stream = s};
    return t;
}

void rtsp_close_tracks(struct rtsp *r) {
    for (unsigned i = 0; i < r->tracks; i++)
        rtp_stream_leave(r->track[i].stream);
    r->tracks = 0;
}

const struct rtsp_track *rtsp_channel_track(const struct rtsp *r, uint8_t channel) {
    for (unsigned i = r->tracks; i-- > 0;)
        if (r->track[i].has_channel && r->track[i].channel == channel)
            return &r->track[i];
    return NULL;
}

/* The newest whose control ends the URL; of one alone SDP need not say how it is set up. */
static struct rtsp_track *find_track(struct rtsp *r, struct bytes url) {
    unsigned open = 0;
    struct rtsp_track *only = NULL;
    for (unsigned i = r->tracks; i-- > 0;) {
        struct rtsp_track *t = &r->track[i];
        if (ends_with(url, bytes_of(t->stream->control, t->stream->control_n)))
            return t;
        open += !t->set_up;
        only = t->set_up ? only : t;
    }
    return open == 1 ? only : NULL;
}

/* --- descriptions (RFC 8866) --- */

/* Tracks of an earlier one that nobody has set up are no more. */
void rtsp_begin_description(struct rtsp *r) {
    unsigned kept = 0;
    for (unsigned i = 0; i < r->tracks; i++) {
        if (r->track[i].set_up)
            r->track[kept++] = r->track[i];
        else
            rtp_stream_leave(r->track[i].stream);
    }
    r->tracks = kept;
    r->described = NULL;
    for (unsigned i = 0; i < RTSP_ASKED_MAX; i++)
        r->asked[i].waits = false;
}

/* "video 0 RTP/AVP 26 96": the formats that are numbers are payload types. */
static void take_media(struct rtsp *r, struct bytes value) {
    enum { JPEG = 26 };
    uint64_t type;
    if (!(r->described = add_track(r)))
        return;
    struct rtp_stream *s = r->described->stream;
    for (unsigned word = 0; value.n > 0; word++) {
        struct bytes text = bytes_until(value, ' ');
        if (word == 0) /* until a map of formats says more */
            s->medium_n = keep_text(s->medium, sizeof s->medium, text);
        if (word >= 3 && bytes_number(text, &type) && type == JPEG) {
            s->named[JPEG / 8] |= 1 << JPEG % 8;
            s->pictures[JPEG / 8] |= 1 << JPEG % 8;
        }
        value = skip_octets(value, text.n + 1);
    }
}

/* "96 JPEG/90000" */
static void take_map(struct rtp_stream *s, struct bytes value) {
    struct bytes number = bytes_until(value, ' ');
    struct bytes name = bytes_until(bytes_trim(skip_octets(value, number.n)), '/');
    uint64_t type;
    if (!bytes_number(number, &type) || type >= RTP_TYPES || name.n == 0)
        return;
    uint8_t bit = (uint8_t)(1 << type % 8);
    s->named[type / 8] |= bit;
    s->pictures[type / 8] &= (uint8_t)~bit;
    if (bytes_equal_nocase(name, "JPEG"))
        s->pictures[type / 8] |= bit;
    s->medium_n = keep_text(s->medium, sizeof s->medium, name);
}

/* "26 1920-1080" or "2560,1440": pictures larger than 2,040 pixels do not say it themselves. */
static void take_size(struct rtp_stream *s, struct bytes value, char between) {
    uint64_t width, height;
    struct bytes first = bytes_until(value, between);
    struct bytes second = bytes_trim(skip_octets(value, first.n + 1));
    if (bytes_number(bytes_trim(first), &width) && bytes_number(second, &height) && width <= UINT16_MAX &&
        height <= UINT16_MAX) {
        s->width = (uint16_t)width;
        s->height = (uint16_t)height;
    }
}

void rtsp_take_description(struct rtsp *r, struct bytes line) {
    line = bytes_trim(line);
    struct bytes value = skip_octets(line, 2), name = bytes_until(value, ':');
    struct bytes rest = skip_octets(value, name.n + 1);
    if (bytes_starts_nocase(line, "m="))
        take_media(r, value);
    if (!bytes_starts_nocase(line, "a=") || !r->described)
        return;
    struct rtp_stream *s = r->described->stream;
    if (bytes_equal_nocase(name, "rtpmap"))
        take_map(s, rest);
    else if (bytes_equal_nocase(name, "control"))
        s->control_n = keep_text(s->control, sizeof s->control, rest);
    else if (bytes_equal_nocase(name, "x-dimensions"))
        take_size(s, rest, ',');
    else if (bytes_equal_nocase(name, "framesize"))
        take_size(s, bytes_trim(skip_octets(rest, bytes_until(rest, ' ').n)), '-');
}

/* --- how a stream is carried (RFC 2326 section 12.39, RFC 7826 section 18.54) --- */

/* Ports of RTP and RTCP, and an address where one is named; 0: not said. */
struct place {
    bool named;
    struct address address;
    uint16_t port[2];
};

static bool read_address(struct bytes text, struct address *out) {
    char copy[64];
    if (text.n == 0 || text.n >= sizeof copy)
        return false;
    memcpy(copy, text.p, text.n);
    copy[text.n] = '\0';
    return address_parse(copy, out);
}

static uint16_t read_port(struct bytes text) {
    uint64_t n;
    return bytes_number(text, &n) && n <= UINT16_MAX ? (uint16_t)n : 0;
}

/* "5000-5001"; RTCP's is the next one where it is not said. */
static void read_ports(struct bytes value, struct place *p) {
    struct bytes first = bytes_until(value, '-');
    p->port[0] = read_port(first);
    p->port[1] = read_port(skip_octets(value, first.n + 1));
    if (p->port[1] == 0 && p->port[0] > 0 && p->port[0] < UINT16_MAX)
        p->port[1] = p->port[0] + 1;
}

/* "192.0.2.1:5000"/":5001", each in quotes. */
static void read_places(struct bytes value, struct place *p) {
    for (unsigned i = 0; i < 2 && value.n > 0; i++) {
        struct bytes before = bytes_until(value, '"');
        struct bytes text = bytes_until(skip_octets(value, before.n + 1), '"');
        const uint8_t *colon = text.n ? memrchr(text.p, ':', text.n) : NULL;
        size_t host = colon ? (size_t)(colon - text.p) : 0;
        struct bytes name = bytes_of(text.p, host);
        if (name.n > 2 && name.p[0] == '[')
            name = bytes_of(name.p + 1, name.n - 2);
        if (i == 0)
            p->named = read_address(name, &p->address);
        if (colon)
            p->port[i] = read_port(skip_octets(text, host + 1));
        value = skip_octets(value, before.n + text.n + 2);
    }
}

struct transport {
    bool interleaved, sealed;
    uint8_t channel;
    struct place client, server, group; /* `group`: of several receivers */
};

static void read_parameter(struct bytes text, struct transport *t) {
    struct bytes name = bytes_until(text, '='), value = skip_octets(text, name.n + 1);
    uint64_t channel;
    if (bytes_equal_nocase(name, "interleaved")) {
        t->interleaved = bytes_number(bytes_until(value, '-'), &channel) && channel <= UINT8_MAX;
        t->channel = t->interleaved ? (uint8_t)channel : 0;
    } else if (bytes_equal_nocase(name, "client_port")) {
        read_ports(value, &t->client);
    } else if (bytes_equal_nocase(name, "server_port")) {
        read_ports(value, &t->server);
    } else if (bytes_equal_nocase(name, "port")) {
        read_ports(value, &t->group);
    } else if (bytes_equal_nocase(name, "source")) {
        t->server.named = read_address(value, &t->server.address);
    } else if (bytes_equal_nocase(name, "destination")) {
        t->client.named = t->group.named = read_address(value, &t->client.address);
        t->group.address = t->client.address;
    } else if (bytes_equal_nocase(name, "dest_addr")) {
        read_places(value, &t->client);
    } else if (bytes_equal_nocase(name, "src_addr")) {
        read_places(value, &t->server);
    } else if (bytes_starts_nocase(name, "RTP/SAVP")) {
        t->sealed = true;
    }
}

/* RTP and RTCP between two hosts, of which one port at least is known. */
static void announce(struct rtsp *r, struct rtsp_track *track, struct endpoint client, struct endpoint server,
                     const uint16_t client_port[2], const uint16_t server_port[2]) {
    for (unsigned i = 0; i < 2; i++) {
        struct endpoint end[2] = {client, server};
        end[SIDE_CLIENT].port = client_port[i];
        end[SIDE_SERVER].port = server_port[i];
        if (end[SIDE_CLIENT].port == 0 && end[SIDE_SERVER].port == 0)
            continue;
        bool same = address_equal(&track->told[0].address, &client.address) &&
                    address_equal(&track->told[1].address, &server.address) &&
                    track->told[0].port == client_port[0] &&
                    (track->told[0].port || track->told[1].port == server_port[0]);
        if (i == 0 && same)
            return;
        rtp_stream_announce(r->c, track->stream, end);
    }
    track->told[SIDE_CLIENT] = (struct endpoint){client.address, client_port[0]};
    track->told[SIDE_SERVER] = (struct endpoint){server.address, server_port[0]};
}

static void take_transport(struct rtsp *r, struct rtsp_track *track, enum side client, struct bytes text) {
    struct transport t = {.interleaved = false};
    static const uint16_t any[2];
    while (text.n > 0) {
        struct bytes parameter = bytes_until(text, ';');
        read_parameter(bytes_trim(parameter), &t);
        text = skip_octets(text, parameter.n + 1);
    }
    track->stream->sealed |= t.sealed;
    track->has_channel |= t.interleaved;
    if (t.interleaved) {
        track->channel = t.channel;
        return;
    }
    struct endpoint a = r->c->end[client], b = r->c->end[side_other(client)];
    if (t.server.named)
        b.address = t.server.address;
    if (t.group.port[0] && t.group.named) { /* from the server to the group */
        struct endpoint group = {.address = t.group.address};
        announce(r, track, b, group, any, t.group.port);
        return;
    }
    if (t.client.named)
        a.address = t.client.address;
    announce(r, track, a, b, t.client.port, t.server.port);
}

/* Each of the ways that a client offers, or the one that the server took. */
static void take_transports(struct rtsp *r, struct rtsp_track *track, enum side client, struct bytes text) {
    while (text.n > 0) {
        struct bytes one = bytes_until(text, ',');
        take_transport(r, track, client, one);
        text = skip_octets(text, one.n + 1);
    }
}

/* --- messages --- */

static void name_stream(const struct rtsp *r, struct rtp_stream *s) {
    struct rtsp_url u = rtsp_url_read(rtsp_text_of(&r->url));
    struct bytes user = r->user.n ? rtsp_text_of(&r->user) : u.user;
    s->path_n = keep_text(s->path, sizeof s->path, u.path);
    s->host_n = keep_text(s->host, sizeof s->host, u.host);
    s->user_n = keep_text(s->user, sizeof s->user, user);
}

static void take_setup(struct rtsp *r, enum side from, const struct rtsp_message *m) {
    struct rtsp_track *t = find_track(r, rtsp_text_of(&m->url));
    if (!t && !(t = add_track(r)))
        return;
    t->set_up = true;
    if (r->url.n == 0)
        r->url = m->url;
    name_stream(r, t->stream);
    r->asked[r->asked_next++ % RTSP_ASKED_MAX] =
        (struct rtsp_asked){m->number, (uint8_t)(t - r->track), true};
    take_transports(r, t, from, rtsp_text_of(&m->transport));
}

static void take_answer(struct rtsp *r, enum side from, const struct rtsp_message *m) {
    struct rtsp_track *t = NULL;
    for (unsigned i = 0; i < RTSP_ASKED_MAX; i++)
        if (r->asked[i].waits && r->asked[i].number == m->number) {
            r->asked[i].waits = false;
            t = &r->track[r->asked[i].track];
        }
    if (!t && (t = add_track(r))) { /* nobody saw what it answers */
        t->set_up = true;
        name_stream(r, t->stream);
    }
    if (t)
        take_transports(r, t, side_other(from), rtsp_text_of(&m->transport));
}

static void tell_host(struct rtsp *r, struct bytes url) {
    struct bytes fact[FACT_COUNT] = {{NULL, 0}};
    fact[FACT_HOST] = rtsp_url_read(url).host;
    if (fact[FACT_HOST].n)
        r->c->services->tell(r->c, fact);
    r->named |= fact[FACT_HOST].n > 0;
}

void rtsp_take_message(struct rtsp *r, enum side from, const struct rtsp_message *m) {
    if (m->user.n)
        r->user = m->user;
    if (m->request && !r->named)
        tell_host(r, rtsp_text_of(&m->url));
    if (m->method == RTSP_DESCRIBE || (m->sdp && r->url.n == 0))
        r->url = m->url;
    if (m->method == RTSP_SETUP)
        take_setup(r, from, m);
    else if (!m->request && m->transport.n)
        take_answer(r, from, m);
}
