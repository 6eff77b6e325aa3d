/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_CONTROL_H
#define GANTRY_PROTOCOL_FTP_CONTROL_H

#include "protocol/ftp/ftp.h"
#include "protocol/ftp/ftp_line.h"

/* An FTP control connection: what ftp.c, which reads its lines and finds which command a reply answers, and
 * ftp_commands.c, which knows what each command means, share. */

enum { FTP_PENDING_MAX = 64 }; /* kinds of commands in a row without their reply */

/* What a reply is looked for among the pending commands by. */
enum ftp_group {
    FTP_GROUP_OTHER,
    FTP_GROUP_PASSIVE,
    FTP_GROUP_DATA,
    FTP_GROUP_QUOTED,
    FTP_GROUP_STATUS,
    FTP_GROUP_AUTH,
    FTP_GROUP_REIN
};

struct ftp;
struct ftp_verb;

struct ftp_reply {
    unsigned code;
    struct bytes text;
};

/* Commands that wait for their replies, which come in the same order. What a command changes counts from its
 * reply on. */
struct ftp_pending {
    const struct ftp_verb *verb;
    struct ftp_ticket *ticket; /* own reference, or NULL */
    uint32_t count;            /* of commands in a row that are of no interest */
    uint8_t modes;             /* MODE, STRU, TYPE: what it asks for, bits of enum ftp_modes */
    bool ascii;                /* TYPE */
    uint64_t rest;             /* REST */
};

struct ftp_verb {
    const char *name;
    enum ftp_group group;
    void (*sent)(struct ftp *s, struct ftp_pending *p, struct bytes argument);
    void (*answered)(struct ftp *s, struct ftp_pending *p,
                     const struct ftp_reply *r); /* NULL: of no interest */
};

struct ftp {
    struct conversation *c;
    enum side server;
    bool commands_seen; /* of the side that is taken for the client: it is the client */
    bool replies_seen;
    bool secured;   /* AUTH was accepted: what the client sends next may be TLS */
    bool stopped;   /* it is: encrypted from here on */
    bool quit;      /* QUIT: the client may leave, a running transfer goes on (RFC 959 section 4.1.1) */
    unsigned multi; /* code of a reply that goes on over lines, 0 for none */
    unsigned multi_lines;
    bool multi_passed;  /* the client went on: for it that reply had ended */
    uint8_t modes;      /* in force, by the server's word; bits of enum ftp_modes */
    uint8_t modes_open; /* what may be in force besides: the answer to them was lost */
    bool ascii;
    bool rest_lost; /* the server took a REST that was not seen */
    uint64_t rest;
    uint64_t size; /* of size_path, by a 213; LENGTH_UNKNOWN */
    unsigned sizes_asked, cwds_asked;
    struct ftp_ticket *current;  /* announced, its command not yet seen */
    struct ftp_ticket *transfer; /* of the last transfer command */
    unsigned pending_count;
    struct ftp_pending pending[FTP_PENDING_MAX];
    struct ftp_waiting waiting; /* while what it says can be read */
    struct ftp_path user, cwd, cwd_before, size_path;
    struct ftp_line line[2]; /* by enum side */
    /* By enum side: what stands among the lines and is no FTP is a thing that moves too. */
    struct transfer *stray[2];
    bool strayed[2];
    bool stray_waits[2]; /* with the octet in `line`, which may begin TLS */
};

/* NULL when it cannot be a command at all; ftp_verb_other when it is one of no interest, or unknown. */
const struct ftp_verb *ftp_verb_find(struct bytes name);
extern const struct ftp_verb ftp_verb_other;

/* What follows is another conversation. */
void ftp_secured(struct ftp *s);
/* A reply to a command that opens a passive port, `p`; NULL: that was not seen. */
void ftp_passive_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r);
/* A reply to the transfer command of this ticket; `p`: NULL, that was not seen. */
void ftp_ticket_answered(struct ftp *s, struct ftp_pending *p, struct ftp_ticket *t,
                         const struct ftp_reply *r);

/* What is neither command nor reply is no reason to leave the channel. The line that is there is handed on,
 * and all that this side sends behind it until the end or TLS: the caller sees to that, by ftp_stray_data().
 * Again does nothing. */
void ftp_stray_begin(struct ftp *s, enum side from);
/* Nothing when nothing strayed. */
void ftp_stray_data(struct ftp *s, enum side from, struct bytes bytes);
/* The octet that waits was no TLS: before the line goes on. */
void ftp_stray_flush(struct ftp *s, enum side from);
void ftp_stray_end(struct ftp *s, enum side from, enum transfer_end how);

#endif
