# SPDX-License-Identifier: Apache-2.0
"""A camera by GStreamer: rtsp_server.py PORT PIPELINE. Its stream is /lane4."""
import sys

import gi
gi.require_version('Gst', '1.0')
gi.require_version('GstRtspServer', '1.0')
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address('0.0.0.0')
server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(f'( {sys.argv[2]} )')
server.get_mount_points().add_factory('/lane4', factory)
server.attach(None)
GLib.MainLoop().run()
