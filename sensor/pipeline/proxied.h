/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PIPELINE_PROXIED_H
#define GANTRY_PIPELINE_PROXIED_H

#include "base/bytes.h"

/* Whom proxies on a flow are asked for, one behind another: texts as of policy/target.h, with commas between,
 * the newest last. */
enum { PROXIED_MAX = 256 };

/* `target` behind those before it, in `list`. It is always among them:
 * where there is no room for all, names go before addresses, which may be judged, and old ones before new
 * ones. Of a long name the end is kept, by which partners are known. */
struct bytes proxied_add(struct bytes before, struct bytes target, char list[PROXIED_MAX]);

#endif
