/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/engine.h"

#include "base/counter.h"
#include "report/fleet/slots.h"
#include "report/transport/connection.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

enum { REDIRECTS_MAX = 16, PUT_AT_ONCE = 4096, READ_AT_ONCE = 16 << 10, NOBODY = 0xff, ROOM_FOR = 512 };
static const time_ns answer_ns = 10 * NS_PER_S, again_ns = NS_PER_S, map_ns = 60 * NS_PER_S,
                     down_ns = 3 * NS_PER_S;

/* What a command is for. */
enum kind {
    KIND_CALLER, /* whoever called engine_send() */
    KIND_MAP,    /* CLUSTER SLOTS */
    KIND_OWN,    /* of this connection alone: AUTH, ASKING */
};

struct command {
    struct command *next;
    char *text; /* as it is sent */
    size_t size;
    enum kind kind;
    unsigned slot, redirects;
    time_ns given, sent, not_before; /* clock_monotonic() */
    engine_answer *answer;
    void *context, *subject;
    bool owned; /* the subject */
};

struct queue {
    struct command *first, *last;
};

struct node {
    char address[SLOT_ADDRESS_MAX]; /* "host:port" */
    struct connection *connection;
    struct reply_reader reader;
    struct queue unsent, sent;
    size_t put;    /* octets of the first unsent one */
    bool greeted;  /* it was told who we are, */
    bool admitted; /* and has no objection */
    bool used, seed;
    time_ns since; /* since when it does not stand; 0: it does */
};

enum layout { LAYOUT_UNKNOWN, LAYOUT_SINGLE, LAYOUT_CLUSTER };

struct engine {
    const struct fleet_options *options;
    bool tls;
    enum layout layout;
    struct node *node[ENGINE_NODES_MAX];
    unsigned single;      /* the node, of one server */
    uint8_t owner[SLOTS]; /* the node, or NOBODY */
    struct queue waiting; /* for a node, or for their time */
    size_t commands, octets;
    bool mapping, map_due; /* the map is being asked; should be */
    bool mapped_anew;      /* nodes may have gone */
    unsigned next_asked;
    time_ns mapped, asked, looked;
    char refusal[160]; /* what the engine last said why it does not do something; empty: it did */
    bool away;
    uint64_t breaks;
};

/* --- queues --- */

static void push_command(struct queue *q, struct command *c) {
    c->next = NULL;
    *(q->last ? &q->last->next : &q->first) = c;
    q->last = c;
}

static void push_front(struct queue *q, struct command *c) {
    c->next = q->first;
    q->first = c;
    q->last = q->last ? q->last : c;
}

static struct command *pop_command(struct queue *q) {
    struct command *c = q->first;
    if (!c)
        return NULL;
    q->first = c->next;
    if (!q->first)
        q->last = NULL;
    return c;
}

static void free_command(struct engine *e, struct command *c) {
    e->commands--;
    e->octets -= c->size;
    redisFreeCommand(c->text);
    if (c->owned)
        free(c->subject);
    free(c);
}

static struct command *make_command(struct engine *e, const struct engine_command *words, enum kind kind) {
    struct command *c = calloc(1, sizeof *c);
    int n =
        c ? redisFormatCommandArgv(&c->text, (int)words->count, (const char **)words->word, words->size) : -1;
    if (n < 0) {
        free(c);
        return NULL;
    }
    c->size = (size_t)n;
    c->kind = kind;
    c->given = clock_monotonic();
    e->commands++;
    e->octets += c->size;
    return c;
}

/* --- nodes --- */

static unsigned find_node(const struct engine *e, const char *address) {
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++)
        if (e->node[i] && strcmp(e->node[i]->address, address) == 0)
            return i;
    return NOBODY;
}

/* NOBODY: there are too many, or no memory. */
static unsigned take_node(struct engine *e, const char *address) {
    unsigned i = find_node(e, address);
    if (i != NOBODY)
        return i;
    for (i = 0; i < ENGINE_NODES_MAX && e->node[i]; i++)
        ;
    struct node *n = i < ENGINE_NODES_MAX ? calloc(1, sizeof *n) : NULL;
    if (!n)
        return NOBODY;
    snprintf(n->address, sizeof n->address, "%s", address);
    e->node[i] = n;
    return i;
}

