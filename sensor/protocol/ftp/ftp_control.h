/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_FTP_CONTROL_H
#define GANTRY_PROTOCOL_FTP_CONTROL_H

#include "protocol/ftp/ftp.h"
#include "protocol/ftp/ftp_line.h"

/* An FTP control connection: what ftp.c, which reads its lines and finds which command a reply answers, and
 * ftp_commands.c, which knows what each command means, share. */

enum { FTP_PENDING_MAX = 64 }; /* commands without their reply; more than any client sends ahead */

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

struct ftp_pending {
    const struct ftp_verb *verb;
    struct ftp_ticket *ticket; /* own reference, or NULL */
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
    bool sides_known;
    bool stopped; /* encrypted from here on */
    bool quit;    /* QUIT: the client may leave, a running transfer goes on (RFC 959 section 4.1.1) */
    unsigned garbage;
    unsigned multi, multi_lines; /* code of a reply that goes on over lines, 0 for none */
    bool block_mode, ascii, private;
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
};

/* NULL when it cannot be a command at all; ftp_verb_other when it is one of no interest. */
const struct ftp_verb *ftp_verb_find(struct bytes name);
extern const struct ftp_verb ftp_verb_other;

/* From here on nothing can be read. */
void ftp_encrypted(struct ftp *s);
/* A reply to a command that opens a passive port, `p`; NULL: that was not seen. */
void ftp_passive_answered(struct ftp *s, struct ftp_pending *p, const struct ftp_reply *r);
/* A reply to the transfer command of this ticket. */
void ftp_ticket_answered(struct ftp *s, struct ftp_ticket *t, const struct ftp_reply *r);

#endif
