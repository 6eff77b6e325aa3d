/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_ENGINE_H
#define GANTRY_REPORT_ENGINE_H

#include "report/fleet/fleet_options.h"
#include "report/fleet/reply.h"

/* Commands to a server of Redis or Valkey, to a pair of them, or to a cluster: each to the node that has its
 * key, many under way at once, none waited for. A command whose connection broke, that was redirected (MOVED,
 * ASK), or that the engine cannot carry out just now is sent again until it is answered: so it must not
 * matter how often it is carried out. Two for the same key are carried out in their order only if the second
 * is given after the first was answered.
 *
 * One server: the first of the targets that takes writes. Of a cluster the targets are where its map of slots
 * is asked first. */
struct engine; /* opaque */

enum {
    ENGINE_COMMANDS_MAX = 4096,
    ENGINE_OCTETS_MAX = 8 << 20,
    ENGINE_ARGUMENTS_MAX = 512,
    ENGINE_NODES_MAX = 128
};

/* `reply` lives for the call; an error is one that no other try would mend. */
typedef void engine_answer(void *context, void *subject, const redisReply *reply);

/* `options` are kept by reference. NULL with a reason. */
struct engine *engine_create(const struct fleet_options *options, struct error *e);
void engine_destroy(struct engine *e); /* what is under way is never answered; accepts NULL */

struct engine_command {
    size_t count;
    bool owned;                             /* the subject is freed with the command */
    const char *word[ENGINE_ARGUMENTS_MAX]; /* the second is the key */
    size_t size[ENGINE_ARGUMENTS_MAX];
};
static inline void engine_word(struct engine_command *c, struct bytes word) {
    c->word[c->count] = (const char *)word.p;
    c->size[c->count++] = word.n;
}
/* False: no memory, it is not sent. `answer` may be NULL. */
bool engine_send(struct engine *e, const struct engine_command *c, engine_answer *answer, void *context,
                 void *subject);
bool engine_has_room(const struct engine *e); /* for some hundred more commands */
bool engine_idle(const struct engine *e);     /* all are answered */

/* Moves on what can be; never blocks. */
void engine_pump(struct engine *e);
struct pollfd;
size_t engine_poll(const struct engine *e, struct pollfd *fds, size_t most);
/* Why commands have been waiting for longer than ENGINE_AWAY_S; NULL: they have not. */
enum { ENGINE_AWAY_S = 5 };
const char *engine_trouble(const struct engine *e);
/* Connections that broke so far: behind each the engine may have lost what it had carried out (a replica that
 * takes over lacks the last writes). */
uint64_t engine_breaks(const struct engine *e);
void engine_reopen(struct engine *e); /* reads TLS's files again */

#endif
