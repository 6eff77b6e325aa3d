/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_PROMISE_H
#define GANTRY_PROTOCOL_PROMISE_H

#include "base/bytes.h"

/* Do the first octets of the two sides, either of which may be empty, belong to a protocol that usually goes
 * over to TLS a few words later? SMTP, IMAP, POP3, NNTP and XMPP, PostgreSQL, MySQL, LDAP. Nobody reads them
 * here: who says so is only waited for. */
bool promises_tls(struct bytes client, struct bytes server);

#endif