/* What it had goes elsewhere, in its order; what was of this connection alone is over. */
static void give_back(struct engine *e, struct node *n) {
    struct queue all = n->sent;
    if (n->unsent.first) {
        *(all.last ? &all.last->next : &all.first) = n->unsent.first;
        all.last = n->unsent.last;
    }
    n->sent = n->unsent = (struct queue){NULL, NULL};
    n->put = 0;
    for (struct command *c; (c = pop_command(&all));) {
        if (c->kind == KIND_CALLER) {
            counter_add(COUNTER_FLEET_REPEATED, c->sent != 0);
            c->sent = 0;
            push_command(&e->waiting, c);
            continue;
        }
        e->mapping &= c->kind != KIND_MAP;
        free_command(e, c);
    }
}

static void free_node(struct engine *e, unsigned i) {
    struct node *n = e->node[i];
    give_back(e, n);
    connection_destroy(n->connection);
    reply_finish(&n->reader);
    free(n);
    e->node[i] = NULL;
}

static void end_node(struct engine *e, struct node *n) {
    give_back(e, n);
    reply_finish(&n->reader);
    n->greeted = n->admitted = false;
    e->breaks++;
    e->map_due = true;
}

static void give_up(struct engine *e, struct node *n, const char *reason) {
    connection_give_up(n->connection, reason);
}

/* --- the map --- */

static void set_range(void *context, unsigned first, unsigned last, const char *address) {
    struct engine *e = context;
    unsigned node = take_node(e, address);
    if (node != NOBODY)
        e->node[node]->used = true;
    for (unsigned s = first; s <= last; s++)
        e->owner[s] = (uint8_t)node;
}

/* Commands that wait at a node that has not got them go by the new map. */
static void route_again(struct engine *e) {
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++) {
        struct node *n = e->node[i];
        if (!n || n->put)
            continue;
        struct queue left = n->unsent;
        n->unsent = (struct queue){NULL, NULL};
        for (struct command *c; (c = pop_command(&left));)
            push_command(c->kind == KIND_CALLER ? &e->waiting : &n->unsent, c);
    }
}

static void take_map(struct engine *e, struct node *from, const redisReply *reply) {
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++)
        if (e->node[i])
            e->node[i]->used = false;
    if (!slots_read(reply, from->address, set_range, e)) {
        counter_one(COUNTER_FLEET_MALFORMED);
        return;
    }
    e->layout = LAYOUT_CLUSTER;
    e->mapped = clock_monotonic();
    route_again(e);
}

/* Nodes that a cluster no longer has. */
static void drop_nodes(struct engine *e) {
    if (!e->mapped_anew || e->layout != LAYOUT_CLUSTER)
        return;
    e->mapped_anew = false;
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++) {
        struct node *n = e->node[i];
        bool owns = false;
        if (!n || n->used || n->seed || n->sent.first || n->unsent.first)
            continue;
        for (unsigned s = 0; s < SLOTS && !owns; s++)
            owns = e->owner[s] == i;
        if (!owns)
            free_node(e, i);
    }
}

/* Of one server: a cluster says MOVED where it is one after all. */
static void take_single(struct engine *e, struct node *from) {
    e->single = find_node(e, from->address);
    e->layout = LAYOUT_SINGLE;
}

static void map_answered(struct engine *e, struct node *from, const redisReply *reply) {
    e->mapping = false;
    e->map_due = false;
    if (!reply_is_error(reply) && reply->elements)
        take_map(e, from, reply);
    else if (e->layout == LAYOUT_UNKNOWN && reply_is_error(reply))
        take_single(e, from);
    e->mapped_anew = true;
}

static bool wants_map(const struct engine *e, time_ns now) {
    if (e->mapping || now - e->asked < again_ns)
        return false;
    return e->layout == LAYOUT_UNKNOWN ||
           (e->layout == LAYOUT_CLUSTER && (e->map_due || now - e->mapped > map_ns));
}

/* The next node in turn: the one that was asked before may be the one that is gone. */
static void ask_map(struct engine *e, time_ns now) {
    static const struct engine_command words = {2, false, {"CLUSTER", "SLOTS"}, {7, 5}};
    if (!wants_map(e, now))
        return;
    for (unsigned k = 0; k < ENGINE_NODES_MAX; k++) {
        struct node *n = e->node[e->next_asked = (e->next_asked + 1) % ENGINE_NODES_MAX];
        struct command *c = n && (n->seed || n->used) ? make_command(e, &words, KIND_MAP) : NULL;
        if (!c)
            continue;
        push_command(&n->unsent, c);
        e->mapping = true;
        e->asked = now;
        return;
    }
}

