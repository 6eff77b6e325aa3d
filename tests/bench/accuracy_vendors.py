# SPDX-License-Identifier: Apache-2.0
"""Formats of plate reads as makers of readers and standards define them, without the pictures that some carry."""
import json

import accuracy_tables as t
import accuracy_values as values
from accuracy_tables import add

TIMES = values.TIMES


def lines(name, line, country='us', **more):
    add('vendors', name, lambda g, n: ''.join(line(r) + '\n' for r in values.reads(g, n, country)), **more)


def bodies(name, body, country='us'):
    add('vendors', f'{name}, a read an upload', lambda g, n: [body(r) for r in values.reads(g, n, country)])


def group(r):
    return json.dumps({'data_type': 'alpr_group', 'version': 3, 'epoch_start': int(TIMES['epoch-ms'](r.time)),
                       'agent_uid': 'UKCM2TRCGUXBTOFW8GPE', 'camera_id': r.lane,
                       'best_plate_number': r.plate, 'best_confidence': r.confidence, 'best_region': f'us-{r.state.lower()}',
                       'candidates': [{'plate': r.plate, 'confidence': r.confidence, 'matches_template': 1}],
                       'direction_of_travel_degrees': 180.2})


lines('OpenALPR groups', group)
bodies('OpenALPR groups', group)
lines('OpenALPR results', lambda r: json.dumps({'version': 2, 'data_type': 'alpr_results', 'epoch_time': int(TIMES['epoch-ms'](r.time)),
                                                'img_width': 1280, 'results': [
    {'plate': r.plate, 'confidence': r.confidence, 'region': f'us-{r.state.lower()}', 'coordinates': [{'x': 10, 'y': 20}],
     'candidates': [{'plate': r.plate, 'confidence': r.confidence}]}]}))
lines('OpenALPR results without a type', lambda r: json.dumps({'plate': r.plate, 'confidence': r.confidence, 'region_confidence': 0,
                                                               'plate_index': 0}))
lines('Plate Recognizer JSON', lambda r: json.dumps({'camera_id': r.camera, 'timestamp': TIMES['iso-ms-z'](r.time), 'results': [
    {'box': {'ymin': 206, 'xmin': 450}, 'plate': r.plate.lower(), 'region': {'code': f'us-{r.state.lower()}', 'score': 0.9}, 'score': 0.9,
     'dscore': 0.75,
     'vehicle': {'type': 'Sedan', 'score': 0.8}, 'candidates': [{'score': 0.9, 'plate': r.plate.lower()}]}]}))
add('vendors', 'Plate Recognizer CSV', lambda g, n: 'filename,timestamp,plate,region,score,dscore,vehicle_type\n' + ''.join(
    f'frame{r.number}.jpg,{TIMES["blank"](r.time)},{r.plate.lower()},us-{r.state.lower()},0.9,0.7,Sedan\n' for r in values.reads(g, n)))


def autovu(r):
    return (f'<Read><Plate>{r.plate}</Plate><State>{r.state}</State><UTCDate>{r.time:%Y:%m:%d}</UTCDate><UTCTime>{r.time:%H:%M:%S}</UTCTime><CameraName>{r.camera}</CameraName>'
            f'<SourceName>Sharp</SourceName><LongitudeX>{r.longitude:.5f}</LongitudeX><LatitudeY>{r.latitude:.5f}</LatitudeY></Read>')


add('vendors', 'Genetec AutoVu XML', lambda g, n: '<?xml version="1.0"?>\n<AutoVu>\n' + '\n'.join(map(autovu, values.reads(g, n)))
    + '\n</AutoVu>\n')
bodies('Genetec AutoVu XML', lambda r: f'<?xml version="1.0"?>\n<AutoVu>{autovu(r)}</AutoVu>\n')
add('vendors', 'Genetec hits', lambda g, n: '<?xml version="1.0"?>\n<Hits>\n' + ''.join(
    f'<Hit><HitID>{r.number}</HitID><MatchedPlate>{r.plate}</MatchedPlate><PlateReadMatched>1</PlateReadMatched></Hit>\n'
    for r in values.reads(g, n)) + '</Hits>\n')
lines('Genetec export', lambda r: f'"{r.plate}","{r.state}","{r.time:%m/%d/%Y %I:%M:%S %p}","Sharp {r.lane}","Patroller 3","{r.latitude:.5f}","{r.longitude:.5f}","0"')


