/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_SMB2_H
#define GANTRY_PROTOCOL_SMB2_H

/* Internal to smb/: numbers of [MS-SMB2]. */

enum { SMB2_HEADER = 64 };

/* Section 2.2.1.2. */
enum smb2_command {
    SMB2_NEGOTIATE = 0,
    SMB2_SESSION_SETUP = 1,
    SMB2_TREE_CONNECT = 3,
    SMB2_CREATE = 5,
    SMB2_CLOSE = 6,
    SMB2_READ = 8,
    SMB2_WRITE = 9,
    SMB2_IOCTL = 11,
    SMB2_QUERY_DIRECTORY = 14,
    SMB2_SET_INFO = 17,
    SMB2_COMMANDS = 19,
};

enum {
    SMB2_ANSWER = 1,
    SMB2_ASYNC = 2,
    SMB2_RELATED = 4,
    SMB2_SIGNED = 8,
    SMB2_REPLAYED = 0x20000000
}; /* flags of the header */

/* [MS-ERREF] section 2.3 */
#define STATUS_OK 0u
#define STATUS_PENDING 0x103u
#define STATUS_NO_MORE_FILES 0x80000006u
#define STATUS_BUFFER_OVERFLOW 0x80000005u
#define STATUS_END_OF_FILE 0xc0000011u
#define STATUS_MORE_PROCESSING 0xc0000016u

#endif
