/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/socks/socks.h"

#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/socks/socks_udp.h"

enum { HELD_BYTES = 4096 }; /* a side's handshake, and what a client sends ahead of the reply */

enum {
    VERSION_4 = 4,
    VERSION_5 = 5,
    COMMAND_CONNECT = 1,
    COMMAND_BIND = 2,
    COMMAND_UDP = 3,
    ASKED_V4 = 1,
    ASKED_NAME = 3,
    ASKED_V6 = 4,
    METHOD_NONE = 0,
    METHOD_GSSAPI = 1, /* RFC 1961: wraps all that follows */
    METHOD_PASSWORD = 2,
    METHOD_TLS = 6,
    METHOD_REFUSED = 0xff,
    GRANTED_4 = 0x5a,
    REFUSED_4_LAST = 0x5d,
};

enum step {
    STEP_GREETING,
    STEP_METHOD,
    STEP_PASSWORD,
    STEP_PASSWORD_REPLY,
    STEP_REQUEST,
    STEP_REPLY,
    STEP_REQUEST_4,
    STEP_REPLY_4,
    STEP_TUNNEL, /* the handshake is over */
    STEP_IDLE,   /* refused, or for datagrams: what comes on all the same is looked at */
};

struct socks {
    struct conversation *c;
    enum step step;
    bool other_method; /* authenticates in messages that are stepped over */
    uint8_t command;
    unsigned replies_due; /* BIND has two */
    size_t n[2];
    uint8_t held[2][HELD_BYTES];
};

/* A message at the start of `b`: the bytes it takes, 0 if more are needed, LOST if it is none. */
typedef int read_message(struct socks *s, struct bytes b);
enum { LOST = -1 };

static void note_refused(struct socks *s) {
    counter_one(COUNTER_SOCKS_REFUSED);
    s->step = STEP_IDLE;
}

static int read_greeting(struct socks *s, struct bytes b) {
    if (b.p[0] == VERSION_4) {
        s->step = STEP_REQUEST_4;
        return 0;
    }
    if (b.p[0] != VERSION_5)
        return LOST;
    if (b.n < 2 || b.n < (size_t)b.p[1] + 2)
        return 0;
    s->step = STEP_METHOD;
    return b.p[1] + 2;
}

static int read_method(struct socks *s, struct bytes b) {
    if (b.p[0] != VERSION_5)
        return LOST;
    if (b.n < 2)
        return 0;
    s->step = STEP_REQUEST;
    if (b.p[1] == METHOD_REFUSED) {
        note_refused(s);
    } else if (b.p[1] == METHOD_GSSAPI || b.p[1] == METHOD_TLS) {
        counter_one(COUNTER_SOCKS_ENCRYPTED); /* by its own word: what follows is looked at all the same */
        s->step = STEP_TUNNEL;
    } else if (b.p[1] == METHOD_PASSWORD) {
        s->step = STEP_PASSWORD;
    } else {
        s->other_method = b.p[1] != METHOD_NONE;
    }
    return 2;
}

/* RFC 1929 section 2: version 1, length and name, length and password. */
static int read_password(struct socks *s, struct bytes b) {
    size_t password;
    if (b.p[0] != 1)
        return LOST;
    if (b.n < 2 || b.n < (password = 2 + (size_t)b.p[1]) + 1 || b.n < password + 1 + b.p[password])
        return 0;
    s->step = STEP_PASSWORD_REPLY;
    return (int)(password + 1 + b.p[password]);
}

static int read_password_reply(struct socks *s, struct bytes b) {
    if (b.n < 2)
        return 0;
    s->step = STEP_REQUEST;
    if (b.p[1] != 0)
        note_refused(s);
    return 2;
}

