# SPDX-License-Identifier: Apache-2.0
"""What Python's zoneinfo says: lines of zone, seconds since 1970, seconds ahead of UTC. Each change of the years 1970 to 2100
with the second before it, and times in between."""
import datetime
import zoneinfo

# Both hemispheres, negative daylight-saving time (Dublin), odd minutes, changes before midnight (Nuuk), a day that was
# left out (Apia), a rule that differs each year (Casablanca), none since long (Kolkata), Ramadan (Cairo), half an hour (Lord Howe).
ZONES = ['America/Chicago', 'America/Los_Angeles', 'America/Mexico_City', 'America/Nuuk', 'America/Santiago', 'Africa/Cairo',
         'Africa/Casablanca', 'Asia/Gaza', 'Asia/Kathmandu', 'Asia/Kolkata', 'Asia/Tehran', 'Australia/Lord_Howe', 'Europe/Berlin',
         'Europe/Dublin', 'Pacific/Apia', 'Pacific/Chatham', 'Etc/UTC', 'Etc/GMT+6']
BEGIN, END, STEP = 0, 4102444800, 13 * 86400


def offset(zone, t):
    return round(datetime.datetime.fromtimestamp(t, zone).utcoffset().total_seconds())


for name in ZONES:
    zone = zoneinfo.ZoneInfo(name)
    for t in range(BEGIN, END, STEP):
        low, high = t, min(t + STEP, END)
        print(name, t, offset(zone, t))
        if offset(zone, low) == offset(zone, high):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset(zone, middle) == offset(zone, t) else (low, middle)
        print(name, low, offset(zone, low))
        print(name, high, offset(zone, high))