def cammra(r):
    return json.dumps({'packetCounter': str(r.number), 'datetime': f'{r.time:%Y%m%d %H%M%S%f}'[:-3], 'plateText': r.plate,
                       'plateUTF8': r.plate, 'plateCountry': 'USA', 'plateConfidence': '0.91',
                       'sensorProviderID': f'lane-{r.lane}', 'carMoveDirection': 'in', 'plateImageType': 'jpeg'})


lines('CAMMRA JSON', cammra)
bodies('CAMMRA JSON', cammra)
lines('CAMMRA XML', lambda r: f'<event><TS>{r.time:%Y%m%d%H%M%S%f}</TS><LPR>{r.plate}</LPR><COUNTRY>USA</COUNTRY><CONF>91</CONF></event>')
lines('CAMMRA names of files', lambda r: f'{TIMES["compact"](r.time)}_613_roi_{r.lane}_in_{r.number}_{r.plate}_USA_{r.make}_{r.model}_SUV_BLACK')
lines('Axis events', lambda r: '<wsnt:NotificationMessage><wsnt:Topic>tnsaxis:CameraApplicationPlatform/ALPV.AllPlates</wsnt:Topic><wsnt:Message><tt:Message UtcTime="'
      f'{TIMES["iso-ms-z"](r.time)}"><tt:Data><tt:SimpleItem Name="text" Value="{r.plate}"/><tt:SimpleItem Name="area" Value="1"/></tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>')


def verkada(r):
    return json.dumps({'org_id': '0f8fad5b', 'webhook_type': 'lpr', 'created_at': int(TIMES['epoch'](r.time)), 'data': {
        'camera_id': r.camera, 'license_plate_number': r.plate, 'license_plate_state': f'us-{r.state.lower()}', 'confidence': 0.99,
        'image_url': 'https://example.org/i'}})


lines('Verkada', verkada)
bodies('Verkada', verkada)
lines('Nedap list', lambda r: f'{values.bare(r.plate)};NLD;{r.make} {r.model}', 'nl')
lines('Nedap, plate and country', lambda r: f'{values.bare(r.plate)}-NLD', 'nl')
lines('Nlets queries', lambda r: f'LPQ.AZNLETS20.NL.TXT\r\nLIC/{r.plate}.LIY/2026.LIT/PC\r\nEID/TX0000000')
lines('Nlets registrations', lambda r: f'RR.{r.state}LIC0000.TX0000000.TXT\r\nLIC/{r.plate} LIS/{r.state} LIY/2026 LIT/PC VYR/2019 VMA/{r.make[:4].upper()}')
add('vendors', 'NIEM XML', lambda g, n: '<?xml version="1.0"?>\n<exchange xmlns:nc="http://release.niem.gov/niem/niem-core/5.0/">\n'
    + ''.join(
    f'<nc:Conveyance><nc:ConveyanceRegistrationPlateIdentification><nc:IdentificationID>{r.plate}</nc:IdentificationID><nc:IdentificationJurisdiction>{r.state}</nc:IdentificationJurisdiction>'
    f'</nc:ConveyanceRegistrationPlateIdentification><nc:DateTime>{TIMES["iso"](r.time)}</nc:DateTime></nc:Conveyance>\n'
    for r in values.reads(g, n)) + '</exchange>\n')
lines('Hikvision ISAPI', lambda r: f'<EventNotificationAlert version="2.0"><ipAddress>10.1.4.{r.lane}</ipAddress><dateTime>{TIMES["offset"](r.time)}</dateTime><eventType>ANPR</eventType>'
      f'<ANPR><country>3</country><licensePlate>{r.plate}</licensePlate><line>{r.lane}</line><confidenceLevel>97</confidenceLevel><plateType>unknown</plateType></ANPR></EventNotificationAlert>')
lines('Dahua events', lambda r: json.dumps({'Code': 'TrafficJunction',
                                            'Data': {'Lane': r.lane, 'UTC': int(TIMES['epoch'](r.time)),
                                                     'Object': {'ObjectType': 'Plate', 'Text': r.plate, 'Confidence': 200},
                                                                        'TrafficCar': {'PlateNumber': r.plate, 'PlateColor': 'White',
                                                                            'VehicleColor': 'Gray'}}}))