size_t socks_read_address(struct bytes in, struct bytes *name, struct address *a) {
    enum { PORT = 2, V4 = 4, V6 = 16 };
    *name = bytes_of(NULL, 0);
    if (in.n < 2)
        return 0;
    size_t n = in.p[0] == ASKED_V4 ? V4 : in.p[0] == ASKED_V6 ? V6 : in.p[0] == ASKED_NAME ? 1 + in.p[1] : 0;
    if (n == 0 || in.n < 1 + n + PORT)
        return 0;
    if (in.p[0] == ASKED_NAME)
        *name = bytes_of(in.p + 2, in.p[1]);
    else
        *a = n == V4 ? address_from_v4(in.p + 1) : address_from_v6(in.p + 1);
    return 1 + n + PORT;
}

static bool is_address_type(uint8_t type) {
    return type == ASKED_V4 || type == ASKED_NAME || type == ASKED_V6;
}

/* Request and reply have the same form (RFC 1928 sections 4 to 6): version, command or result, 0, address,
 * port. The bytes it takes; *name and *a as socks_read_address() has them. */
static int read_address_message(struct bytes b, struct bytes *name, struct address *a) {
    enum { BEFORE = 3 };
    if (b.n < BEFORE + 2)
        return 0;
    if (b.p[0] != VERSION_5 || b.p[2] != 0 || !is_address_type(b.p[BEFORE]))
        return LOST;
    size_t n = socks_read_address(bytes_of(b.p + BEFORE, b.n - BEFORE), name, a);
    return n ? BEFORE + (int)n : 0;
}

/* Methods that do not encrypt, but whose messages are not known here (CHAP and others), are stepped over
 * until what can only be a request or reply: two fixed bytes, a small command or result, a known type of
 * address. */
static size_t measure_other_messages(const struct socks *s, struct bytes b, uint8_t most) {
    size_t at = 0;
    if (!s->other_method)
        return 0;
    while (b.n - at >= 4 &&
           !(b.p[at] == VERSION_5 && b.p[at + 1] <= most && b.p[at + 2] == 0 && is_address_type(b.p[at + 3])))
        at++;
    return at;
}

/* The client says by name whom the tunnel is for. */
static void name_target(struct conversation *c, struct bytes name) {
    c->services->tell(c, (const struct bytes[FACT_COUNT]){[FACT_HOST] = name, [FACT_TARGET] = name});
}

/* The same by address. */
static void address_target(struct conversation *c, const struct address *a) {
    char text[ADDRESS_TEXT_MAX];
    struct bytes target = bytes_text(address_format(a, text));
    c->services->tell(c, (const struct bytes[FACT_COUNT]){[FACT_TARGET] = target});
}

static int read_request(struct socks *s, struct bytes b) {
    struct bytes name;
    struct address a;
    size_t before = measure_other_messages(s, b, COMMAND_UDP);
    b = bytes_of(b.p + before, b.n - before);
    if (s->other_method && b.n < 4)
        return (int)before; /* keeps what may be its beginning */
    int n = read_address_message(b, &name, &a);
    if (n <= 0)
        return n < 0 ? LOST : (int)before;
    s->command = b.p[1];
    s->replies_due = s->command == COMMAND_BIND ? 2 : 1;
    s->step = STEP_REPLY;
    if (s->command < COMMAND_CONNECT || s->command > COMMAND_UDP)
        return LOST;
    if (name.n)
        name_target(s->c, name);
    else if (!name.p)
        address_target(s->c, &a);
    return n + (int)before;
}

/* The datagrams come on another flow, at the address that the server names, which may be its own. */
static void expect_datagrams(struct socks *s, const struct address *bound, uint16_t port) {
    static const struct address nowhere;
    enum { UDP = 17 };
    struct conversation *c = s->c;
    struct address none4 = address_from_v4((const uint8_t[4]){0});
    struct endpoint end[2] = {{c->end[SIDE_CLIENT].address, 0}, {*bound, port}};
    if (address_equal(bound, &none4) || address_equal(bound, &nowhere))
        end[SIDE_SERVER].address = c->end[SIDE_SERVER].address;
    if (port && c->services->expect)
        c->services->expect(c, &protocol_socks_udp, UDP, end, bytes_of(NULL, 0));
}

