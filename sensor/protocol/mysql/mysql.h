/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_MYSQL_H
#define GANTRY_PROTOCOL_MYSQL_H

#include "protocol/protocol.h"

/* The protocol of MySQL and MariaDB (MySQL Source Code Documentation, "Client/Server Protocol"; MariaDB
 * Knowledge Base, "Clientserver Protocol"). Rows of results, and what statements bring, are a text of each
 * side (rows.h), values that are files are objects of their own, a file of LOAD DATA LOCAL is an object. What
 * is no packet becomes any other conversation. */
extern const struct protocol protocol_mysql;

/* --- mysql_probe.c --- */

enum {
    MYSQL_HEAD = 4,          /* three octets of length, a number */
    MYSQL_PACKET = 0xffffff, /* octets of one that goes on in the next */
    MYSQL_VERSION_10 = 10,
};

enum mysql_capability {
    MYSQL_LONG_PASSWORD = 1 << 0, /* MariaDB: not set, and what is else zero holds more of them */
    MYSQL_WITH_DATABASE = 1 << 3,
    MYSQL_COMPRESS = 1 << 5,
    MYSQL_PROTOCOL_41 = 1 << 9,
    MYSQL_SSL = 1 << 11,
    MYSQL_SECURE = 1 << 15,
    MYSQL_LENENC_AUTH = 1 << 21,
    MYSQL_ZSTD = 1 << 26,
    MYSQL_ATTRIBUTES = 1 << 27,
};

enum probe mysql_probe(const struct bytes first[2]);

#endif