/* It takes no writes or is gone: another of the targets may be the one now. */
static void leave_single(struct engine *e) {
    if (e->layout != LAYOUT_SINGLE || e->options->to.count < 2)
        return;
    e->layout = LAYOUT_UNKNOWN;
    e->next_asked = e->single;
    route_again(e);
}

/* --- answers --- */

/* Answers that another try may mend, and what they mean in words of ours. */
static const struct {
    const char *code, *meaning;
    bool elsewhere; /* another node may do it */
} passing[] = {
    {"TRYAGAIN", "its slots are being moved", false},
    {"CLUSTERDOWN", "the cluster is down", true},
    {"LOADING", "it is loading its data", false},
    {"MASTERDOWN", "the node has lost its master", true},
    {"READONLY", "the node is a replica and takes no writes", true},
    {"BUSY", "it is busy with a script", false},
    {"OOM", "its memory is full", false},
    {"MISCONF", "it cannot write to its disk", false},
    {"NOREPLICAS", "it has too few replicas", false},
    {"NOAUTH", "it wants a user and a password", false},
    {"WRONGPASS", "it refuses the user or the password", false},
    {"NOPERM", "its user may not do what is needed; see gantry.yaml(5) for the rights", false},
};

static int find_passing(struct bytes error) {
    struct bytes code = bytes_until(error, ' ');
    for (unsigned i = 0; i < sizeof passing / sizeof *passing; i++)
        if (bytes_equal(code, bytes_text(passing[i].code)))
            return (int)i;
    return -1;
}

static void note_refusal(struct engine *e, const struct node *n, const char *meaning) {
    snprintf(e->refusal, sizeof e->refusal, "%.64s: %.90s", n->address, meaning);
}

static void wait_again(struct engine *e, struct command *c, time_ns delay) {
    c->not_before = clock_monotonic() + delay;
    c->sent = 0;
    push_command(&e->waiting, c);
}

static void send_own(struct engine *e, struct node *n, const struct engine_command *words) {
    struct command *c = make_command(e, words, KIND_OWN);
    if (c)
        push_command(&n->unsent, c);
}

static void redirect(struct engine *e, struct command *c, enum slot_redirect how, unsigned slot,
                     const char *address) {
    static const struct engine_command asking = {1, false, {"ASKING"}, {6}};
    unsigned to = take_node(e, address);
    counter_one(COUNTER_FLEET_REDIRECTED);
    if (to == NOBODY || slot != c->slot || ++c->redirects > REDIRECTS_MAX) {
        c->redirects = 0;
        wait_again(e, c, again_ns);
        return;
    }
    c->sent = 0;
    if (how == REDIRECT_ASK) {
        send_own(e, e->node[to], &asking);
    } else {
        e->layout = LAYOUT_CLUSTER;
        e->owner[slot] = (uint8_t)to;
        e->map_due = true;
    }
    push_command(&e->node[to]->unsent, c);
}

/* False: it is an answer for who gave the command. */
static bool take_error(struct engine *e, struct node *n, struct command *c, struct bytes error) {
    char address[SLOT_ADDRESS_MAX];
    unsigned slot;
    enum slot_redirect how = slots_redirect(error, n->address, &slot, address);
    int which = find_passing(error);
    if (how != REDIRECT_NONE) {
        redirect(e, c, how, slot, address);
        return true;
    }
    if (which < 0)
        return false;
    note_refusal(e, n, passing[which].meaning);
    wait_again(e, c, again_ns);
    e->map_due |= passing[which].elsewhere;
    if (passing[which].elsewhere)
        leave_single(e);
    return true;
}

static void take_own(struct engine *e, struct node *n, const redisReply *reply) {
    static const char refused[] = "it refuses the user or the password";
    n->admitted |= !reply_is_error(reply);
    if (n->admitted)
        return;
    note_refusal(e, n, refused);
    give_up(e, n, refused);
}

