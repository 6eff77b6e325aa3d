/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_H
#define GANTRY_PROTOCOL_FTP_H

#include "protocol/ftp/ftp_modes.h"
#include "protocol/ftp/ftp_pairs.h"
#include "protocol/ftp/ftp_text.h"
#include "protocol/protocol.h"

/* FTP (RFC 959, 2228, 2428, 3659, 4217): the control channel announces data flows, each carries one transfer.
 */
extern const struct protocol protocol_ftp;
extern const struct protocol protocol_ftp_data;

/* What the control channel and a data flow know of each other: one for each announcement (PORT, EPRT, PASV,
 * EPSV), state that both share (shared.h), found by the number that the expectation carries. The
 * command may be seen before or after the data flow begins; the last reply may be seen before or after it
 * ends, or never. */
enum ftp_command { FTP_COMMAND_NONE, FTP_COMMAND_LISTING, FTP_COMMAND_TRANSFER };

struct ftp_data;

struct ftp_ticket {
    uint64_t number;
    struct ftp_data *data;    /* the data flow while it lives */
    time_ns asked;            /* when the client asked for it, or announced it */
    time_ns until;            /* when it asked for the next one; 0: it has not */
    bool announced;           /* a data flow may still ask for it by its number */
    bool taken;               /* a data flow has come: no other may */
    bool elsewhere;           /* it may come to another worker, which is told what is known */
    bool active;              /* the FTP client listens (PORT, EPRT) */
    uint16_t port;            /* of the listener; 0 while the reply that names it was not seen */
    enum ftp_command command; /* what follows holds once it is known */
    bool upload;
    bool implicit;    /* announced by nothing: for a command behind another one on the same announcement */
    uint8_t modes;    /* bits of enum ftp_modes that may be in force: the bytes tell */
    uint8_t accepted; /* that are, by the server's word; sizes are those on the wire where it is none */
    bool image;       /* TYPE I: and only then */
    bool started;     /* 125 or 150 */
    bool finished;    /* 2xx: the server has it all */
    bool failed;      /* the server or the client broke it off */
    bool silent;      /* no more replies will be seen */
    bool awaited;     /* the data flow has ended cleanly: what did the server say of it? */
    bool partial;     /* REST, APPE: begins at `offset` of the whole */
    bool placed;      /* `offset` is where it begins; not so when it is appended to nobody knows what */
    bool settled;     /* all of it was seen: `moved` bytes */
    uint64_t offset, moved;
    uint64_t length;       /* bytes to come on the wire, LENGTH_UNKNOWN */
    uint64_t total;        /* of the whole, LENGTH_UNKNOWN */
    uint64_t least;        /* fewer on the wire means cut */
    const char *method;    /* static */
    unsigned text_version; /* counts up when name or path changes */
    struct ftp_path path, user;
};

struct ftp_ticket *ftp_ticket_create(void); /* one user; NULL: no memory */
void ftp_ticket_retain(struct ftp_ticket *t);
void ftp_ticket_release(struct ftp_ticket *t); /* accepts NULL */
/* The data flow will come from `client` to `server`, at the ticket's port. */
void ftp_ticket_announce(struct conversation *c, struct ftp_ticket *t, struct address client,
                         struct address server);
struct ftp_ticket *ftp_ticket_join(uint64_t number); /* the same, that of this number if there is one */
/* Tells the data flow that the control channel `c` knows more; where it may be another worker's, that one. */
void ftp_ticket_changed(struct conversation *c, struct ftp_ticket *t);
/* ftp_note.c: what a ticket says, from one worker to another. */
void ftp_note_ticket(struct conversation *c, const struct ftp_ticket *t);
void ftp_note_heard(struct bytes text);
/* True when bytes have been handed on or are waiting: a refusal cannot be meant. */
bool ftp_ticket_has_bytes(const struct ftp_ticket *t);

/* A control connection lives between client and server: what nothing names between them is likely its data.
 */
enum { FTP_WAITING_MAX = 4 };

/* Its transfers by passive connections to the server of which the reply that names the port was lost: the
 * newest of them. They are matched with the data flows that nobody announced, as soon as there is one flow
 * that may be it, at the latest when the flow is over and its size known. Zero at the start. */
struct ftp_waiting {
    struct ftp_pair pair;
    struct ftp_ticket *ticket[FTP_WAITING_MAX]; /* references */
    unsigned next;
};

void ftp_waiting_begin(struct ftp_waiting *w, const struct address *client, const struct address *server);
void ftp_waiting_add(struct ftp_waiting *w, struct ftp_ticket *t); /* its command is known */
void ftp_waiting_end(struct ftp_waiting *w);                       /* again does nothing */

/* Does it look like an FTP control channel, from its beginning or from the middle, sides perhaps swapped? */
enum probe ftp_probe(const struct bytes first[2]);

#endif
