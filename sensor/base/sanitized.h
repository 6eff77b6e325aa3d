/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_SANITIZED_H
#define GANTRY_BASE_SANITIZED_H

#include <stdbool.h>

/* Built with a sanitizer of addresses or of memory? It wants terabytes of address space, starts threads at
 * the end and tells leaks at an exit. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED true
#endif
#endif
#ifndef SANITIZED
#define SANITIZED false
#endif

#endif
