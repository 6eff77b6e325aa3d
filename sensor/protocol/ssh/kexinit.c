/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/kexinit.h"

#include "base/hex.h"

#include <openssl/evp.h>

/* Names are printable US-ASCII without blanks. */
static bool is_name_list(struct bytes list) {
    for (size_t i = 0; i < list.n; i++)
        if (list.p[i] <= ' ' || list.p[i] >= 0x7f)
            return false;
    return true;
}

bool ssh_kexinit_read(struct bytes payload, struct ssh_kexinit *out) {
    enum { COOKIE = 16 };
    struct reader r = reader_of(payload.p, payload.n);
    uint8_t type;
    if (!reader_u8(&r, &type) || type != SSH_KEXINIT || !reader_skip(&r, COOKIE))
        return false;
    for (unsigned i = 0; i < SSH_KEXINIT_LISTS; i++) {
        uint32_t n;
        const uint8_t *p;
        if (!reader_u32(&r, &n) || !reader_take(&r, n, &p))
            return false;
        out->list[i] = bytes_of(p, n);
        if (!is_name_list(out->list[i]))
            return false;
    }
    return out->list[SSH_KEY_EXCHANGE].n > 0;
}

bool ssh_hassh(const struct ssh_kexinit *said, bool server, char out[HASSH_SIZE]) {
    static const enum ssh_list parts[2][4] = {
        {SSH_KEY_EXCHANGE, SSH_CIPHERS_TO_SERVER, SSH_MACS_TO_SERVER, SSH_COMPRESSION_TO_SERVER},
        {SSH_KEY_EXCHANGE, SSH_CIPHERS_TO_CLIENT, SSH_MACS_TO_CLIENT, SSH_COMPRESSION_TO_CLIENT},
    };
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_MD_CTX *md5 = EVP_MD_CTX_new();
    bool good = md5 && EVP_DigestInit_ex(md5, EVP_md5(), NULL);
    for (unsigned i = 0; good && i < 4; i++) {
        struct bytes list = said->list[parts[server][i]];
        good = (i == 0 || EVP_DigestUpdate(md5, ";", 1)) &&
               (list.n == 0 || EVP_DigestUpdate(md5, list.p, list.n));
    }
    good = good && EVP_DigestFinal_ex(md5, digest, NULL);
    EVP_MD_CTX_free(md5);
    if (good)
        hex_format(digest, 16, out);
    return good;
}