static void take_answer(struct engine *e, struct node *n, const redisReply *reply) {
    struct command *c = pop_command(&n->sent);
    if (!c) {
        counter_one(COUNTER_FLEET_MALFORMED);
        give_up(e, n, "it answers what was not asked");
        return;
    }
    if (c->kind == KIND_MAP)
        map_answered(e, n, reply);
    else if (c->kind == KIND_OWN)
        take_own(e, n, reply);
    else if (reply_is_error(reply) && take_error(e, n, c, reply_bytes(reply)))
        return;
    else {
        counter_one(reply_is_error(reply) ? COUNTER_FLEET_REFUSED : COUNTER_FLEET_ANSWERS);
        e->refusal[0] = '\0';
        if (c->answer)
            c->answer(c->context, c->subject, reply);
    }
    free_command(e, c);
}

/* --- one node's connection --- */

static bool open_node(struct engine *e, struct node *n) {
    struct error why;
    if (n->connection)
        return true;
    n->connection = connection_create(n->address, "6379", e->tls, &e->options->tls, &why);
    if (!n->connection)
        note_refusal(e, n, why.text);
    return n->connection != NULL;
}

/* Who we are comes before all else. */
static bool greet_node(struct engine *e, struct node *n) {
    const struct fleet_options *o = e->options;
    struct engine_command words = {.count = 0};
    if (n->greeted)
        return true;
    if (!n->reader.reader && !reply_begin(&n->reader))
        return false;
    n->greeted = true;
    n->admitted = !o->password[0];
    if (n->admitted)
        return true;
    engine_word(&words, bytes_text("AUTH"));
    if (o->user)
        engine_word(&words, bytes_text(o->user));
    engine_word(&words, bytes_text(o->password));
    struct command *c = make_command(e, &words, KIND_OWN);
    if (c)
        push_front(&n->unsent, c);
    return c != NULL;
}

static void write_node(struct node *n, time_ns now) {
    for (struct command *c; (c = n->unsent.first) && (n->admitted || !n->sent.first);) {
        size_t left = c->size - n->put, part = left < PUT_AT_ONCE ? left : PUT_AT_ONCE;
        if (!connection_put(n->connection, bytes_of(c->text + n->put, part))) {
            connection_ready(n->connection);
            if (!connection_put(n->connection, bytes_of(c->text + n->put, part)))
                return;
        }
        n->put += part;
        if (n->put < c->size)
            continue;
        n->put = 0;
        c->sent = now;
        push_command(&n->sent, pop_command(&n->unsent));
    }
}

static void read_node(struct engine *e, struct node *n) {
    char octets[READ_AT_ONCE];
    redisReply *reply;
    for (size_t got; n->reader.reader && (got = connection_read(n->connection, octets, sizeof octets));) {
        bool good = reply_feed(&n->reader, octets, got);
        while (good && (good = reply_next(&n->reader, &reply)) && reply) {
            take_answer(e, n, reply);
            freeReplyObject(reply);
        }
        if (!good) {
            counter_one(COUNTER_FLEET_MALFORMED);
            give_up(e, n, "its answer is none, or too long");
            return;
        }
    }
}

static void note_standing(struct engine *e, struct node *n, bool stands, time_ns now) {
    n->since = stands ? 0 : n->since ? n->since : now;
    if (stands || now - n->since < down_ns)
        return;
    e->map_due = true;
    if (e->layout != LAYOUT_CLUSTER && n->unsent.first && n->unsent.first->kind == KIND_MAP)
        give_back(e, n); /* the next target is asked */
    if (e->layout == LAYOUT_SINGLE && e->node[e->single] == n)
        leave_single(e);
    else if (e->layout == LAYOUT_CLUSTER)
        give_back(e, n); /* and routed again: the map may say where to */
}

static void pump_node(struct engine *e, struct node *n, time_ns now) {
    if (!n->connection && !n->unsent.first)
        return;
    if (!open_node(e, n))
        return;
    if (connection_take_end(n->connection) != CONNECTION_STANDS)
        end_node(e, n);
    bool stands = connection_ready(n->connection);
    note_standing(e, n, stands, now);
    if (!stands || !greet_node(e, n))
        return;
    write_node(n, now);
    connection_ready(n->connection);
    read_node(e, n);
    if (n->sent.first && now - n->sent.first->sent > answer_ns)
        give_up(e, n, "it does not answer");
}

/* --- all of them --- */