/* `bound`: the address in the reply, NULL where it is a name. */
static void note_granted(struct socks *s, const struct address *bound, uint16_t port) {
    bool came = s->command == COMMAND_BIND && s->replies_due == 1;
    if (came && bound) /* the second reply to BIND names who has connected */
        address_target(s->c, bound);
    if (--s->replies_due > 0)
        return;
    s->step = STEP_TUNNEL;
    if (s->command == COMMAND_UDP) {
        counter_one(COUNTER_SOCKS_UDP);
        s->step = STEP_IDLE;
        if (bound)
            expect_datagrams(s, bound, port);
    }
}

static int read_reply(struct socks *s, struct bytes b) {
    struct bytes name;
    struct address bound;
    size_t before = measure_other_messages(s, b, 8);
    b = bytes_of(b.p + before, b.n - before);
    if (s->other_method && b.n < 4)
        return (int)before;
    int n = read_address_message(b, &name, &bound);
    if (n <= 0)
        return n < 0 ? LOST : (int)before;
    s->other_method = false;
    if (b.p[1] == 0)
        note_granted(s, name.p ? NULL : &bound, (uint16_t)(b.p[n - 2] << 8 | b.p[n - 1]));
    else
        note_refused(s);
    return n + (int)before;
}

/* SOCKS 4: version, command, port, address, user and a zero; 4a: for an address 0.0.0.x a name and a zero. */
static int read_request_4(struct socks *s, struct bytes b) {
    const uint8_t *end, *name;
    if (b.n < 9)
        return 0;
    struct address asked = address_from_v4(b.p + 4);
    if (b.p[1] != COMMAND_CONNECT && b.p[1] != COMMAND_BIND)
        return LOST;
    end = memchr(b.p + 8, 0, b.n - 8);
    if (!end)
        return 0;
    if (b.p[4] == 0 && b.p[5] == 0 && b.p[6] == 0 && b.p[7] != 0) {
        name = end + 1;
        end = memchr(name, 0, b.n - (size_t)(name - b.p));
        if (!end)
            return 0;
        if (end > name)
            name_target(s->c, bytes_of(name, (size_t)(end - name)));
    } else {
        address_target(s->c, &asked);
    }
    s->command = b.p[1];
    s->replies_due = s->command == COMMAND_BIND ? 2 : 1;
    s->step = STEP_REPLY_4;
    return (int)(end + 1 - b.p);
}

static int read_reply_4(struct socks *s, struct bytes b) {
    if (b.p[0] != 0)
        return LOST;
    if (b.n < 8)
        return 0;
    if (b.p[1] < GRANTED_4 || b.p[1] > REFUSED_4_LAST)
        return LOST;
    struct address bound = address_from_v4(b.p + 4);
    if (b.p[1] == GRANTED_4)
        note_granted(s, &bound, 0);
    else
        note_refused(s);
    return 8;
}

static const struct {
    enum side from;
    read_message *read;
} steps[] = {
    [STEP_GREETING] = {SIDE_CLIENT, read_greeting},
    [STEP_METHOD] = {SIDE_SERVER, read_method},
    [STEP_PASSWORD] = {SIDE_CLIENT, read_password},
    [STEP_PASSWORD_REPLY] = {SIDE_SERVER, read_password_reply},
    [STEP_REQUEST] = {SIDE_CLIENT, read_request},
    [STEP_REPLY] = {SIDE_SERVER, read_reply},
    [STEP_REQUEST_4] = {SIDE_CLIENT, read_request_4},
    [STEP_REPLY_4] = {SIDE_SERVER, read_reply_4},
};

