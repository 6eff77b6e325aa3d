/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/smb/smb_session.h"

#include "base/utf8.h"

/* --- UTF-16 ([MS-SMB2] section 2.2: little-endian) --- */

static uint32_t next_utf16(struct bytes in, size_t *at) {
    uint32_t c = smb_u16(in, *at);
    *at += 2;
    if (c < 0xd800 || c > 0xdfff)
        return c;
    uint32_t low = smb_u16(in, *at);
    if (c > 0xdbff || low < 0xdc00 || low > 0xdfff)
        return UTF8_REPLACEMENT;
    *at += 2;
    return 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
}

/* The end of a path is its name. */
static void keep_end(struct smb_text *out, const char *text, size_t n) {
    size_t skip = n > SMB_TEXT_MAX ? n - SMB_TEXT_MAX : 0;
    if (skip)
        counter_one(COUNTER_SMB_NAMES_CUT);
    while (skip < n && skip && ((uint8_t)text[skip] & 0xc0) == 0x80)
        skip++;
    out->n = (uint16_t)(n - skip);
    memcpy(out->p, text + skip, out->n);
}

void smb_text_from(struct smb_text *out, struct bytes in) {
    enum { UNITS = SMB_HEAD_MAX / 2 };
    char text[4 * UNITS];
    size_t n = 0, at = 0;
    while (at + 2 <= in.n && n + 4 <= sizeof text)
        n += utf8_put(next_utf16(in, &at), text + n);
    keep_end(out, text, n);
}

void smb_text_narrow(struct smb_text *out, struct bytes in) {
    out->n = (uint16_t)(in.n < SMB_TEXT_MAX ? in.n : SMB_TEXT_MAX);
    if (out->n)
        memcpy(out->p, in.p, out->n);
}

/* --- NTLMSSP ([MS-NLMP] section 2.2.1) --- */

enum { NTLM_CHALLENGE = 2, NTLM_AUTHENTICATE = 3, NTLM_UNICODE = 1 };
enum { AV_END = 0, AV_COMPUTER = 1, AV_DNS_COMPUTER = 3, AV_TARGET = 9 }; /* section 2.2.2.1 */

static struct bytes find_ntlm(struct bytes in) {
    static const char mark[] = "NTLMSSP";
    const uint8_t *p = in.n ? memmem(in.p, in.n, mark, sizeof mark) : NULL;
    return p ? bytes_of(p, in.n - (size_t)(p - in.p)) : bytes_of(NULL, 0);
}

static struct bytes ntlm_field(struct bytes m, size_t at) {
    return smb_part(m, smb_u32(m, at + 4), smb_u16(m, at));
}

/* The value of one of a list of pairs. */
static struct bytes find_pair(struct bytes list, unsigned id) {
    for (size_t at = 0; at + 4 <= list.n; at += 4 + (size_t)smb_u16(list, at + 2)) {
        if (smb_u16(list, at) == AV_END)
            break;
        if (smb_u16(list, at) == id)
            return smb_part(list, at + 4, smb_u16(list, at + 2));
    }
    return bytes_of(NULL, 0);
}

static void take_challenge(struct smb_names *out, struct bytes m) {
    struct bytes info = ntlm_field(m, 40), name = find_pair(info, AV_DNS_COMPUTER);
    smb_text_from(&out->server, name.n ? name : find_pair(info, AV_COMPUTER));
}

/* Behind 44 octets of an NTLMv2 response stand the pairs of the challenge and those that the client adds:
 * what it called the server, "cifs/NAME". */
static void take_authenticate(struct smb_names *out, struct bytes m) {
    enum { PAIRS = 44, FLAGS = 60 };
    struct bytes response = ntlm_field(m, 20), user = ntlm_field(m, 36);
    struct bytes target = find_pair(smb_part(response, PAIRS, response.n), AV_TARGET);
    static const char service[] = "c\0i\0f\0s\0/";
    if (smb_u32(m, FLAGS) & NTLM_UNICODE)
        smb_text_from(&out->user, user);
    else
        smb_text_narrow(&out->user, user);
    if (target.n > sizeof service && memcmp(target.p, service, sizeof service) == 0) {
        smb_text_from(&out->server, bytes_of(target.p + sizeof service, target.n - sizeof service));
        out->called = true;
    }
}

void smb_names_from(struct smb_names *out, struct bytes security) {
    struct bytes m = find_ntlm(security);
    out->user.n = out->server.n = 0;
    out->called = false;
    if (m.n && smb_u32(m, 8) == NTLM_CHALLENGE)
        take_challenge(out, m);
    else if (m.n && smb_u32(m, 8) == NTLM_AUTHENTICATE)
        take_authenticate(out, m);
}

struct bytes smb_share_server(struct bytes share) {
    while (share.n && share.p[0] == '\\') {
        share.p++;
        share.n--;
    }
    return bytes_until(share, '\\');
}
