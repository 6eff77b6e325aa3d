/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_MYSQL_SESSION_H
#define GANTRY_PROTOCOL_MYSQL_SESSION_H

#include "coding/coding.h"
#include "protocol/mysql/mysql.h"
#include "protocol/seek.h"
#include "protocol/statement.h"

/* Internal to mysql/: one connection. mysql_compressed.c takes compression off, mysql_packet.c finds messages
 * in packets, mysql_client.c knows commands, mysql_server.c answers, mysql_values.c reads values of any
 * length from any chunks, mysql_format.c writes them, mysql_statements.c keeps what was prepared. */

enum {
    MY_SMALL = 1024, /* octets of a message that is read at once; what a longer one holds is looked at */
    MY_STATEMENTS = 16,
    MY_BITMAP = (ROWS_COLUMNS + 9) / 8, /* octets of a bitmap of NULLs */
    MY_FRAME = 7,
    MY_WINDOW =
        256, /* octets that tell a row in the middle of anything: a short one, and a header behind it */
};

enum my_command {
    MY_NONE = 0xff, /* not seen */
    MY_USE = 0x02,
    MY_QUERY = 0x03,
    MY_FIELD_LIST = 0x04,
    MY_STATISTICS = 0x09,
    MY_CHANGE_USER = 0x11,
    MY_PREPARE = 0x16,
    MY_EXECUTE = 0x17,
    MY_LONG_DATA = 0x18,
    MY_CLOSE = 0x19,
    MY_RESET = 0x1a,
    MY_FETCH = 0x1c,
    MY_BULK = 0xfa, /* of MariaDB */
};

/* Types of columns (enum_field_types). Beside them in struct rows_column: MY_UNSIGNED. */
enum my_type {
    MY_TINY = 1,
    MY_SHORT = 2,
    MY_LONG = 3,
    MY_FLOAT = 4,
    MY_DOUBLE = 5,
    MY_NULL = 6,
    MY_TIMESTAMP = 7,
    MY_LONGLONG = 8,
    MY_INT24 = 9,
    MY_DATE = 10,
    MY_TIME = 11,
    MY_DATETIME = 12,
    MY_YEAR = 13,
    MY_STRING = 0xfe,
    MY_UNSIGNED = 0x100,
};

enum my_step {
    MY_AT_FIRST, /* an octet that tells what comes */
    MY_AT_SMALL, /* all of it, into `small` */
    MY_AT_SKIP,
    MY_AT_STRAY,      /* an object, which begins with its first octet */
    MY_AT_TEXT,       /* a statement */
    MY_AT_FILE,       /* of LOAD DATA LOCAL */
    MY_AT_ATTRIBUTES, /* before a statement (MySQL 8.0.23) */
    MY_AT_LONG_HEAD,
    MY_AT_LONG,    /* part of a value that is sent before its row */
    MY_AT_EXECUTE, /* which statement, how, */
    MY_AT_COUNT,   /* how many values, if said, */
    MY_AT_BITMAP,  /* which are NULL, */
    MY_AT_BOUND,   /* whether types follow, */
    MY_AT_TYPE,
    MY_AT_TYPE_NAME,
    MY_AT_INDICATOR, /* before each value of a bulk */
    MY_AT_LEAD,      /* its length */
    MY_AT_VALUE,
};

struct my_statement {
    uint32_t id;
    bool used, asks;
    uint8_t table_n, table[VALUE_NAME];
    unsigned values;                        /* that are bound to it */
    uint64_t sent_ahead[ROWS_COLUMNS / 64]; /* which of the next row came before it */
    struct rows_columns columns;            /* those that it lists, */
    struct rows_columns types;              /* and what was bound last */
    struct rows_columns results;            /* what it answers with */
};

struct my_side {
    /* Compression: frames, of which each is inflated by itself. */
    bool compressed;
    uint8_t frame_n, frame[MY_FRAME];
    uint32_t frame_left, unfolded_left;
    bool in_frame;
    struct filter filter; /* what is inflated comes here */
    struct filter *inflate;
    struct mysql *session;
    /* Packets: */
    uint8_t head_n, head[MYSQL_HEAD];
    bool in_packet, in_message, goes_on;
    uint8_t number;
    uint32_t left;
    bool seeks; /* the place of the next packet is not known */
    uint16_t sought_n;
    uint8_t sought[MY_WINDOW];
    /* The message: */
    enum my_step step;
    uint8_t first;
    uint64_t seen; /* octets of it */
    bool binary, bulk;
    unsigned count, index;
    uint8_t lead_n, lead[9];
    uint16_t bitmap_n, bitmap_want;
    uint8_t bitmap[MY_BITMAP];
    uint64_t value_left;
    uint32_t value_type;
    struct transfer *object; /* a stray, or a file */
    bool open;
    uint16_t small_n;
    uint8_t small[MY_SMALL];
    struct sql_source source;
    struct rows rows;
};

