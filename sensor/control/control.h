/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTROL_CONTROL_H
#define GANTRY_CONTROL_CONTROL_H

#include "base/json_writer.h"
#include "base/log.h"

#include <sys/types.h>

/* Requests to a running sensor over a local stream socket. A request is one line of words with tabs between,
 * of at most CONTROL_REQUEST_MAX bytes; the answer is one JSON document, then the end of the stream:
 * {"ok":true,...} or {"error":"what is wrong, and how to mend it"}.
 *
 *     fd = control_listen(path, &made, &e)             as root, in the supervisor, then, as soon as
 *     control_give(path, made, user, group, &e)        the account is known that it will run as
 *     c = control_create(fd, group, requests, sensor)  in the reporter, and in its loop:
 *     n = control_poll(c, fds, most); poll(...); control_serve(c)
 *
 * Who may ask: root, the user that the sensor runs as, and members of the group. Nothing here blocks, and
 * everything is bounded: who takes longer than CONTROL_SECONDS, be it to ask or to read the answer, is cut
 * off. Connections beyond CONTROL_CONNECTIONS wait in the system's queue. */
enum {
    CONTROL_REQUEST_MAX = 4096,
    CONTROL_WORDS_MAX = 32,
    CONTROL_CONNECTIONS = 8,
    CONTROL_ANSWER_MAX = 4 << 20,
    CONTROL_SECONDS = 5,
};

/* Words of a request; they live for the call. */
struct control_words {
    const char *word[CONTROL_WORDS_MAX];
    size_t count;
    unsigned uid; /* who asks */
};

/* What requests are answered from: the owner of the table of requests knows what it is. */
struct control_sensor;

/* One kind of request: a line of a table that ends with a NULL name. */
struct control_request {
    const char *name;     /* its first words, with a space between: "incidents show" */
    const char *usage;    /* of the words behind them, "ID [REASON]"; "" for none */
    unsigned least, most; /* how many */
    /* Writes members of the answer's object. False: nothing that was written counts, `e` says why not. */
    bool (*answer)(struct control_sensor *sensor, const struct control_words *arguments,
                   struct json_writer *out, struct error *e);
};

/* --- request.c --- */

/* `line` of `n` bytes without its newline is taken apart where it lies; line[n] must be writable. False: it
 * holds control characters or too many words. Empty words stay. */
bool control_parse(char *line, size_t n, struct control_words *out, struct error *e);
/* The request whose name begins `words`, the longest if several do, and what stands behind. NULL with a
 * reason. */
const struct control_request *control_find(const struct control_request *table,
                                           const struct control_words *words, struct control_words *arguments,
                                           struct error *e);
/* The whole answer, whatever `line` is; `uid`: who asks. */
void control_answer(const struct control_request *table, struct control_sensor *sensor, unsigned uid,
                    char *line, size_t n, struct json_writer *out);

/* --- listen.c --- */

/* A listening, non-blocking socket at `path`, open to this process's user alone; its folder is made (*made)
 * if it is not there. What a dead sensor left is replaced. -1 with a reason: another sensor listens there,
 * there is something else, or the folder does not allow it. */
int control_listen(const char *path, bool *made, struct error *e);
/* Opens it to `group` (CONTROL_NO_GROUP: to nobody), and gives a folder that was made to `user`, who can then
 * remove the socket. */
#define CONTROL_NO_GROUP ((gid_t)-1)
bool control_give(const char *path, bool made, uid_t user, gid_t group, struct error *e);

/* --- server.c --- */

struct control; /* opaque */
struct pollfd;

/* `listening` is not closed by it: a successor listens on. NULL: no memory. */
struct control *control_create(int listening, gid_t group, const struct control_request *table,
                               struct control_sensor *sensor);
void control_destroy(struct control *c); /* accepts NULL */
/* Descriptors to wait for; how many. CONTROL_CONNECTIONS + 1 at most. */
size_t control_poll(const struct control *c, struct pollfd *fds, size_t most);
void control_serve(struct control *c); /* accepts NULL */

#endif
