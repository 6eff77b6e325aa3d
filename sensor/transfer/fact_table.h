/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_TRANSFER_FACT_TABLE_H
#define GANTRY_TRANSFER_FACT_TABLE_H

/* All that protocols and unpackers can say of a transfer, an object or a flow, a row each. What carries these
 * texts (the seed of a transfer, the object, the record in the channel) and what shows them (every format) is
 * made from this table: a new fact is one row here and its paragraph in gantry-records(5).
 *
 *   longest   octets of a value; what is longer is cut at a character's end, and counted
 *   shown in  records that show it: A alert, T transfer, F flow
 *   rank      when a message is too long: fields of a low rank are left out first (report/: struct field)
 *   origin    WIRE: a sender chose it, any octet may occur; OURS: a word of our own, which no message
 * shortens covered   PLATES: what is plate-shaped in it is covered before it leaves in an alert or is stored;
 * PLAIN: not children  GIVEN: what is unpacked from an object has it too, unless it has one of its own; KEPT:
 * it has not matched   by which of a rule's scopes (inspect/) it is read: NAME, PATH, or NONE
 *
 * Fields whose names begin alike stand together, as in the formats. */
/* clang-format off */
#define FACT_TABLE \
    /*   id               ECS field                                     short         longest shown rank origin covered children matched */ \
    FACT(NAME,            "file.name",                                  "file",       1024, A | T, 19, WIRE, PLATES, KEPT,  NAME) \
    FACT(PATH,            "file.path",                                  "path",       2048, A | T, 2,  WIRE, PLATES, GIVEN, PATH) \
    FACT(URL,             "url.path",                                   "url",        2048, A | T, 6,  WIRE, PLATES, GIVEN, PATH) \
    FACT(HOST,            "url.domain",                                 "host",       256,  A | T, 6,  WIRE, PLATES, GIVEN, NONE) \
    FACT(USER,            "user.name",                                  "user",       256,  A | T, 7,  WIRE, PLATES, GIVEN, NONE) \
    FACT(METHOD,          "http.request.method",                        "method",     32,   A | T, 7,  WIRE, PLATES, GIVEN, NONE) \
    FACT(HTTP_VERSION,    "http.version",                               "httpVersion", 32,  A | T, 3,  OURS, PLAIN,  GIVEN, NONE) \
    FACT(EMAIL_FROM,      "email.from.address",                         "from",       256,  A | T, 9,  WIRE, PLATES, GIVEN, NONE) \
    FACT(EMAIL_TO,        "email.to.address",                           "to",         512,  A | T, 9,  WIRE, PLATES, GIVEN, NONE) \
    FACT(EMAIL_SUBJECT,   "email.subject",                              "mailsubject", 256,  A | T, 6,  WIRE, PLATES, GIVEN, NONE) \
    FACT(TLS_VERSION,     "tls.version",                                "tlsversion", 32,   A | F, 7,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TLS_APPLICATION, "tls.next_protocol",                          "alpn",       64,   A | F, 4,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TLS_SERVER_NAME, "tls.client.server_name",                     "sni",        256,  A | F, 7,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TLS_JA3,         "tls.client.ja3",                             "ja3",        32,   A | F, 3,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TLS_CERTIFICATE, "tls.server.hash.sha256",                     "cert",       64,   A | F, 4,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TLS_COMMON_NAME, "tls.server.x509.subject.common_name",        "cn",         256,  A | F, 6,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TLS_SUBJECT,     "tls.server.x509.subject.distinguished_name", "subject",    256,  A | F, 2,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TLS_NAMES,       "tls.server.x509.alternative_names",          "names",      512,  A | F, 2,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TLS_ISSUER,      "tls.server.x509.issuer.distinguished_name",  "issuer",     256,  A | F, 2,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TLS_SINCE,       "tls.server.x509.not_before",                 "since",      32,   A | F, 1,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TLS_UNTIL,       "tls.server.x509.not_after",                  "until",      32,   A | F, 1,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(COMMAND,         "gantry.command",                             "command",    32,   A | T, 7,  WIRE, PLATES, GIVEN, NONE) \
    FACT(SHARE,           "gantry.share",                             "share",      256,  A | T | F, 8, WIRE, PLATES, GIVEN, PATH) \
    FACT(TARGET,          "gantry.target",                              "target",     256,  A | T | F, 16, WIRE, PLATES, GIVEN, NONE) \
    FACT(MEDIUM,          "gantry.medium",                              "medium",     32,   A | F, 7,  WIRE, PLATES, KEPT,  NONE) \
    FACT(PROXIED,         "gantry.proxied_to",                          "proxied",    256,  A | T | F, 15, WIRE, PLATES, GIVEN, NONE) \
    FACT(PART,            "gantry.part",                                "part",       32,   A | T, 7,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TYPE_BASIS,      "gantry.type_basis",                          "basis",      64,   A | T, 5,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(ENCRYPTION,      "gantry.encryption",                          "encryption", 32,   A | T, 9,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(MEMBERS,         "gantry.members.count",                       "members",    32,   A | T, 7,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(MEMBER_NAMES,    "gantry.members.names",                       "memberNames", 512, A | T, 5,  WIRE, PLATES, KEPT,  NONE) \
    FACT(NOTES,           "gantry.notes",                               "notes",      128,  A | T, 8,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(ORIGIN,          "gantry.origin",                              "origin",     32,   A | T, 6,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(IMAGE_SIZE,      "gantry.image.size",                          "imageSize",  32,   A | T, 4,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(IMAGE_DEPTH,     "gantry.image.depth",                         "imageDepth", 32,   A | T, 2,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(IMAGE_FRAMES,    "gantry.image.frames",                        "imageFrames", 32,  A | T, 3,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(IMAGE_CAMERA,    "gantry.image.camera",                        "imageCamera", 65,  A | T, 6,  WIRE, PLATES, KEPT,  NONE) \
    FACT(IMAGE_METADATA,  "gantry.image.metadata",                      "imageMetadata", 64, A | T, 3, OURS, PLAIN,  KEPT,  NONE) \
    FACT(IMAGE_PLACE,     "gantry.image.place",                         "imagePlace", 32,   A | T, 4,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(SMB_DIALECT,     "gantry.smb.dialect",                       "smbDialect", 32,   A | F, 4,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(SMB_SIGNING,     "gantry.smb.signing",                       "smbSigning", 32,   A | F, 4,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TLS_JA4,         "gantry.tls.ja4",                             "ja4",        36,   A | F, 5,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TLS_ECH,         "gantry.tls.ech",                             "ech",        32,   A | F, 5,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(SSH_CLIENT,      "gantry.ssh.client",                          "sshClient",  255,  A | F, 6,  WIRE, PLATES, KEPT,  NONE) \
    FACT(SSH_SERVER,      "gantry.ssh.server",                          "sshServer",  255,  A | F, 6,  WIRE, PLATES, KEPT,  NONE) \
    FACT(SSH_HASSH,       "gantry.ssh.hassh",                           "hassh",      32,   A | F, 4,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(SSH_HASSH_SERVER, "gantry.ssh.hassh_server",                   "hasshServer", 32,  A | F, 3,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TUNNEL_WAY,      "gantry.tunnel.way",                          "way",        32,   A,     9,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(TUNNEL_NAME,     "gantry.tunnel.name",                         "below",      64,   A,     8,  WIRE, PLATES, KEPT,  NONE) \
    FACT(TUNNEL_SEEN,     "gantry.tunnel.seen",                         "seen",       136,  A,     5,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(FLOW_BULK,       "gantry.flow.bulk",                         "bulk",       32,   A | F, 6,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(DNS_OVER,        "gantry.flow.dns_over",                     "dnsOver",    32, A | F, 6,  OURS, PLAIN,  KEPT,  NONE) \
    FACT(DNS_NAME,        "gantry.flow.dns_name",                     "dnsName",    255, A | F, 5,  WIRE, PLATES, KEPT,  NONE) \
    FACT(DECLARED_TYPE,   NULL,                                         NULL,         256,  0,     0,  WIRE, PLATES, KEPT,  NONE)
/* clang-format on */

#endif