enum my_phase {
    MY_GREETING,
    MY_AUTHENTICATION,
    MY_ANSWER,  /* to a command */
    MY_COLUMNS, /* `due` definitions */
    MY_ROWS,
    MY_FIELDS, /* definitions up to an end */
};

struct mysql {
    struct conversation *c;
    bool sides_known;
    enum side server;
    uint32_t offered;            /* the server's capabilities, all if not seen */
    uint32_t capabilities, more; /* those that are used; MariaDB's */
    bool answered;               /* the client's first packet has come */
    bool tls;                    /* it asks for TLS: what follows is that */
    bool odd;
    enum my_phase phase;
    unsigned due;
    bool rows_began;           /* behind the end of the definitions, which may be left out */
    unsigned skipped;          /* of them, those of values that are bound */
    struct rows_columns *into; /* where the others go */
    enum my_command command;   /* the last one */
    bool loads;                /* the last statement does, from a file */
    bool file_due;             /* the server has asked for one */
    uint16_t file_n;
    uint8_t file[VALUE_NAME * 4];
    struct my_side side[2];
    struct statement statement;
    uint8_t table_n, table[VALUE_NAME];
    struct rows_columns columns;       /* of a result that brought them */
    const struct rows_columns *result; /* of the rows that come */
    unsigned width;                    /* how many values they have */
    struct my_statement prepared[MY_STATEMENTS];
    struct my_statement *executed;
    unsigned next;
    bool long_open; /* a value that is sent before its row */
    uint32_t long_statement;
    uint16_t long_index;
    struct value long_value;
    uint16_t ahead_n; /* octets of it that its row brings */
};

static inline bool my_is_server(const struct mysql *m, const struct my_side *s) {
    return s == &m->side[m->server];
}

/* --- mysql_compressed.c --- */

/* From here on the side's octets are frames. */
void my_begin_compressed(struct my_side *s);
void my_take_compressed(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n);
void my_gap_compressed(struct mysql *m, struct my_side *s, uint64_t n);
void my_end_compressed(struct my_side *s);

/* --- mysql_packet.c --- */

/* Octets of packets; how many were taken. Fewer than `n` if something else follows: m->tls, m->odd, or it is
 * compressed from there on. */
size_t my_take_packets(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n);
void my_gap_packets(struct mysql *m, struct my_side *s, uint64_t n);
void my_end_message(struct mysql *m, struct my_side *s, bool whole);

/* --- mysql_client.c, mysql_server.c --- */

/* May a packet of the client be one of a file? */
bool my_is_file(const struct mysql *m, const struct my_side *s, uint8_t packet);
/* A message begins; its packet's number. */
void my_begin_command(struct mysql *m, struct my_side *s, uint8_t number);
/* Its first octet, then its rest as far as `small` or a step of their own has it. */
size_t my_take_command(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n);
void my_end_command(struct mysql *m, struct my_side *s, bool whole);
void my_begin_answer(struct mysql *m, struct my_side *s);
size_t my_take_answer(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n);
void my_end_answer(struct mysql *m, struct my_side *s, bool whole);

/* --- mysql_values.c --- */

void my_go_to(struct my_side *s, enum my_step step);
/* True: `want` octets are in s->small. */
bool my_gather(struct my_side *s, size_t want, const uint8_t *p, size_t n, size_t *at);
void my_begin_object(struct mysql *m, struct my_side *s, struct bytes name);
/* With its object, if it has none yet. */
void my_take_stray(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n);
/* What has no place in a message: how many octets were taken. More than a few are a stray. */
size_t my_skip(struct my_side *s, size_t n);
/* True: a length of one to nine octets has come. */
bool my_gather_length(struct my_side *s, const uint8_t *p, size_t n, size_t *at, uint64_t *length);
/* The values of a row follow: s->count of them, s->binary or as text. In binary they can be told apart where
 * all their types are known; else they are a stray. */
void my_begin_values(struct mysql *m, struct my_side *s);
/* MY_AT_BITMAP, MY_AT_INDICATOR, MY_AT_LEAD, MY_AT_VALUE. */
size_t my_take_values(struct mysql *m, struct my_side *s, const uint8_t *p, size_t n);
/* Octets of a value are missing, no more than are left of it. */
void my_gap_value(struct mysql *m, struct my_side *s, uint64_t n);
void my_end_value(struct mysql *m, struct my_side *s, bool null, bool whole);

/* --- mysql_format.c --- */

enum { MY_TEXT_ROOM = 64, MY_BY_LENGTH = 0xff, MY_BY_OCTET = 0xfe };

/* Octets of a value in binary; MY_BY_OCTET: one octet says it, MY_BY_LENGTH: a length of one to nine does. */
unsigned my_size_of(uint32_t type);
struct bytes my_format_value(uint32_t type, struct bytes value, char room[MY_TEXT_ROOM]);

/* --- mysql_statements.c --- */

struct my_statement *my_prepare(struct mysql *m, uint32_t id);
struct my_statement *my_find_statement(struct mysql *m, uint32_t id);
void my_forget_statement(struct mysql *m, uint32_t id);
void my_forget_statements(struct mysql *m);

#endif
