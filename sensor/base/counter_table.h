/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_BASE_COUNTER_TABLE_H
#define GANTRY_BASE_COUNTER_TABLE_H

/* clang-format off */
#define COUNTER_TABLE \
    /* capture */ \
    COUNTER(PACKETS,              "capture.packets",              "packets read from the interface or file") \
    COUNTER(BYTES,                "capture.bytes",                "bytes of those packets on the wire") \
    COUNTER(KERNEL_DROPS,         "capture.kernel_drops",         "packets that the kernel dropped because the ring was full") \
    COUNTER(INTERFACE_DROPS,      "capture.interface_drops",      "packets that the network card dropped") \
    COUNTER(PACKETS_CUT,          "capture.packets_cut",          "packets shorter in the capture than on the wire (snap length)") \
    COUNTER(OTHER_WORKER,         "capture.other_worker",         "packets of a file that belong to another worker") \
    COUNTER(TIME_STEPS_BACK,      "capture.time_steps_back",      "packets whose time is before that of an earlier packet") \
    COUNTER(TIME_JUMPS,           "capture.time_jumps",           "jumps of the packet time by more than an hour") \
    COUNTER(TIME_JUMPS_BACK,      "capture.time_jumps_back",      "those of them that went back") \
    COUNTER(LOST_TO_RESTART,      "capture.lost_to_restart",      "packets given up in the ring when a worker took over from one that died") \
    COUNTER(BEFORE_BEGIN,         "capture.before_begin",         "packets discarded because they came before all workers listened") \
    /* decode: one counter for each reason why a packet is not understood */ \
    COUNTER(DECODE_OK,            "decode.understood",            "packets decoded to a TCP, UDP or SCTP payload") \
    COUNTER(DECODE_OTHER,          "decode.other_transport",     "packets of another IP protocol (ICMP, ESP, ...)") \
    COUNTER(DECODE_LINK,           "decode.link_malformed",      "frames whose link header is cut short or malformed") \
    COUNTER(DECODE_NOT_IP,         "decode.not_ip",              "frames that carry no IP (ARP, spanning tree, ...); in a tunnel they count for its ends") \
    COUNTER(DECODE_LLC,            "decode.llc_other",           "802.3 frames that carry no IP or are cut short") \
    COUNTER(DECODE_ETHERNET_SHORT, "decode.ethernet_short",      "Ethernet headers inside a tunnel that are cut short") \
    COUNTER(DECODE_VLAN_SHORT,     "decode.vlan_short",          "VLAN tags cut short") \
    COUNTER(DECODE_MPLS_SHORT,     "decode.mpls_short",          "MPLS label stacks cut short") \
    COUNTER(DECODE_PPPOE_SHORT,    "decode.pppoe_short",         "PPPoE headers cut short") \
    COUNTER(DECODE_PPPOE_MALFORMED, "decode.pppoe_malformed",     "PPPoE headers of another version or code") \
    COUNTER(DECODE_PPP_SHORT,      "decode.ppp_short",           "PPP headers cut short") \
    COUNTER(DECODE_PPP_OTHER,      "decode.ppp_other",           "PPP frames that carry no IP (link control, ...)") \
    COUNTER(DECODE_GRE_SHORT,      "decode.gre_short",           "GRE headers cut short or with too many routes") \
    COUNTER(DECODE_GRE_UNKNOWN,    "decode.gre_unknown",         "GRE headers of another version or without an ethertype") \
    COUNTER(DECODE_GRE_EMPTY,      "decode.gre_empty",           "PPTP packets that only acknowledge") \
    COUNTER(DECODE_ERSPAN_SHORT,   "decode.erspan_short",        "ERSPAN headers cut short") \
    COUNTER(DECODE_ERSPAN_UNKNOWN, "decode.erspan_unknown",      "ERSPAN headers of another version or frame type") \
    COUNTER(DECODE_DEPTH,          "decode.too_deep",            "packets with more encapsulations than the limit; counted for the hosts that are known") \
    COUNTER(DECODE_FABRIC_SHORT,   "decode.fabric_short",        "headers that switches put behind Ethernet's (VN-tag, FabricPath, MACsec, ...) cut short") \
    COUNTER(DECODE_MACSEC,         "decode.macsec_encrypted",    "frames that MACsec encrypts") \
    COUNTER(DECODE_NSH,            "decode.nsh_malformed",       "network service headers cut short or of another version") \
    COUNTER(DECODE_WIRELESS_SHORT, "decode.wireless_short",      "frames of 802.11 cut short") \
    COUNTER(DECODE_WIRELESS_OTHER, "decode.wireless_other",      "frames of 802.11 that carry no data or encrypt it") \
    COUNTER(DECODE_IP_SHORT,       "decode.ip_short",            "IP headers cut short") \
    COUNTER(DECODE_IP_MALFORMED,   "decode.ip_malformed",        "IP headers with a wrong version or length") \
    COUNTER(DECODE_IP_BEYOND,      "decode.ip_beyond_frame",     "IP packets longer than the frame they came in; used only where many are, or in a tunnel") \
    COUNTER(DECODE_EXTENSIONS,     "decode.extensions",          "IPv6 extension headers cut short") \
    COUNTER(DECODE_EXTENSIONS_MANY, "decode.extensions_many",     "packets with more IPv6 extension headers than the limit; counted for their hosts, not looked into") \
    COUNTER(DECODE_TCP_SHORT,      "decode.tcp_short",           "TCP headers cut short") \
    COUNTER(DECODE_TCP_MALFORMED,  "decode.tcp_malformed",       "TCP headers with a wrong length") \
    COUNTER(DECODE_UDP_SHORT,      "decode.udp_short",           "UDP headers cut short") \
    COUNTER(DECODE_UDP_MALFORMED,  "decode.udp_malformed",       "UDP headers with a wrong length") \
    COUNTER(DECODE_SCTP_SHORT,     "decode.sctp_short",          "SCTP headers cut short") \
    COUNTER(FRAGMENTS,             "decode.fragments",           "IP fragments") \
    COUNTER(FRAGMENTS_WHOLE,       "decode.fragments_whole",     "IP packets put together from fragments") \
    COUNTER(FRAGMENTS_REPEATED,    "decode.fragments_repeated",  "fragments of a packet that was just put together") \
    COUNTER(FRAGMENTS_OVERLAP,     "decode.fragments_overlap",   "fragments that overlap others") \
    COUNTER(FRAGMENTS_CONTESTED,   "decode.fragments_contested", "IP packets put together from fragments that contradict each other") \
    COUNTER(FRAGMENTS_TINY,        "decode.fragments_tiny",      "fragments that cut the transport header") \
    COUNTER(FRAGMENTS_MALFORMED,   "decode.fragments_malformed", "fragments whose place or length is impossible") \
    COUNTER(FRAGMENTS_CUT,         "decode.fragments_cut",       "fragments that the snap length cut; not used") \
    COUNTER(FRAGMENTS_TIMEOUT,     "decode.fragments_timeout",   "packets given up because fragments did not come") \
    COUNTER(FRAGMENTS_SHED,        "decode.fragments_shed",      "unfinished packets shed because fragment memory was full") \
    COUNTER(FRAGMENTS_TOO_MANY,    "decode.fragments_too_many",  "packets given up because they came in too many fragments, or too many ways to read them had a wrong checksum") \
    COUNTER(DUPLICATES_SAMPLED,    "decode.duplicates_sampled", "packets looked at for having come before, a sample of all") \
    COUNTER(DUPLICATES,            "decode.duplicates",         "packets of that sample that came twice within a second, unchanged") \
    /* flow */ \
    COUNTER(FLOWS,                "flow.opened",                  "flows opened") \
    COUNTER(FLOWS_SHED,           "flow.shed",                    "flows closed early because the flow table was full") \
    COUNTER(FLOWS_GAVE_WAY,       "flow.gave_way",               "flows closed early so that new ones can be looked into") \
    COUNTER(FLOWS_IGNORED,        "flow.ignored",                 "flows that the policy does not want looked into") \
    COUNTER(FLOWS_COVERED,        "flow.covered",                 "flows not looked into because a contract covers whatever they carry") \
    COUNTER(FLOWS_TRIED,          "flow.tried",                  "TCP connections between an image network and a partner that nobody answered, or that were refused") \
    COUNTER(TRIES_LEFT,           "flow.tries_left",             "of these those not counted by destination, because too many partners were tried at once") \
    COUNTER(HOSTS_UNTOLD,         "flow.hosts_untold",            "hosts of image networks that were not told to the reporter, because hundreds were within a second: told with a later flow") \
    COUNTER(CONTEXTS_SHED,        "flow.contexts_shed",          "flows not looked into because too many were at once") \
    COUNTER(FLOWS_LONE,           "flow.lone",                    "flows of one small packet that nobody answered, or of TCP of three at most, not looked into because all packets together did not pay for it") \
    COUNTER(FLOWS_LONE_LOST,      "flow.lone_lost",               "such flows whose first packets gave way to those of others before the next came") \
    COUNTER(FLOWS_REUSED,         "flow.reused",                  "flows ended by a new connection with the same addresses and ports") \
    COUNTER(FLOWS_JUDGED,         "flow.sides_judged",            "TCP flows of which enough was seen to tell whether both directions are") \
    COUNTER(FLOWS_ONE_SIDED,      "flow.one_sided",               "TCP flows of those of which one direction was seen") \
    COUNTER(RESETS_IGNORED,       "flow.resets_ignored",          "TCP resets whose sequence number does not fit their flow") \
    COUNTER(IDENTIFY_UNPAID,      "flow.identify_unpaid",         "flows that nDPI does not name because their hosts send too many of them") \
    COUNTER(IDENTIFY_SHED,        "flow.identify_shed",           "flows left unnamed because the memory for naming was full") \
    COUNTER(IDENTIFY_UNKNOWN,     "flow.identify_unknown",        "flows without a name after the packets that naming may take") \
    COUNTER(COMMUNITY_ID_SHED,    "flow.community_id_shed",       "flows without a Community ID because no memory was left to make it") \
    COUNTER(EXPECTATIONS_SHED,    "flow.expectations_shed",       "announced flows forgotten because too many were announced") \
    COUNTER(ANNOUNCEMENTS_LOST,   "flow.announcements_lost",     "announcements of other workers that were overwritten before they were read, or made no sense") \
    COUNTER(ANNOUNCEMENTS_LATE,   "flow.announcements_late",     "workers reading a file that the others no longer wait for") \
    COUNTER(EXPECTATIONS_EXPIRED, "flow.expectations_expired",    "announced flows that did not come in time") \
    COUNTER(NAMES_FORGOTTEN,      "flow.names_forgotten",        "names that hosts asked the DNS for, forgotten because there were too many: flows may be shown without them") \
    COUNTER(NAMES_MISSED,         "flow.names_missed",           "names that hosts asked the DNS for and other workers saw, overwritten before they were read") \
    COUNTER(FLOWS_REVIVED,        "flow.revived",                 "TCP flows that went on behind a FIN or RST which nobody obeyed") \
    COUNTER(CHECKSUMS_WRONG,      "flow.checksums_wrong",         "packets with a wrong checksum where earlier ones of their side were right: datagrams are left out, segments are used where nothing else brought what was acknowledged") \
    COUNTER(CHECKSUMS_LEFT,       "flow.checksums_left",          "wrong checksums of sides that never had a right one (segmentation in the network card); taken") \
    COUNTER(TTL_LOW,              "flow.ttl_low",                 "packets that may not reach their receiver: their time to live is far below that of their flow") \
    /* stream */ \
    COUNTER(STREAM_BYTES,         "stream.bytes",                 "bytes delivered in order") \
    COUNTER(STREAM_GAPS,          "stream.gaps",                  "gaps declared in streams") \
    COUNTER(STREAM_GAP_BYTES,     "stream.gap_bytes",             "bytes missing in those gaps") \
    COUNTER(STREAM_PAIRS_SHED,    "stream.pairs_shed",            "connections not rebuilt because too many were being rebuilt") \
    COUNTER(STREAM_MIDWAY,        "stream.midway",                "sides of connections whose beginning was not seen") \
    COUNTER(STREAM_EARLY,         "stream.early",                 "segments stored because they came before earlier bytes") \
    COUNTER(STREAM_HELD,          "stream.held",                  "segments held until the bytes that they answer came") \
    COUNTER(STREAM_REPEATED,      "stream.repeated",              "segments that brought nothing new (retransmission, duplicate, keep-alive)") \
    COUNTER(STREAM_MEMORY_FULL,   "stream.memory_full",           "waits ended early because the memory for early segments was full") \
    COUNTER(STREAM_CUT_BYTES,     "stream.cut_bytes",             "bytes missing because the capture cut packets short (snap length)") \
    COUNTER(STREAM_AFTER_END,     "stream.after_end_bytes",       "bytes that came after the end of their side and were not looked at") \
    COUNTER(STREAM_RESETS_WRONG,  "stream.resets_wrong",          "TCP resets outside the window of their connection") \
    COUNTER(STREAM_STRAY,         "stream.stray",                 "stored segments thrown away: far ahead of all others, never acknowledged") \
    COUNTER(STREAM_DOUBTFUL,      "stream.doubtful",              "segments with bytes that their receiver may have dropped (acknowledgement, window, time stamp, signature, time to live)") \
    COUNTER(STREAM_DOUBTFUL_USED, "stream.doubtful_used_bytes",   "bytes of such segments that were acknowledged and came in no other way") \
    COUNTER(STREAM_DOUBTFUL_DROPPED, "stream.doubtful_dropped",   "such segments that nobody acknowledged, or that were too many") \
    COUNTER(STREAM_AMBIGUOUS,     "stream.ambiguous",             "segments that contradict others of their connection") \
    COUNTER(STREAM_READINGS,      "stream.readings",              "other readings of connections that were begun for it") \
    COUNTER(STREAM_READINGS_SHED, "stream.readings_shed",         "other readings not begun because a connection had its share, or for lack of memory") \
    COUNTER(STREAM_ENDS_REFUTED,  "stream.ends_refuted",          "FINs that bytes behind them showed not to be the end") \
    COUNTER(STREAM_URGENT,        "stream.urgent",                "bytes sent as urgent, which receivers read out of band") \
    COUNTER(STREAM_ACKS_WRONG,    "stream.acks_wrong",            "acknowledgements of bytes that nobody can have sent") \
    /* protocol */ \
    COUNTER(TRANSFERS,            "protocol.transfers",           "transfers begun") \
    COUNTER(MESSAGES_UNPAID,      "protocol.messages_unpaid",    "messages of a few octets left out because their hosts' bytes on the wire did not pay for an object") \
    COUNTER(TRANSFERS_NOT_LEAVING, "protocol.transfers_not_leaving", "transfers whose bytes do not leave an image network") \
    COUNTER(FLOWS_UNIDENTIFIED,   "protocol.unidentified",        "flows whose protocol stayed unknown") \
    COUNTER(FLOWS_ENCRYPTED,      "protocol.encrypted",           "flows that turned out to be encrypted") \
    COUNTER(ENCRYPTED_CLEAR,      "protocol.encrypted_clear",     "encrypted flows that went on in clear, and were looked at again") \
    COUNTER(BYTES_ENCRYPTED,      "protocol.encrypted_bytes",     "bytes of flows that are encrypted") \
    COUNTER(FLOWS_NOT_PARSED,     "protocol.not_parsed",          "flows of a protocol that has a name but no parser here") \
    COUNTER(CONVERSATIONS_SHED,   "protocol.conversations_shed",  "flows not looked into because the conversations were at their cap") \
    COUNTER(HOLDS_SHED,           "protocol.holds_shed",          "undecided flows given up because no memory was left to hold their first bytes") \
    COUNTER(HOLDS_FULL,           "protocol.holds_full",          "flows still undecided when their first bytes filled the hold") \
    COUNTER(PROTOCOL_NO_MEMORY,   "protocol.no_memory",           "flows or announcements for which a protocol got no memory") \
    COUNTER(PROTOCOL_NOT_OPENED,  "protocol.not_opened",          "flows not parsed because their protocol had no memory or refused the announcement") \
    COUNTER(PROTOCOL_LOST,        "protocol.lost",                "flows in which the parser lost its way") \
    COUNTER(TUNNELS,              "protocol.tunnels",             "tunnels (SOCKS, CONNECT) whose inner conversation was identified afresh") \
    COUNTER(INNER_LOST,           "protocol.inner_lost",          "bytes of what a flow became that were left out: more runs than one call may hand over") \
    COUNTER(SHARED_EVICTED,       "protocol.shared_evicted",      "states of sessions given up before a flow that was announced asked for them, to make room") \
    COUNTER(TUNNELS_FALLBACK,     "protocol.tunnels_fallback",    "flows that went on with their protocol, since nobody knew what was said to follow it") \
    COUNTER(TUNNELS_TOO_DEEP,     "protocol.tunnels_too_deep",    "tunnels in tunnels, or beside each other in one flow, beyond the limit") \
    COUNTER(UNKNOWN_OBJECTS,      "protocol.unknown_objects",    "objects made of what has structure in streams whose protocol is unknown") \
    COUNTER(CARVING_BOUNDED,      "protocol.carving_bounded",    "stretches of streams, of 1 KiB or up to 4, whose protocol is unknown and in which too much looked like the beginning of a file: what begins there may have been missed") \
    COUNTER(CARVING_BROKEN,       "protocol.carving_broken",     "files in such streams that went on otherwise than their format allows, or were cut: objects that are not complete") \
    COUNTER(FTP_UNPAID,           "ftp.commands_unpaid",          "FTP commands for a transfer that nothing announced, not kept because their hosts had sent too little to pay for it") \
    COUNTER(FTP_TLS,              "ftp.auth_tls",                 "FTP control connections that turned to TLS or another protection") \
    COUNTER(FTP_LISTINGS,         "ftp.listings",                 "FTP data flows that a directory listing was asked for") \
    COUNTER(FTP_NOT_STREAM,       "ftp.not_stream_mode",          "FTP transfers in another mode than the stream of a file's bytes, or perhaps in one") \
    COUNTER(FTP_RUNS_BOUND,       "ftp.unfolded_bound",           "FTP transfers in compressed mode that unfolded to more than the bound; they went on as they came") \
    COUNTER(FTP_STRAYS,           "ftp.strays",                   "things among the lines of FTP control connections that were neither command nor reply") \
    COUNTER(FTP_LINES_LONG,       "ftp.lines_long",               "FTP control lines longer than the bound") \
    COUNTER(FTP_PATHS_CUT,        "ftp.paths_cut",                "FTP paths longer than the bound, of which the end was kept") \
    COUNTER(FTP_BAD_ADDRESS,      "ftp.bad_address",              "PORT, EPRT, PASV or EPSV addresses that could not be read") \
    COUNTER(FTP_COMMANDS_SHED,    "ftp.commands_shed",            "FTP commands whose reply was no longer waited for") \
    COUNTER(FTP_DATA_UNANNOUNCED, "ftp.data_unannounced",         "FTP data flows whose control connection was not seen in time") \
    COUNTER(FTP_REPLIES_LOST,     "ftp.replies_lost",             "FTP data flows known by what was asked for, since the reply that named their port was lost") \
    COUNTER(FTP_DATA_EARLY,       "ftp.data_early",               "FTP data flows handed on before their command was seen") \
    COUNTER(FTP_DATA_UNUSED,      "ftp.data_unused",              "announced FTP data flows that carried nothing") \
    COUNTER(FTP_DATA_OTHER_WAY,   "ftp.data_other_way_bytes",     "bytes on FTP data flows against the direction of the transfer") \
    COUNTER(WEBSOCKET_ODD,        "websocket.odd",                "WebSockets on which something else than frames went on") \
    COUNTER(IMAP_LINES_LONG,      "imap.lines_long",              "IMAP lines longer than usual: the rest of each was looked at as a thing") \
    COUNTER(POSTGRESQL_ODD,       "postgresql.odd",               "PostgreSQL connections on which something else than messages went on") \
    COUNTER(MYSQL_ODD,            "mysql.odd",                    "MySQL connections on which something else than packets went on") \
    COUNTER(MYSQL_FRAMES_LOST,    "mysql.frames_lost",            "compressed packets of MySQL that could not be unfolded, whole or in part") \
    COUNTER(SQL_COLUMNS_SHED,     "sql.columns_shed",             "columns of database tables whose names and types were not kept, for the bound or for lack of memory") \
    COUNTER(SQL_STATEMENTS_SHED,  "sql.statements_shed",          "prepared statements that were forgotten, since too many were") \
    COUNTER(SQL_PLACE_LOST,       "sql.place_lost",               "gaps behind which the next message of a database had to be found") \
    COUNTER(MQTT_ODD,             "mqtt.odd",                     "MQTT connections on which something else than packets went on") \
    COUNTER(MQTT_ALIASES_SHED,    "mqtt.aliases_shed",            "MQTT topic aliases that were not kept, for the bound or for lack of memory") \
    COUNTER(MQTT_PLACE_LOST,      "mqtt.place_lost",              "gaps behind which the next MQTT packet had to be found") \
    COUNTER(IMAP_STRAYS,          "imap.strays",                  "things on IMAP connections that were no line of the protocol") \
    COUNTER(POP3_STRAYS,          "pop3.strays",                  "things that POP3 clients sent and that were no command") \
    COUNTER(POP3_COMMANDS_SHED,   "pop3.commands_shed",           "POP3 commands whose reply was no longer waited for, since too many had none") \
    COUNTER(SMB_SEALED,           "smb.sealed",                   "encrypted SMB messages") \
    COUNTER(SMB_STRAYS,           "smb.strays",                   "things on SMB connections that were no message, or data of which nobody saw what it is of") \
    COUNTER(SMB_PACKED,           "smb.packed",                   "compressed SMB messages that were unpacked") \
    COUNTER(SMB_PACKED_UNREAD,    "smb.packed_unread",            "compressed SMB messages that were not: damaged, longer than the bound, or not paid for by their hosts") \
    COUNTER(SMB_COPIES,           "smb.copies",                   "requests to an SMB server to copy by itself") \
    COUNTER(SMB_COPIED_BYTES,     "smb.copied_bytes",             "bytes that SMB servers were asked to copy by themselves, which nobody saw") \
    COUNTER(SMB_WRITTEN_AGAIN,    "smb.written_again",            "files on SMB shares that were cut to nothing or written over from their beginning, which are objects of their own from there on") \
    COUNTER(SMB_NAMES_CUT,        "smb.names_cut",                "SMB paths and names longer than the bound, of which the end was kept") \
    COUNTER(SMB_LISTINGS_CUT,     "smb.listings_cut",             "answers that list a folder on an SMB share in a form that is not known, or break: what follows is not read") \
    COUNTER(SMB_UNANSWERED,       "smb.unanswered",               "SMB requests forgotten because too many waited for an answer") \
    COUNTER(SMB_FORGOTTEN,        "smb.forgotten",                "SMB sessions, shares and open files forgotten because their two hosts had too many") \
    COUNTER(SMB_NO_MEMORY,        "smb.no_memory",                "SMB requests, sessions, shares and files not noted because no memory was left") \
    COUNTER(SMTP_STRAYS,          "smtp.strays",                  "things among the lines of SMTP clients that were no command") \
    COUNTER(IRC_LINES_LONG,       "irc.lines_long",              "lines of IRC longer than the limit; taken in pieces") \
    COUNTER(IRC_OFFERS,           "irc.offers",                  "files and talks that were offered over DCC") \
    COUNTER(DCC_STRAYS,           "dcc.strays",                  "connections of DCC whose receiver said something else than what it has") \
    COUNTER(RSYNC_LINES_LONG,     "rsync.lines_long",            "lines and arguments of rsync longer than the limit; what is beyond it is not looked at") \
    COUNTER(RSYNC_LISTS_LONG,     "rsync.lists_long",            "lists of files of rsync that are longer than the limit, or without memory: their files have no names") \
    COUNTER(RSYNC_MATCHES,        "rsync.matches",               "blocks of files that rsync did not send, because their receiver has them: missing in the file") \
    COUNTER(RSYNC_NOT_UNDONE,     "rsync.not_undone",            "files of rsync whose compression could not be undone to the end") \
    COUNTER(RTSP_STRAYS,          "rtsp.strays",                 "connections of RTSP that went on with something else") \
    COUNTER(RTSP_LINES_LONG,      "rtsp.lines_long",             "lines of RTSP and SDP longer than the limit; what is beyond it is not looked at") \
    COUNTER(RTSP_TRACKS_MANY,     "rtsp.tracks_many",            "streams, or packets of streams, of one connection beyond the limit, or without memory; not read") \
    COUNTER(RTSP_SOUGHT,          "rtsp.sought",                 "gaps in RTSP behind which the next message had to be looked for") \
    COUNTER(RTP_PICTURES,         "rtp.pictures",                "pictures of JPEG in RTP that were begun") \
    COUNTER(RTP_HEADERS_UNKNOWN,  "rtp.headers_unknown",         "of these those whose tables or form are not known: they lack their header") \
    COUNTER(RTP_MALFORMED,        "rtp.malformed",               "packets of JPEG in RTP that make no sense") \
    COUNTER(RTP_LATE,             "rtp.late",                    "packets of RTP that came twice, or after their turn") \
    COUNTER(RTP_OTHERS,           "rtp.others",                  "packets of streams that are no pictures of JPEG, or no RTP; not read") \
    COUNTER(SMTP_LINES_LONG,      "smtp.lines_long",              "SMTP commands longer than the bound") \
    COUNTER(SMTP_RECIPIENTS_CUT,  "smtp.recipients_cut",          "recipients of mail that were not kept, for the bound") \
    COUNTER(SOCKS_REFUSED,        "socks.refused",                "SOCKS requests that the proxy refused") \
    COUNTER(SOCKS_UDP,            "socks.udp_associate",          "SOCKS requests to relay UDP, which is not followed") \
    COUNTER(SOCKS_ENCRYPTED,      "socks.encrypted",              "SOCKS connections with a method that encrypts (GSSAPI, TLS)") \
    COUNTER(TFTP_STRAYS,          "tftp.strays",                  "datagrams in TFTP's flows that were none of its messages") \
    COUNTER(TFTP_BLOCKS_AGAIN,    "tftp.blocks_again",            "TFTP blocks that came again, of which the first counts") \
    COUNTER(TFTP_BLOCKS_DIFFER,   "tftp.blocks_differ",           "those of them that were not the same, and were looked at besides") \
    COUNTER(TFTP_BLOCKS_MISSED,   "tftp.blocks_missed",           "TFTP blocks not seen, and no longer waited for since too many came behind them") \
    COUNTER(LPD_STRAYS,           "lpd.strays",                   "things on connections to printers (LPD) that were neither line nor answer") \
    COUNTER(LPD_COUNTS_WRONG,     "lpd.counts_wrong",             "files for printers (LPD) that were longer than announced") \
    COUNTER(LPD_NAMES_SHED,       "lpd.names_shed",               "files for printers (LPD) that no control file could name, since too many waited for it or stood in it") \
    COUNTER(NFS_ODD,              "nfs.odd",                      "messages of NFS that could not be read, or not to their end") \
    COUNTER(NFS_STRAYS,           "nfs.strays",                   "messages of NFS that nobody understands, looked at as things of their own") \
    COUNTER(NFS_PRIVATE,          "nfs.private",                  "messages of NFS that RPCSEC_GSS encrypts") \
    COUNTER(NFS_REPLIES_ALONE,    "nfs.replies_alone",            "replies of NFS whose call was not seen, or not kept") \
    COUNTER(NFS_CALLS_SHED,       "nfs.calls_shed",               "calls of NFS whose reply was no longer waited for, since too many had none") \
    COUNTER(NFS_OPERATIONS_SHED,  "nfs.operations_shed",          "operations of NFS compounds whose results were not looked at, beyond the bound") \
    COUNTER(NFS_COMPOUNDS_CUT,    "nfs.compounds_cut",            "NFS compounds not read behind an operation that is not understood") \
    COUNTER(NFS_HOLES_CUT,        "nfs.holes_cut",                "holes in files read through NFS that are missing in part, since nobody pays for so many zeros") \
    COUNTER(NFS_FILES_SHED,       "nfs.files_shed",               "names and unfinished files of NFS that gave way to others of the same hosts") \
    COUNTER(NFS_RANGES_SHED,      "nfs.ranges_shed",              "parts of files read through NFS that are not known again if they are read again, since too many others are apart") \
    COUNTER(HTTP_REQUESTS,        "http.requests",               "HTTP requests understood") \
    COUNTER(HTTP_RESPONSES,       "http.responses",              "HTTP responses understood") \
    COUNTER(HTTP_UNEXPECTED,      "http.unexpected",             "places where an HTTP message should begin and something else stood") \
    COUNTER(HTTP_HEADS_BAD,       "http.heads_bad",              "HTTP heads that could not be parsed") \
    COUNTER(HTTP_HEADS_PARTLY,    "http.heads_partly",            "HTTP heads of which libhtp gave up the rest (malformed, or no memory), used as far as it read them") \
    COUNTER(HTTP_HEADS_UNPAID,    "http.heads_unpaid",           "odd HTTP heads read in place, without libhtp, because their hosts send too many of them") \
    COUNTER(HTTP_HEADS_CUT,       "http.heads_cut",              "HTTP heads cut by a gap or the end of their connection") \
    COUNTER(HTTP_HEADS_LONG,      "http.heads_long",             "HTTP heads longer than 64 KiB, of which the fields that are asked for were kept") \
    COUNTER(HTTP_FRAMING_LOST,    "http.framing_lost",           "gaps that took HTTP framing with them, so that the next message had to be found") \
    COUNTER(HTTP_HEADLESS,        "http.headless",              "HTTP bodies handed on, never as complete, though a gap took their head") \
    COUNTER(HTTP_RESYNCED,        "http.resynced",               "HTTP messages found again after the way was lost") \
    COUNTER(HTTP_CHUNKS_BROKEN,   "http.chunks_broken",          "HTTP bodies that are not, or no longer, chunked as announced, taken as they are from there on") \
    COUNTER(HTTP_LEFTOVERS,       "http.leftovers",              "runs of bytes between HTTP messages that no length announced, taken for content") \
    COUNTER(HTTP_UNANSWERED,      "http.unanswered",             "HTTP requests forgotten because too many waited for an answer") \
    COUNTER(HTTP_UPGRADES,        "http.upgrades",               "HTTP flows left because they changed to another protocol (101)") \
    COUNTER(HTTP_COPIES,          "http.copies",                 "HTTP requests that copy or move what the server has already (COPY, MOVE, x-amz-copy-source)") \
    COUNTER(HTTP_NO_MEMORY,       "http.no_memory",              "HTTP heads lost because no memory was left") \
    COUNTER(HTTP2_REQUESTS,       "http2.requests",              "HTTP/2 requests understood, promised ones among them") \
    COUNTER(HTTP2_RESPONSES,      "http2.responses",             "HTTP/2 responses understood") \
    COUNTER(HTTP2_HEADS_BAD,      "http2.heads_bad",             "HTTP/2 heads that could not be read") \
    COUNTER(HTTP2_HEADS_CUT,      "http2.heads_cut",             "HTTP/2 heads of which a gap took a part") \
    COUNTER(HTTP2_HEADS_PARTLY,   "http2.heads_partly",          "HTTP/2 heads longer than 64 KiB, or that unfold to more than their hosts pay for, of which the fields that are asked for were kept") \
    COUNTER(HTTP2_FIELDS_BAD,     "http2.fields_bad",            "fields of HTTP/2 heads that could not be decoded; the table of fields is not known behind them") \
    COUNTER(HTTP2_FIELDS_UNKNOWN, "http2.fields_unknown",        "fields of HTTP/2 heads left out because they refer to a table of which the beginning was not seen") \
    COUNTER(HTTP2_FRAMES_BAD,     "http2.frames_bad",            "places where an HTTP/2 frame should stand and none did") \
    COUNTER(HTTP2_FRAMING_LOST,   "http2.framing_lost",          "times that the next HTTP/2 frame had to be found, behind a gap or in the middle of a connection") \
    COUNTER(HTTP2_SKIPPED,        "http2.skipped",               "octets in which the next HTTP/2 frame was looked for") \
    COUNTER(HTTP2_HEADLESS,       "http2.headless",              "HTTP/2 bodies handed on, never as complete, though their head was not seen") \
    COUNTER(HTTP2_RESETS,         "http2.resets",                "HTTP/2 streams that were reset") \
    COUNTER(HTTP2_STREAMS_SHED,   "http2.streams_shed",          "HTTP/2 transfers cut because too many streams were open on their connection") \
    COUNTER(HTTP2_STRAYS,         "http2.strays",                "runs of octets on HTTP/2 connections that are no frame, or one of no known type, taken for content") \
    COUNTER(HTTP2_TUNNELS,        "http2.tunnels",               "HTTP/2 streams opened by CONNECT") \
    COUNTER(HTTP2_TUNNELS_SHED,   "http2.tunnels_shed",          "of those, looked at as bodies because too many were open on their connection") \
    COUNTER(HTTP2_ODD,            "http2.odd",                   "connections announced as HTTP/2 that began as something else") \
    COUNTER(HTTP2_NO_MEMORY,      "http2.no_memory",             "HTTP/2 heads, fields or streams lost because no memory was left") \
    COUNTER(GRPC_MESSAGES,        "grpc.messages",               "messages of gRPC") \
    COUNTER(GRPC_LOST,            "grpc.lost",                   "bodies of gRPC in which the next message could not be found, looked at as they are from there on") \
    /* content */ \
    COUNTER(OBJECTS,              "content.objects",              "objects opened") \
    COUNTER(OBJECTS_COMPLETE,     "content.objects_complete",     "objects seen whole") \
    COUNTER(OBJECTS_INCOMPLETE,   "content.objects_incomplete",   "objects with missing bytes or cut short") \
    COUNTER(OBJECTS_PICTURE_INSIDE, "content.pictures_inside",    "objects in which a picture was found that does not begin where they do") \
    COUNTER(OBJECTS_SHED,         "content.objects_shed",         "objects not opened because too many were") \
    COUNTER(OBJECTS_UNPAID,       "content.objects_unpaid",      "objects of a few bytes not looked into because their hosts send too many of them") \
    COUNTER(OBJECTS_UNREAD,       "content.objects_unread",      "objects of which a bound kept something from being looked at") \
    COUNTER(OBJECTS_NOT_HASHED,   "content.objects_not_hashed",   "objects without SHA-256 because memory for it was missing") \
    COUNTER(OBJECTS_NOT_WAITED,   "content.not_waited",         "objects to be examined that counted at once, since too many waited") \
    COUNTER(OBJECTS_UNEXAMINED,   "content.unexamined",         "objects to be examined that counted without it, since it took too long") \
    COUNTER(FINDINGS_TOO_LATE,    "content.findings_too_late",  "findings of an examination for an object that had counted already, or a rule that is gone") \
    COUNTER(FACTS_SHED,           "content.facts_shed",           "objects and flows of which no names, paths or other texts could be kept") \
    COUNTER(OBJECT_TEXT_CUT,      "content.text_cut",             "names, paths and other texts of objects cut to their longest size") \
    COUNTER(TRANSFER_LENGTH_WRONG, "content.length_wrong",        "transfers that ended before or behind their announced length") \
    COUNTER(CODING_UNKNOWN,       "content.coding_unknown",       "bodies in a coding that is not known, kept as they came") \
    COUNTER(CODING_DEPTH,         "content.coding_depth",         "bodies with more codings inside one another than depth allows") \
    COUNTER(CODING_FALSE,         "content.coding_false",         "bodies that are not in the coding they announce, kept as they came") \
    COUNTER(CODING_GUESSED,       "content.coding_guessed",       "bodies decoded though the coding that they announce is another one or none that is known") \
    COUNTER(CODING_BROKEN,        "content.coding_broken",        "coded bodies that turned out damaged on the way") \
    COUNTER(CODING_UNFINISHED,    "content.coding_unfinished",    "coded bodies that ended before their coding did") \
    COUNTER(CODING_TRAILING,      "content.coding_trailing",      "coded bodies with bytes behind the end of the coding") \
    COUNTER(CODING_GAPS,          "content.coding_gaps",          "gaps inside coded bodies") \
    COUNTER(CODING_OUTPUT,        "content.coding_output",        "objects cut because they decode to too many bytes") \
    COUNTER(CODING_RATIO,         "content.coding_ratio",         "objects cut because they decode to too many times their size") \
    COUNTER(OBJECTS_UNREAD_UNTOLD, "content.objects_unread_untold", "objects that nobody looked into and that no alert of their own tells: their hosts send too many of them") \
    COUNTER(CODING_ALLOWANCE,     "content.coding_allowance",    "coded bodies cut or kept as they came because their hosts' bytes unfold to too much") \
    COUNTER(CODING_MEMORY,        "content.coding_memory",        "bodies not decoded because decoders or their memory ran out") \
    COUNTER(CODING_HISTORY,       "content.coding_history",       "coded bodies cut because what they look back to fills more memory than one may have") \
    COUNTER(MULTIPART_PARTS,      "content.multipart_parts",      "parts of multipart bodies") \
    COUNTER(MULTIPART_OUTSIDE,    "content.multipart_outside_bytes",   "bytes before the first and behind the last part of multipart bodies") \
    COUNTER(MULTIPART_SMALL,      "content.multipart_small",     "parts looked at together, since their hosts' bytes do not pay for an object each") \
    COUNTER(MULTIPART_UNFINISHED, "content.multipart_unfinished", "multipart bodies without their final boundary") \
    COUNTER(MULTIPART_BOUNDARY,   "content.multipart_boundary",   "multipart bodies that name no usable boundary: it is found by its shape") \
    COUNTER(MULTIPART_BY_SHAPE,   "content.multipart_by_shape",   "multipart bodies whose boundary is another one than they name") \
    COUNTER(UNPACK_DEPTH,         "content.unpack_depth",         "objects nested deeper than allowed, kept as they came") \
    COUNTER(UNPACKERS_OVER,       "content.unpackers_over",       "unpackers left out because enough others work on the object") \
    COUNTER(UNPACK_MEMBERS,       "content.unpack_members",       "members of containers left out because there were more than allowed") \
    COUNTER(MULTIPART_SHED,       "content.multipart_shed",       "multipart bodies not taken apart because too many were open") \
    COUNTER(MULTIPART_HEAD,       "content.multipart_head",       "parts whose headers were longer than allowed") \
    COUNTER(MULTIPART_GAPS,       "content.multipart_gaps",       "gaps inside multipart bodies") \
    COUNTER(MAILS,                "content.mails",                "mails taken apart") \
    COUNTER(MAIL_HEAD,            "content.mail_head",            "mails with a header field that was longer than allowed") \
    COUNTER(MAIL_SMALL,           "content.mail_small",           "mails of a few bytes not looked into because their hosts send too many of them") \
    COUNTER(MAIL_SHED,            "content.mail_shed",            "mails not taken apart because too many were open") \
    COUNTER(MAIL_GAPS,            "content.mail_gaps",            "gaps in the heads of mails") \
    COUNTER(INLINE_FILES,         "content.inline_files",         "files found in texts in base64: values of forms, JSON and XML, data: URLs") \
    COUNTER(INLINE_SHED,          "content.inline_shed",          "texts not searched for such files because too many were open") \
    COUNTER(ENCODED_FILES,        "content.encoded_files",        "files found in texts as uuencode or yEnc writes them") \
    COUNTER(ENCODED_SMALL,        "content.encoded_small",        "such files of a few bytes left in their text because their hosts' bytes do not pay for an object each") \
    COUNTER(ENCODED_SHED,         "content.encoded_shed",         "texts not searched for such files because too many were open") \
    COUNTER(EXAMINED,             "examine.files",               "files that were examined") \
    COUNTER(EXAMINE_MEMBERS,      "examine.members",             "files and texts that were taken out of them") \
    COUNTER(EXAMINE_AGAIN,        "examine.again",               "those that came another time: what was found in them was told again without that") \
    COUNTER(EXAMINE_DEATHS,       "examine.deaths",              "examiners that a file ended, or that were ended because it took too long") \
    COUNTER(EXAMINE_GIVEN_UP,     "examine.given_up",            "files that ended an examiner twice: not examined") \
    COUNTER(EXAMINE_NOBODY,       "examine.nobody",              "files that were not examined because no examiner was there") \
    COUNTER(EXAMINE_CLOSED,       "examine.closed",              "mailboxes, databases and images of a kind that nobody reads (PST, MDF, BAK, WIM)") \
    COUNTER(EXAMINE_UNPAID,       "examine.unpaid",              "files that were not examined because their hosts' bytes on the wire did not pay for it") \
    COUNTER(EXAMINE_NO_ROOM,      "examine.no_room",             "files that were not examined because too many waited, or of too many bytes") \
    COUNTER(EXAMINE_CUT,          "examine.cut",                 "files of which only the first bytes were examined, since there is no room for more") \
    COUNTER(EXAMINE_OUTPUT,       "examine.output",              "files out of which more would have come than is taken") \
    COUNTER(EXAMINE_BROKEN,       "examine.broken",              "files that are broken, encrypted or of an unknown kind, so that not all of them was examined") \
    COUNTER(SEALED_OBJECTS,       "content.sealed_objects",      "objects that are encrypted, as their structure says") \
    COUNTER(SEALED_SHED,          "content.sealed_shed",         "objects not looked at for encryption because too many were at once") \
    COUNTER(SEALED_HEADS_CUT,     "content.sealed_heads_cut",     "7z archives not looked at for encryption to their end, since their packed head is longer than the bound, or some of it was missing") \
    COUNTER(COMPRESSED_SMALL,     "content.compressed_small",    "members of gzip files that nobody pays for: taken for a part of the one before") \
    COUNTER(COMPRESSED_SHED,      "content.compressed_shed",     "compressed files not taken apart because too many were at once, or because of overload") \
    COUNTER(TAR_FILES,            "content.tar_files",           "files in tar archives") \
    COUNTER(TAR_SMALL,            "content.tar_small",           "files of few bytes in tar archives that nobody pays for: not taken out") \
    COUNTER(TAR_BROKEN,           "content.tar_broken",          "tar archives that are none from some place on, or lack a header") \
    COUNTER(TAR_SHED,             "content.tar_shed",            "tar archives not taken apart because too many were at once") \
    COUNTER(ARCHIVES_INSIDE,      "content.archives_inside",     "archives behind a program, a script or other octets") \
    COUNTER(ZIP_MEMBERS,          "content.zip_members",         "members of ZIP archives that were looked at") \
    COUNTER(ZIP_SMALL,            "content.zip_small",           "members of few bytes in ZIP archives that nobody pays for: not taken out") \
    COUNTER(ZIP_ENCRYPTED,        "content.zip_encrypted",       "members of ZIP archives that are encrypted") \
    COUNTER(ZIP_UNREAD,           "content.zip_unread",          "members of ZIP archives that are compressed in a way that is not undone here") \
    COUNTER(ZIP_DAMAGED,          "content.zip_damaged",         "members of ZIP archives whose checksum or size is not as the archive says") \
    COUNTER(ZIP_RESUMED,          "content.zip_resumed",         "times that a header was looked for in a ZIP archive because there was none where one should be") \
    COUNTER(ZIP_DISAGREES,        "content.zip_disagrees",       "ZIP archives whose directory says other things than what stands before their members") \
    COUNTER(ZIP_ROWS_FULL,        "content.zip_rows_full",       "documents of which not all rows were put together with their texts, for want of memory") \
    COUNTER(ZIP_SHED,             "content.zip_shed",            "ZIP archives not taken apart because too many were open") \
    COUNTER(AR_FILES,             "content.ar_files",            "files in ar archives and Debian packages") \
    COUNTER(AR_SMALL,             "content.ar_small",            "files of few bytes in them that nobody pays for: not taken out") \
    COUNTER(AR_BROKEN,            "content.ar_broken",           "ar archives that are none from some place on") \
    COUNTER(AR_SHED,              "content.ar_shed",             "ar archives not taken apart because too many were at once") \
    COUNTER(CPIO_FILES,           "content.cpio_files",          "files in cpio archives") \
    COUNTER(CPIO_SMALL,           "content.cpio_small",          "files of few bytes in them that nobody pays for: not taken out") \
    COUNTER(CPIO_BROKEN,          "content.cpio_broken",         "cpio archives that are none from some place on") \
    COUNTER(CPIO_SHED,            "content.cpio_shed",           "cpio archives not taken apart because too many were at once") \
    COUNTER(RPM_BROKEN,           "content.rpm_broken",          "RPM packages whose headers cannot be read") \
    COUNTER(RPM_SHED,             "content.rpm_shed",            "RPM packages not taken apart because too many were at once") \
    COUNTER(MAILBOX_MAILS,        "content.mailbox_mails",       "mails in mailbox files") \
    COUNTER(MAILBOX_SMALL,        "content.mailbox_small",       "mails in them that nobody pays for: taken for text of the one before") \
    COUNTER(MAILBOX_SHED,         "content.mailbox_shed",        "mailbox files not taken apart because too many were at once") \
    COUNTER(TNEF_FILES,           "content.tnef_files",           "attachments in TNEF, as Outlook's winmail.dat") \
    COUNTER(TNEF_SMALL,           "content.tnef_small",           "such of a few bytes left out because their hosts' bytes do not pay for an object each") \
    COUNTER(TNEF_BROKEN,          "content.tnef_broken",          "TNEF that is damaged or cut short") \
    COUNTER(TNEF_SHED,            "content.tnef_shed",            "TNEF not taken apart because too many were open") \
    COUNTER(PROTOBUF_SHED,        "content.protobuf_shed",        "messages of Protocol Buffers not taken apart because too many were open") \
    COUNTER(ASSEMBLY_OVERLAP,     "content.assembly_overlap_bytes",    "bytes of parts that had been seen before") \
    COUNTER(ASSEMBLY_BEHIND,      "content.assembly_behind_bytes",     "bytes of parts behind the announced end of their whole") \
    COUNTER(ASSEMBLY_SPILLED,     "content.assembly_spilled",     "parts made objects of their own because the memory for waiting parts was full") \
    COUNTER(ASSEMBLY_SKIPPED,     "content.assembly_skipped",    "times that a file written in place was not waited for any more where a piece was missing, for want of memory") \
    COUNTER(ASSEMBLY_REWRITTEN,   "content.assembly_rewritten",  "files of which bytes were written again that had been hashed already") \
    COUNTER(ASSEMBLY_UNFINISHED,  "content.assembly_unfinished",  "wholes closed without all of their parts") \
    COUNTER(TRANSFERS_GAVE_WAY,   "content.gave_way",            "transfers ended early to make room for new ones: of which nothing came, or of hosts that had most") \
    COUNTER(ASSEMBLY_EVICTED,     "content.assembly_evicted",     "unfinished wholes closed early to make room for new objects") \
    COUNTER(ASSEMBLY_SHED,        "content.assembly_shed",        "parts that could not wait for others because too many wholes were open") \
    /* inspect */ \
    COUNTER(FINDINGS,             "inspect.findings",             "rules that held for an object") \
    COUNTER(INSPECT_BYTES_MATCHED,  "inspect.matched_bytes",      "bytes that patterns were matched against") \
    COUNTER(INSPECT_BYTES_PIXELS,   "inspect.pixel_bytes",       "bytes of images stepped over: entropy-coded pixels and tables") \
    COUNTER(INSPECT_OBJECTS_SHED,   "inspect.objects_shed",       "objects not inspected because the inspector's memory was used up") \
    COUNTER(INSPECT_STREAMS_SHED,   "inspect.streams_shed",       "scopes of objects not matched because stream memory was used up") \
    COUNTER(INSPECT_SETS_SHED,      "inspect.sets_shed",          "counts of values not kept because the memory for sets was used up") \
    COUNTER(INSPECT_ROWS_SHED,      "inspect.rows_shed",          "objects whose tables were not read because the memory for that was used up") \
    COUNTER(GATHERED_SHED,          "inspect.gathered_shed",      "runs of small texts between two hosts that gave way to others before their time") \
    COUNTER(INSPECT_COUNTS_STOPPED, "inspect.counts_stopped",     "counts that stopped at their limit: at least so many values") \
    COUNTER(INSPECT_BYTES_RESTED,   "inspect.bytes_rested",       "bytes that counts stepped over because nothing new could stand there") \
    COUNTER(INSPECT_BYTES_UNPAID,   "inspect.unpaid_bytes",       "bytes that patterns were not matched against because they unfold from too few") \
    COUNTER(INSPECT_CHILDREN,       "inspect.image_files",        "files found inside images and behind their ends") \
    COUNTER(INSPECT_CHILDREN_UNPAID, "inspect.image_files_unpaid", "files of few bytes inside images that nobody pays for: not looked at") \
    COUNTER(INSPECT_FRAMES_LEFT,    "inspect.image_frames_left",  "pictures of a film behind its first eight: not looked at as files") \
    COUNTER(INSPECT_TRAILERS,       "inspect.image_trailers",     "images behind whose end other content stands") \
    COUNTER(INSPECT_PICTURES_BOUND, "inspect.images_bound",       "images of more parts than are followed") \
    COUNTER(INSPECT_UNZIP_SHED,     "inspect.unzip_shed",         "compressed image texts not matched because memory was used up") \
    /* shed: what overload leaves out, in this order (pipeline/overload/shed.c) */ \
    COUNTER(SHED_EPISODES,          "shed.episodes",              "times that a worker began to leave something out because of overload") \
    COUNTER(SHED_CARVED,            "shed.carved_flows",            "flows of unknown protocol in which files were not looked for any more because of overload") \
    COUNTER(SHED_APPROVED,          "shed.approved_flows",        "flows to approved destinations not looked into because of overload") \
    COUNTER(SHED_UNKNOWN,           "shed.unknown_flows",         "flows of unknown protocol not rebuilt any more because of overload") \
    COUNTER(SHED_ALERTED,           "shed.alerted_objects",       "objects whose content was not looked at any more, after an alert, because of overload") \
    COUNTER(SHED_ALERTED_BYTES,     "shed.alerted_bytes",         "bytes of those objects that were counted only") \
    COUNTER(SHED_STARTS,            "shed.transfers",             "transfers not begun because of overload") \
    /* process */ \
    COUNTER(WORKER_RESTARTS,      "process.worker_restarts",      "workers started again because they died, ended or were stuck") \
    COUNTER(WORKERS_STUCK,        "process.workers_stuck",        "workers stopped by the watchdog because they did not go on") \
    COUNTER(WORKERS_ENDED,        "process.workers_ended",        "workers that ended by themselves, which they are not to do on an interface") \
    COUNTER(REPORTER_LATE,        "process.reporter_late",        "starts of the reporter that took more than 5 seconds") \
    COUNTER(REPORTER_RESTARTS,    "process.reporter_restarts",    "reporters started again because they died") \
    COUNTER(FLOWS_LOST,           "process.flows_lost",           "flows that were open in workers that died") \
    COUNTER(FLOWS_BLAMED,         "process.flows_blamed",         "flows and services of which something is left out because workers died of it") \
    COUNTER(PACKETS_SKIPPED,      "process.packets_skipped",      "packets left out because workers died of their flow") \
    COUNTER(RELOADS,              "reload.done",                  "times that the configuration was loaded again") \
    COUNTER(RELOADS_FAILED,       "reload.failed",                "times that it was not, because of mistakes in it") \
    COUNTER(RELOAD_REFUSED,       "reload.refused",               "times that a worker could not take a new configuration") \
    COUNTER(RELOAD_CUT,           "reload.flows_cut",             "transfers and waiting objects ended early because several reloads came before they were over") \
    /* channel */ \
    COUNTER(RECORDS,              "channel.records",              "records handed to the reporter") \
    COUNTER(RECORDS_LOST,         "channel.records_lost",         "records lost because the channel was full") \
    /* report */ \
    COUNTER(INCIDENTS_OPENED,     "report.incidents_opened",      "incidents opened") \
    COUNTER(INCIDENTS_GROWN,      "report.incidents_grown",       "times that an incident had grown enough for an alert") \
    COUNTER(INCIDENTS_CHANGED,    "report.incidents_changed",     "times that an incident's only object turned out to be of a more telling class") \
    COUNTER(INCIDENTS_CLOSED,     "report.incidents_closed",      "incidents closed") \
    COUNTER(INCIDENTS_SHED,       "report.incidents_shed",        "incidents closed early because there were too many") \
    COUNTER(INCIDENTS_REFUSED,    "report.incidents_refused",     "findings without an incident because memory was short") \
    COUNTER(ALERTS_HELD,          "report.alerts_held",           "alerts held back by the caps on alerts; the next of their incidents carries the totals") \
    COUNTER(ALERTS_MUTED,         "report.alerts_muted",          "alerts that a mute of their destination and class hid") \
    COUNTER(HISTORY_LOST,         "report.history_lost",          "alerts and ends of incidents that are not in the store's history, because it could not be written") \
    COUNTER(FINDINGS_APPROVED,    "report.findings_approved",     "findings that a contract or an internal destination allows") \
    COUNTER(FINDINGS_ELSEWHERE,   "report.findings_elsewhere",    "findings that do not leave an image network") \
    COUNTER(OBJECTS_FORGOTTEN,    "report.objects_forgotten",     "objects in flight forgotten at the cap, may count twice") \
    COUNTER(LEDGER_ALARMS,        "report.ledger_alarms",         "alarms that the ledger raised") \
    COUNTER(LEDGER_FORGOTTEN,     "report.ledger_forgotten",      "lines of the ledger forgotten because its memory was full") \
    COUNTER(DISTINCT_ESTIMATED,   "report.counts_estimated",      "incidents and lines of the ledger whose counts of different values became estimates before 1,024, because memory was full") \
    COUNTER(LEDGER_REFUSED,       "report.ledger_refused",        "records that the ledger could not count because memory was short") \
    COUNTER(HOSTS_NEW,            "report.hosts_new",             "hosts that spoke in an image network for the first time, after the learning time") \
    COUNTER(HOSTS_FORGOTTEN,      "report.hosts_forgotten",       "hosts and network cards of image networks forgotten because their memory was full") \
    COUNTER(HOSTS_AGED,           "report.hosts_aged",            "hosts and network cards of image networks forgotten because they were not seen for long") \
    COUNTER(HOSTS_LEFT,           "report.hosts_left",            "times that a host spoke of an image network beyond those whose hosts are known") \
    COUNTER(TUNNEL_MESSAGES,      "tunnel.messages",              "names, echoes and heads that were looked at for data in them") \
    COUNTER(TUNNELS_FORGOTTEN,    "tunnel.lines_shed",            "domains and hosts that were forgotten, or not counted, because the table of what moves in names, echoes and heads was full") \
    COUNTER(TUNNEL_SUMS_FORGOTTEN, "report.tunnel_sums_forgotten", "sums of what moved in names, echoes and heads, forgotten because their memory was full") \
    COUNTER(TRAFFIC_FORGOTTEN,    "report.traffic_forgotten",     "sums of what left in flows that nobody reads, forgotten because their memory was full") \
    COUNTER(IMAGE_SIZES_LEFT,     "report.image_sizes_left",      "pictures whose sizes uploads are not held against, because those of 64 image networks are known") \
    COUNTER(LEDGER_JUMPS,         "report.ledger_time_jumps",     "records whose time is days from the ledger's: not believed until others agree") \
    COUNTER(STORE_COMMITS,        "report.store_commits",         "transactions of the store") \
    COUNTER(STORE_FAILURES,       "report.store_failures",        "transactions that failed; what they held waits for the next") \
    COUNTER(STORE_REPLACED,       "report.store_replaced",        "damaged databases set aside") \
    COUNTER(STORE_AGED,           "report.store_aged",            "closed incidents forgotten because of their age") \
    COUNTER(STORE_FORGOTTEN,      "report.store_forgotten",       "closed incidents forgotten because the store was full") \
    COUNTER(STORE_UNREAD,         "report.store_unread",          "rows of the store that could not be taken over at the start") \
    COUNTER(RECORDS_REPEATED,     "report.records_repeated",      "records that came again after a restart and were counted already") \
    COUNTER(MESSAGES,             "report.messages",              "messages made for outputs") \
    COUNTER(MESSAGES_DELIVERED,   "report.messages_delivered",    "messages that an output took") \
    COUNTER(MESSAGES_LOST,        "report.messages_lost",         "messages dropped because too many were held for an output") \
    COUNTER(MESSAGES_REFUSED,     "report.messages_refused",      "messages that the system or the receiver refused") \
    COUNTER(MESSAGES_REPEATED,    "report.messages_repeated",     "messages sent again after a broken connection") \
    COUNTER(MESSAGES_SHORTENED,   "report.messages_shortened",    "messages with fields left out to fit the transport") \
    COUNTER(MESSAGES_UNFIT,       "report.messages_unfit",        "messages that could not be made to fit") \
    COUNTER(CONNECTS_FAILED,      "report.connects_failed",       "connections to a receiver that failed or broke") \
    COUNTER(TLS_REFUSED,          "report.tls_refused",           "TLS connections not made: certificate, name, version or time") \
    COUNTER(RELP_MALFORMED,       "report.relp_malformed",        "RELP connections given up because of an answer that is none") \
    COUNTER(RELP_SILENT,          "report.relp_silent",           "RELP connections given up because answers did not come") \
    COUNTER(FLEET_ANSWERS,        "report.fleet_answers",         "commands that the fleet's engine carried out") \
    COUNTER(FLEET_REPEATED,       "report.fleet_repeated",        "commands sent to the fleet's engine again after a broken connection or a redirection") \
    COUNTER(FLEET_REDIRECTED,     "report.fleet_redirected",      "redirections by the nodes of the fleet's engine") \
    COUNTER(FLEET_REFUSED,        "report.fleet_refused",         "commands that the fleet's engine refused for good; what they held is missing in the sums") \
    COUNTER(FLEET_MALFORMED,      "report.fleet_malformed",       "answers of the fleet's engine, and values in it, that are none") \
    COUNTER(FLEET_LINES_LEFT,     "report.fleet_lines_left",      "lines of the ledger forgotten before the fleet's engine had all of them") \
    COUNTER(FLEET_DIGESTS_LEFT,   "report.fleet_digests_left",    "days of which the fleet's engine may count fewer different plates or images than there were") \
    COUNTER(RELP_REFUSALS,        "report.relp_refusals",         "messages that a RELP receiver refused (tried again)") \
    COUNTER(CHANNEL_DAMAGED,      "channel.damaged",              "times that a channel from a worker was found damaged and reset") \
    COUNTER(RECORDS_GIVEN_UP,     "channel.records_given_up",     "records stepped over because the reporter died of them twice") \
    COUNTER(RULES_LEFT_OUT,       "channel.rules_left_out",       "rules that held for an object beyond those that its record names") \
    /* control */ \
    COUNTER(CONTROL_REQUESTS,     "control.requests",             "requests that came over the control socket") \
    COUNTER(CONTROL_REFUSED,      "control.refused",              "connections to the control socket from who may not ask") \
    COUNTER(CONTROL_WRONG,        "control.wrong",                "requests that were not understood or could not be answered") \
    COUNTER(CONTROL_SLOW,         "control.slow",                 "connections to the control socket closed because they took too long") \
    /* end of table */
/* clang-format on */

#endif