lines('Milestone events', lambda r: f'<AnalyticsEvent><EventHeader><Timestamp>{TIMES["iso-ms-z"](r.time)}</Timestamp><Type>LPR</Type><Name>Read</Name></EventHeader>'
      f'<ObjectList><Object><Name>LicensePlate</Name><Value>{r.plate}</Value></Object></ObjectList></AnalyticsEvent>')
lines('Bosch', lambda r: f'<Plate><PlateNumber>{r.plate}</PlateNumber><Country>{r.country}</Country><Time>{TIMES["iso"](r.time)}</Time><Confidence>{r.confidence}</Confidence></Plate>')
lines('Survision', lambda r: f'<anpr date="{TIMES["epoch-ms"](r.time)}"><decision plate="{r.plate}" reliability="97" context="F" type="1" direction="front"/></anpr>', 'fr')
lines('Tattile', lambda r: f'<root><PLATE_STRING>{r.plate}</PLATE_STRING><PLATE_COUNTRY>ITA</PLATE_COUNTRY><DATE>{r.time:%Y-%m-%d}</DATE><TIME>{r.time:%H-%M-%S-000}</TIME><OCRSCORE>97</OCRSCORE></root>', 'it')
lines('Carmen', lambda r: f'<result id="{r.number}"><capture frametime="{TIMES["blank"](r.time)}"/><anpr><text>{r.plate}</text><type>206001</type><confidence>97</confidence></anpr></result>', 'pl')
add('vendors', 'Vigilant export', lambda g, n: 'Plate,State,Detection Date,Latitude,Longitude,System,Camera,Read ID\n' + ''.join(
    f'{r.plate},{r.state},{TIMES["us-pm"](r.time)},{r.latitude:.5f},{r.longitude:.5f},Border,{r.camera},{r.number}\n'
    for r in values.reads(g, n)))
add('vendors', 'Flock export', lambda g, n: 'License Plate,Plate State,Timestamp (UTC),Camera Name,Network,Vehicle Make,Vehicle Color\n'
    + ''.join(
    f'{r.plate},{r.state},{TIMES["iso-ms-z"](r.time)},#0{r.lane} Bridge NB,Border,{r.make},{r.color}\n' for r in values.reads(g, n)))
add('vendors', 'PIPS export', lambda g, n: 'VRM|TIMESTAMP|CAMERA_ID|LAT|LON|CONF\n' + ''.join(
    f'{r.plate}|{TIMES["slashes"](r.time)}|{r.lane}|{r.latitude:.5f}|{r.longitude:.5f}|{r.confidence:.0f}\n'
    for r in values.reads(g, n, 'uk')))
add('vendors', 'UTMC XML', lambda g, n: '<?xml version="1.0"?>\n<ANPRReads>\n' + ''.join(
    f'<ANPRRead><VRM>{r.plate}</VRM><CaptureTime>{TIMES["iso"](r.time)}</CaptureTime><SiteId>{r.lane}</SiteId></ANPRRead>\n'
    for r in values.reads(g, n, 'uk')) + '</ANPRReads>\n')
add('vendors', 'toll transactions', lambda g, n: 'TXN_ID,PLAZA,LANE,TXN_DTM,TAG_AGENCY,VEH_LIC_NBR,VEH_LIC_ST,AXLES,TOLL_AMT\n' + ''.join(
    f'{r.number},014,{r.lane:02d},{TIMES["compact"](r.time)},,{r.plate},{r.state},2,3.50\n' for r in values.reads(g, n)))
add('vendors', 'toll transactions, fixed width', lambda g, n: ''.join(
    f'D{r.number:010d}014{r.lane:02d}{TIMES["compact"](r.time)}{r.plate:<10}{r.state:<3}020000350\n' for r in values.reads(g, n)))
lines('GStreamer metadata', lambda r: json.dumps({'objects': [{'detection': {'bounding_box': {'x_max': 0.6}, 'confidence': 0.9,
    'label': 'license-plate'}, 'license_plate': {'label': r.plate}}],
                                                  'timestamp': int(TIMES['epoch-ms'](r.time))}))
lines('Frigate events', lambda r: json.dumps({'type': 'lpr', 'name': None, 'plate': r.plate, 'score': 0.95, 'camera': f'gate{r.lane}',
                                              'timestamp': r.time.timestamp()}))
