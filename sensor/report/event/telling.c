/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/telling.h"

#include "policy/flow_class.h"

enum { SEVERITY_AT = 56, RANK_AT = 48, NAME_OCTETS = 6 };

/* People before cars, what was read before what was seen, what is known before what was not looked at. */
static const char own_classes[] = "", *const order[] = {
                                          "canary",          "traveller-record", "traveller-image",
                                          "plate-record",    "vehicle-image",    own_classes,
                                          "image",           "listing",          "encrypted-container",
                                          "unread-object",   CLASS_TUNNEL,       CLASS_ENCRYPTED_FLOW,
                                          CLASS_UNREAD_FLOW, "contract-volume",
};
enum { CLASSES = sizeof order / sizeof order[0] };

static unsigned place_of(struct bytes class) {
    unsigned own = CLASSES;
    for (unsigned i = 0; i < CLASSES; i++) {
        if (bytes_equal(class, bytes_text(order[i])))
            return i;
        if (order[i] == own_classes)
            own = i;
    }
    return own;
}

uint64_t telling_of(unsigned severity, struct bytes class) {
    uint64_t name = 0;
    for (size_t i = 0; i < NAME_OCTETS; i++)
        name = name << 8 | (i < class.n ? class.p[i] : 0);
    const uint64_t names = (UINT64_C(1) << RANK_AT) - 1;
    return (uint64_t)(severity & 0xff) << SEVERITY_AT | (uint64_t)(CLASSES - place_of(class)) << RANK_AT |
           (names - name);
}