/* As many steps as the bytes allow. False: lost. */
static bool take_steps(struct socks *s) {
    while (s->step < STEP_TUNNEL) {
        enum step before = s->step;
        enum side from = steps[before].from;
        if (s->n[from] == 0)
            return true;
        int n = steps[before].read(s, bytes_of(s->held[from], s->n[from]));
        if (n < 0)
            return false;
        s->n[from] -= (size_t)n;
        memmove(s->held[from], s->held[from] + n, s->n[from]);
        if (n == 0 && s->step == before)
            return true;
    }
    return true;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct socks *s = c->state;
    size_t taken = HELD_BYTES - s->n[from];
    if (s->step == STEP_IDLE)
        s->step = STEP_TUNNEL;
    if (taken > n)
        taken = n;
    memcpy(s->held[from] + s->n[from], bytes, taken);
    s->n[from] += taken;
    if (!take_steps(s) || (s->step < STEP_TUNNEL && taken < n))
        return PROTOCOL_LOST;
    bool goes_on = s->step == STEP_IDLE && (s->n[SIDE_CLIENT] || s->n[SIDE_SERVER]);
    if (s->step != STEP_TUNNEL && !goes_on)
        return PROTOCOL_OK;
    conversation_inner(c, SIDE_CLIENT, s->held[SIDE_CLIENT], s->n[SIDE_CLIENT]);
    if (from == SIDE_CLIENT)
        conversation_inner(c, from, bytes + taken, n - taken);
    conversation_inner(c, SIDE_SERVER, s->held[SIDE_SERVER], s->n[SIDE_SERVER]);
    if (from == SIDE_SERVER)
        conversation_inner(c, from, bytes + taken, n - taken);
    conversation_become(c, NULL, false);
    return PROTOCOL_BECOMES;
}

static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    const struct socks *s = c->state;
    return s->step == STEP_IDLE ? PROTOCOL_OK : PROTOCOL_LOST;
}

static void *open_socks(struct conversation *c, struct bytes facts) {
    struct socks *s = protocol_grow(PROTOCOL_STATE, NULL, sizeof *s);
    if (!s)
        return NULL;
    s->c = c;
    s->step = STEP_GREETING;
    s->other_method = false;
    s->command = 0;
    s->replies_due = 0;
    s->n[0] = s->n[1] = 0;
    return s;
}

static void close_socks(struct conversation *c) {
    protocol_free(c->state);
}

/* --- probe --- */

static enum probe probe_5(struct bytes client, struct bytes server) {
    if (client.n < 2)
        return server.n ? PROBE_NO : PROBE_MORE;
    size_t methods = client.p[1];
    if (methods == 0)
        return PROBE_NO;
    if (server.n == 0) /* most clients wait for the method, none sends much more ahead */
        return client.n <= 1024 ? PROBE_MORE : PROBE_NO;
    if (client.n < 2 + methods || server.p[0] != VERSION_5)
        return PROBE_NO;
    if (server.n < 2)
        return PROBE_MORE;
    bool offered = server.p[1] == METHOD_REFUSED || memchr(client.p + 2, server.p[1], methods);
    return offered ? PROBE_YES : PROBE_NO;
}

static enum probe probe_4(struct bytes client, struct bytes server) {
    if (client.n >= 2 && client.p[1] != COMMAND_CONNECT && client.p[1] != COMMAND_BIND)
        return PROBE_NO;
    if (client.n < 9 || server.n == 0)
        return server.n == 0 && client.n <= 1024 ? PROBE_MORE : PROBE_NO;
    if (server.p[0] != 0 || !memchr(client.p + 8, 0, client.n - 8))
        return PROBE_NO;
    if (server.n < 2)
        return PROBE_MORE;
    return server.p[1] >= GRANTED_4 && server.p[1] <= REFUSED_4_LAST ? PROBE_YES : PROBE_NO;
}

static enum probe probe_socks(const struct bytes first[2]) {
    struct bytes client = first[SIDE_CLIENT], server = first[SIDE_SERVER];
    if (client.n == 0)
        return server.n ? PROBE_NO : PROBE_MORE;
    if (client.p[0] == VERSION_5)
        return probe_5(client, server);
    if (client.p[0] == VERSION_4)
        return probe_4(client, server);
    return PROBE_NO;
}

const struct protocol protocol_socks = {
    .name = "socks",
    .ndpi_names = (const char *const[]){"SOCKS", NULL},
    .probe = probe_socks,
    .open = open_socks,
    .data = take_data,
    .gap = take_gap,
    .close = close_socks,
};
