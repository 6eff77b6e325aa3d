/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_SECRET_H
#define GANTRY_REPORT_FLEET_SECRET_H

#include "base/bytes.h"
#include "base/hash.h"

/* What all sensors of a fleet know and its engine does not: names stand in the engine as keyed digests, and
 * what must be read again (names of lines, a sensor's word on itself) is sealed with AES-256-GCM. */
enum { FLEET_KEY_OCTETS = 32, SEAL_NONCE = 12, SEAL_TAG = 16, SEAL_MORE = SEAL_NONCE + SEAL_TAG };

struct fleet_secret {
    struct hash_key names;  /* of the digests that stand for names */
    struct hash_key values; /* of plates and images, for sensors without a digest-key of their own */
    uint8_t seal[32];
};

/* Each of these by HMAC-SHA-256 over its purpose. */
bool secret_derive(const uint8_t key[FLEET_KEY_OCTETS], struct fleet_secret *out);
/* Into plain.n + SEAL_MORE octets: nonce, text, tag; it opens only with the same `place` (key and field). 0:
 * failed. */
size_t secret_seal(const struct fleet_secret *s, struct bytes place, struct bytes plain, uint8_t *out);
/* Into sealed.n - SEAL_MORE octets; how many. False: it was not sealed so. */
bool secret_open(const struct fleet_secret *s, struct bytes place, struct bytes sealed, uint8_t *out,
                 size_t *n);

enum { SECRET_NAME_MAX = 33, SECRET_SENSOR_MAX = 17 };
/* 32 digits for a line's or contract's name, 16 for a sensor's. */
void secret_name(const struct fleet_secret *s, struct bytes name, char out[SECRET_NAME_MAX]);
void secret_sensor(const struct fleet_secret *s, const char *name, char out[SECRET_SENSOR_MAX]);

#endif
