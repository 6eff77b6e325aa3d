/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_FLOW_CLASS_H
#define GANTRY_POLICY_FLOW_CLASS_H

#include <stdbool.h>
#include <string.h>

/* Classes of flows themselves, which no rule gives: what is said of a flow whose content nobody reads. */
#define CLASS_ENCRYPTED_FLOW "encrypted-flow" /* as its own bytes show */
#define CLASS_UNREAD_FLOW "unread-flow"       /* a protocol that nobody parses, a stream that was lost */
#define CLASS_TUNNEL "tunnel" /* data in what is meant for something else: names, echoes, header fields */

#define CLASS_CANARY "canary" /* no flow's: what nobody has a reason to send */

/* Judged by all terms of a contract, but by its classes only where it names one of these. */
static inline bool class_is_of_flow(const char *class) {
    return strcmp(class, CLASS_ENCRYPTED_FLOW) == 0 || strcmp(class, CLASS_UNREAD_FLOW) == 0;
}

/* There without a rule. */
static inline bool class_is_built_in(const char *class) {
    return class_is_of_flow(class) || strcmp(class, CLASS_TUNNEL) == 0;
}

/* What "*" in a contract does not cover: nobody means these by it. */
static inline bool class_is_never_meant(const char *class) {
    return strcmp(class, CLASS_TUNNEL) == 0 || strcmp(class, CLASS_CANARY) == 0;
}

#endif
