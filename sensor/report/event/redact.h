/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_REDACT_H
#define GANTRY_REPORT_REDACT_H

#include <stddef.h>
#include <stdint.h>

/* Covers plate-shaped runs but for their first two and last two characters: "L04_ABC1234.jpg" becomes
 * "L04_AB***34.jpg". See redact.c for what is plate-shaped. What is covered stays as it is when it is done
 * again. */
void redact(uint8_t *text, size_t n);

#endif