static void route_waiting(struct engine *e, time_ns now) {
    struct queue all = e->waiting;
    e->waiting = (struct queue){NULL, NULL};
    for (struct command *c; (c = pop_command(&all));) {
        unsigned to = e->layout == LAYOUT_CLUSTER  ? e->owner[c->slot]
                      : e->layout == LAYOUT_SINGLE ? e->single
                                                   : NOBODY;
        if (to == NOBODY || !e->node[to] || c->not_before > now) {
            e->map_due |= e->layout == LAYOUT_CLUSTER && to == NOBODY;
            push_command(&e->waiting, c);
        } else {
            push_command(&e->node[to]->unsent, c);
        }
    }
}

static time_ns oldest_of(const struct queue *q, time_ns oldest) {
    for (const struct command *c = q->first; c; c = c->next)
        if (c->kind == KIND_CALLER && c->given < oldest)
            oldest = c->given;
    return oldest;
}

static void look_for_trouble(struct engine *e, time_ns now) {
    if (now - e->looked < again_ns)
        return;
    e->looked = now;
    time_ns oldest = oldest_of(&e->waiting, now);
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++)
        if (e->node[i])
            oldest = oldest_of(&e->node[i]->sent, oldest_of(&e->node[i]->unsent, oldest));
    e->away = now - oldest > ENGINE_AWAY_S * NS_PER_S;
}

void engine_pump(struct engine *e) {
    time_ns now = clock_monotonic();
    ask_map(e, now);
    route_waiting(e, now);
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++)
        if (e->node[i])
            pump_node(e, e->node[i], now);
    drop_nodes(e);
    look_for_trouble(e, now);
}

size_t engine_poll(const struct engine *e, struct pollfd *fds, size_t most) {
    size_t n = 0;
    for (unsigned i = 0; i < ENGINE_NODES_MAX && n < most; i++)
        if (e->node[i] && e->node[i]->connection)
            n += connection_poll(e->node[i]->connection, &fds[n]);
    return n;
}

const char *engine_trouble(const struct engine *e) {
    if (!e->away)
        return NULL;
    for (unsigned i = 0; i < ENGINE_NODES_MAX && !e->refusal[0]; i++) {
        const struct node *n = e->node[i];
        const char *why = n && n->connection ? connection_trouble(n->connection) : NULL;
        if (why)
            return why;
    }
    return e->refusal[0] ? e->refusal : "it does not answer";
}

uint64_t engine_breaks(const struct engine *e) {
    return e->breaks;
}

bool engine_has_room(const struct engine *e) {
    return e->commands + ROOM_FOR < ENGINE_COMMANDS_MAX && e->octets < ENGINE_OCTETS_MAX;
}

bool engine_idle(const struct engine *e) {
    return e->commands == (e->mapping ? 1 : 0);
}

bool engine_send(struct engine *e, const struct engine_command *words, engine_answer *answer, void *context,
                 void *subject) {
    struct command *c = make_command(e, words, KIND_CALLER);
    if (!c)
        return false;
    c->slot = slot_of(bytes_of(words->word[1], words->size[1]));
    c->answer = answer;
    c->context = context;
    c->subject = subject;
    c->owned = words->owned;
    push_command(&e->waiting, c);
    return true;
}

/* --- life --- */

struct engine *engine_create(const struct fleet_options *o, struct error *why) {
    struct engine *e = calloc(1, sizeof *e);
    if (!e) {
        error_set(why, "out of memory");
        return NULL;
    }
    e->options = o;
    memset(e->owner, NOBODY, sizeof e->owner);
    e->next_asked = ENGINE_NODES_MAX - 1;
    e->asked = clock_monotonic() - again_ns;
    for (size_t i = 0; i < o->to.count; i++) {
        const char *rest = fleet_target(o->to.items[i], &e->tls);
        unsigned n = rest ? take_node(e, rest) : NOBODY;
        if (n != NOBODY)
            e->node[n]->seed = true;
    }
    return e;
}

void engine_destroy(struct engine *e) {
    if (!e)
        return;
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++)
        if (e->node[i])
            free_node(e, i);
    for (struct command *c; (c = pop_command(&e->waiting));)
        free_command(e, c);
    free(e);
}

void engine_reopen(struct engine *e) {
    for (unsigned i = 0; i < ENGINE_NODES_MAX; i++)
        if (e->node[i] && e->node[i]->connection)
            connection_reopen(e->node[i]->connection);
}
