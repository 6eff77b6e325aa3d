/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMTP_SESSION_H
#define GANTRY_PROTOCOL_SMTP_SESSION_H

#include "protocol/dotted.h"
#include "protocol/smtp/smtp.h"

/* Internal to smtp/: one connection. smtp.c knows commands and replies, smtp_body.c what is between them,
 * smtp_envelope.c whom a message is from and for. */

enum {
    SMTP_LINE_MAX = 2048,      /* octets of a command; RFC 5321 section 4.5.3.1.4 says 512, extensions more */
    SMTP_CODE = 4,             /* octets of a reply that matter: its code, and whether more lines follow */
    SMTP_ADDRESS_MAX = 256,    /* octets of a path, as longest as the facts that carry it */
    SMTP_RECIPIENTS_MAX = 512, /* octets of all recipients */
};

struct smtp_envelope {
    uint16_t from_n, to_n;
    uint8_t from[SMTP_ADDRESS_MAX];
    uint8_t to[SMTP_RECIPIENTS_MAX]; /* ", " between two */
};

struct smtp {
    struct conversation *c;
    bool sides_known;
    enum side server;
    enum {
        SMTP_AT_COMMAND,
        SMTP_AT_DATA,  /* a message follows, if the server wants it */
        SMTP_AT_BODY,  /* lines until one of a dot */
        SMTP_AT_CHUNK, /* `chunk` octets as they are */
    } at;
    bool lmtp;
    bool greeted;     /* the server's first reply has come, which answers nothing */
    bool credentials; /* the client's next line answers a 334 */
    bool lf;          /* its lines end without a CR: the server takes them so */
    bool asked_data, asked_tls;
    uint32_t due;                   /* commands whose reply has not come */
    uint32_t data_ahead, tls_ahead; /* of them, those before the one that was asked */
    uint64_t chunk;
    bool last; /* the chunk ends its message */

    struct transfer *transfer;
    bool open;  /* a message is begun, `transfer` may be NULL */
    bool stray; /* of what is no command */
    /* The end may have been missed: a line that is a command ends it. */
    bool watch;
    struct dotted dotted;

    uint64_t missed; /* octets before the line: what begins with it may have begun in them */
    uint16_t line_n;
    struct smtp_answers {
        uint8_t code_n, code[SMTP_CODE];
        bool behind_gap; /* the line's beginning may be missing */
        bool strayed;
        size_t octets; /* of the line */
        struct transfer *stray;
    } answers;
    struct smtp_envelope envelope;
    uint8_t line[SMTP_LINE_MAX];
};

/* --- smtp.c --- */

static inline const char *smtp_name(const struct smtp *s) {
    return s->lmtp ? "lmtp" : "smtp";
}

/* May the line be nothing but a command? */
bool smtp_is_command(struct bytes line);

/* --- smtp_envelope.c --- */

/* `argument` of MAIL begins a new message's envelope, that of RCPT adds to it. */
void smtp_envelope_from(struct smtp_envelope *e, struct bytes argument);
void smtp_envelope_to(struct smtp_envelope *e, struct bytes argument);
void smtp_envelope_clear(struct smtp_envelope *e);

/* --- smtp_body.c --- */

/* The client's octets while a message is expected or there: how many belong to it. Then at is
 * SMTP_AT_COMMAND if fewer than `n`. */
size_t smtp_body_take(struct smtp *s, const uint8_t *p, size_t n);
/* How many of the missing octets are the message's. */
uint64_t smtp_body_gap(struct smtp *s, uint64_t n);
/* BDAT. */
void smtp_chunk_begin(struct smtp *s, uint64_t size, bool last);
/* The line in `s` is no command: it begins a thing of its own. */
void smtp_stray_begin(struct smtp *s);
/* The line that is held, if any, is the message's. */
void smtp_body_release(struct smtp *s);
void smtp_body_end(struct smtp *s, enum transfer_end how);

#endif
