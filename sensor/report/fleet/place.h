/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_FLEET_PLACE_H
#define GANTRY_REPORT_FLEET_PLACE_H

#include "report/fleet/fleet_options.h"
#include "report/fleet/reply.h"
#include "report/ledger/ledger_share.h"

/* What stands where in the engine (gantry.yaml(5), "THE FLEET", has it for people). P is the prefix, NAME the
 * digest of a line or a contract, all of whose keys lie in one slot, S that of a sensor:
 *
 *     P:{NAME}:dN, :hN   hash: amounts of day or hour N, "S/number" of each line that a sensor has for it,
 *                        "objects bytes denied-objects denied-bytes" as they stand
 *     P:{NAME}:b         set: "dN", "hN" of those that are there
 *     P:{NAME}:pN, :iN   HyperLogLog: different plates, images of day N
 *     P:{NAME}:n         network, destination and class, sealed
 *     P:{NAME}:cN, :mN   hash: what a contract had on day N, in month N, likewise
 *     P:{NAME}:lA, :tA   who is about to tell alarm A; who told it. Of a line A is the rule's number, of a
 *                        contract "cN.T" or "mN.T" with T of quotas_tenfold()
 *     P:lines:W:X        set: lines of week W whose digest begins with X
 *     P:sensors          hash: what each sensor says of itself, sealed */
enum { PLACE_MAX = 128, PLACE_FIELD_MAX = 48, PLACE_AMOUNT_MAX = 96, PLACE_WEEK_DAYS = 7 };

void place_of_line(const struct fleet_options *o, const char *name, const char *what, char out[PLACE_MAX]);
void place_of_bucket(const struct fleet_options *o, const char *name, char kind, int64_t index,
                     char out[PLACE_MAX]);
void place_of_lines(const struct fleet_options *o, int64_t week, char first, char out[PLACE_MAX]);
void place_of_sensors(const struct fleet_options *o, char out[PLACE_MAX]);

/* "dN" or "hN"; false: it is neither. */
bool place_read_bucket(struct bytes member, bool *day, int64_t *index);
void place_write_amount(const struct share_amount *a, char out[PLACE_AMOUNT_MAX]);
bool place_read_amount(struct bytes text, struct share_amount *out);
/* Adds up the fields of a hash of amounts but `own` (NULL: none); counts fields that are malformed, and in
 * *fields the others. False: it is no hash. */
bool place_add_up(const redisReply *reply, const char *own, struct share_amount *sum, size_t *fields);

#endif
