"""Prints what pydicom reads in each file: frames, rows, columns and the pixels' checksum."""
import sys
import zlib

import pydicom

for path in sys.argv[1:]:
    pixels = pydicom.dcmread(path).pixel_array
    print(*pixels.shape, zlib.crc32(pixels.astype("uint8").tobytes()))
