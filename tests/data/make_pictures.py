#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes pictures/: one small picture in each format that is looked for inside other files, by Pillow. The scan of noise.jpg is long."""
import os
import random

from PIL import Image

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'pictures')


def noise(width, height, mode='RGB'):
    g = random.Random(11)
    return Image.frombytes(mode, (width, height), g.randbytes(width * height * len(mode)))


def main():
    os.makedirs(HERE, exist_ok=True)
    small = noise(24, 16)
    exif = Image.Exif()
    exif[0x010f] = 'VIVOTEK'
    small.save(f'{HERE}/jfif.jpg', quality=40)
    small.save(f'{HERE}/exif.jpg', quality=40, exif=exif)
    small.save(f'{HERE}/progressive.jpg', quality=40, progressive=True)
    small.convert('L').save(f'{HERE}/grey.jpg', quality=40)
    noise(160, 120).save(f'{HERE}/noise.jpg', quality=85)
    for name in 'png', 'gif', 'tif', 'bmp', 'webp', 'jp2':
        small.save(f'{HERE}/{name}.{name}')


if __name__ == '__main__':
    main()
