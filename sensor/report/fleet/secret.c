/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/secret.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdio.h>

static bool derive_one(const uint8_t *key, const char *purpose, uint8_t out[32]) {
    unsigned n = 32;
    return HMAC(EVP_sha256(), key, FLEET_KEY_OCTETS, (const uint8_t *)purpose, strlen(purpose), out, &n) &&
           n == 32;
}

bool secret_derive(const uint8_t key[FLEET_KEY_OCTETS], struct fleet_secret *out) {
    uint8_t names[32], values[32];
    bool ok = derive_one(key, "gantry fleet names", names) &&
              derive_one(key, "gantry fleet values", values) &&
              derive_one(key, "gantry fleet seals", out->seal);
    memcpy(&out->names, names, sizeof out->names);
    memcpy(&out->values, values, sizeof out->values);
    return ok;
}

size_t secret_seal(const struct fleet_secret *s, struct bytes place, struct bytes plain, uint8_t *out) {
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    int n = 0, unused;
    bool ok = c && plain.n <= INT32_MAX / 2 && RAND_bytes(out, SEAL_NONCE) == 1 &&
              EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->seal, out) == 1 &&
              EVP_EncryptUpdate(c, NULL, &unused, place.p, (int)place.n) == 1 &&
              EVP_EncryptUpdate(c, out + SEAL_NONCE, &n, plain.p, (int)plain.n) == 1 &&
              EVP_EncryptFinal_ex(c, out + SEAL_NONCE + n, &unused) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_GET_TAG, SEAL_TAG, out + SEAL_NONCE + plain.n) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok ? plain.n + SEAL_MORE : 0;
}

bool secret_open(const struct fleet_secret *s, struct bytes place, struct bytes sealed, uint8_t *out,
                 size_t *size) {
    int n = 0, unused;
    if (sealed.n < SEAL_MORE || sealed.n > INT32_MAX / 2)
        return false;
    EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
    *size = sealed.n - SEAL_MORE;
    bool ok = c && EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, s->seal, sealed.p) == 1 &&
              EVP_DecryptUpdate(c, NULL, &unused, place.p, (int)place.n) == 1 &&
              EVP_DecryptUpdate(c, out, &n, sealed.p + SEAL_NONCE, (int)*size) == 1 &&
              EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_GCM_SET_TAG, SEAL_TAG,
                                  (void *)(sealed.p + SEAL_NONCE + *size)) == 1 &&
              EVP_DecryptFinal_ex(c, out + n, &unused) == 1;
    EVP_CIPHER_CTX_free(c);
    return ok;
}

void secret_name(const struct fleet_secret *s, struct bytes name, char out[SECRET_NAME_MAX]) {
    struct hash_wide h = hash_bytes_wide(&s->names, name.p, name.n);
    snprintf(out, SECRET_NAME_MAX, "%016" PRIx64 "%016" PRIx64, h.high, h.low);
}

void secret_sensor(const struct fleet_secret *s, const char *name, char out[SECRET_SENSOR_MAX]) {
    snprintf(out, SECRET_SENSOR_MAX, "%016" PRIx64, hash_bytes(&s->names, name, strlen(name)));
}
