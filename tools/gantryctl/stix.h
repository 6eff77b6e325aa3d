/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRYCTL_STIX_H
#define GANTRYCTL_STIX_H

#include <jansson.h>

/* The sensor's answer about one incident as a bundle of STIX 2.1 (OASIS Standard, 10 June 2021): the sensor
 * (identity), the incident, what was seen (observed-data of network-traffic, addresses, a domain name, files
 * by their SHA-256), ATT&CK techniques (attack-pattern, each with a sighting), the files as an indicator
 * where their digests are known, and a note in words. The same incident gives the same ids again (version 5
 * UUIDs: of observables as section 2.9 says, of the rest in a namespace of Gantry's), and a later `modified`
 * as it grows. To be given up with json_decref(); NULL: no memory, or the answer holds no incident. */
json_t *stix_bundle(const json_t *answer);

#endif
