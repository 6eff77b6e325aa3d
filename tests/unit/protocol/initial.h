/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_UNIT_PROTOCOL_INITIAL_H
#define GANTRY_UNIT_PROTOCOL_INITIAL_H

#include "protocol/quic/initial.h"

#include <openssl/evp.h>
#include <stdlib.h>

/* Seals what quic/initial.c opens (RFC 9001 sections 5.3 and 5.4), for tests. */

enum { INITIAL_NUMBER = 4, INITIAL_TAG = 16 };

static inline void initial_must(bool done) {
    if (!done)
        abort();
}

/* The header of `head` octets stands at the start of `packet` and ends with a packet number of four octets;
 * the frames, four octets at least, are put behind it. Returns the packet's octets. */
static inline size_t initial_seal(const struct quic_keys *k, size_t head, struct bytes frames,
                                  uint8_t *packet) {
    uint8_t nonce[12], mask[16];
    int n, body;
    memcpy(nonce, k->iv, 12);
    for (unsigned i = 0; i < INITIAL_NUMBER; i++)
        nonce[12 - INITIAL_NUMBER + i] ^= packet[head - INITIAL_NUMBER + i];
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    initial_must(EVP_EncryptInit_ex(c, EVP_aes_128_gcm(), NULL, k->key, nonce));
    initial_must(EVP_EncryptUpdate(c, NULL, &n, packet, (int)head));
    initial_must(EVP_EncryptUpdate(c, packet + head, &body, frames.p, (int)frames.n));
    initial_must(EVP_EncryptFinal_ex(c, packet + head + body, &n));
    initial_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, INITIAL_TAG, packet + head + body));
    initial_must(EVP_EncryptInit_ex(c, EVP_aes_128_ecb(), NULL, k->header, NULL));
    initial_must(EVP_EncryptUpdate(c, mask, &n, packet + head, 16));
    EVP_CIPHER_CTX_free(c);
    packet[0] ^= mask[0] & 0x0f;
    for (unsigned i = 0; i < INITIAL_NUMBER; i++)
        packet[head - INITIAL_NUMBER + i] ^= mask[1 + i];
    return head + (size_t)body + INITIAL_TAG;
}

/* A whole packet of version 1 from this side, to or from the client's id of one octet. */
static inline size_t initial_packet(uint8_t id, bool server, uint8_t number, struct bytes frames,
                                    uint8_t *packet) {
    enum { HEAD = 15 };
    struct quic_keys k;
    size_t length = INITIAL_NUMBER + frames.n + INITIAL_TAG;
    const uint8_t head[HEAD] = {
        0xc3, 0, 0, 0, 1, 1, id, 0, 0, (uint8_t)(0x40 | length >> 8), (uint8_t)length, 0, 0, 0, number};
    initial_must(quic_keys_derive(1, bytes_of(&id, 1), server, &k));
    memcpy(packet, head, HEAD);
    return initial_seal(&k, HEAD, frames, packet);
}

#endif
