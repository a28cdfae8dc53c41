"""What pydicom reads in files of every transfer syntax, and such files of its own. Usage: syntaxes.py FOLDER

Of each NAME.dcm in the folder: NAME.json are its elements but pixel data, NAME.pixels its decoded frames where they are
native or RLE (little endian), NAME.fragments else its fragments, each behind its length in four bytes. Of each NAME.ours.dcm
also NAME.pydicom.dcm, in the same transfer syntax: RLE compressed from BEGINNING.native.dcm, else written from the values read.
"""
import array
import pathlib
import struct
import sys

import pydicom
from pydicom.encaps import generate_pixel_data_fragment, get_frame_offsets
from pydicom.filebase import DicomBytesIO
from pydicom.uid import RLELossless


def fragments(pixel_data):
    stream = DicomBytesIO(pixel_data)
    stream.is_little_endian = True
    get_frame_offsets(stream)
    return list(generate_pixel_data_fragment(stream))


def little_endian(dataset, element):
    """pydicom keeps words as the file has them."""
    if element.VR == "OW" and element.tag != 0x7FE00010:
        words = array.array("H", element.value)
        words.byteswap()
        element.value = words.tobytes()


def describe(source):
    dataset = pydicom.dcmread(source)
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated and syntax != RLELossless:
        parts = [struct.pack("<I", len(part)) + part for part in fragments(dataset.PixelData)]
        source.with_suffix(".fragments").write_bytes(b"".join(parts))
    else:
        pixels = dataset.pixel_array
        source.with_suffix(".pixels").write_bytes(pixels.astype(pixels.dtype.newbyteorder("<")).tobytes())
    if not dataset.is_little_endian:
        dataset.walk(little_endian)
    del dataset.PixelData
    source.with_suffix(".json").write_text(dataset.to_json(), "utf-8")


def rewrite(source, target):
    dataset = pydicom.dcmread(source)
    if dataset.file_meta.TransferSyntaxUID == RLELossless:
        dataset = pydicom.dcmread(source.with_name(source.name.split(".")[0] + ".native.dcm"))
        dataset.compress(RLELossless, generate_instance_uid=False)
    dataset.walk(lambda dataset, element: element.value)
    dataset.save_as(target, write_like_original=False)


folder = pathlib.Path(sys.argv[1])
for file in sorted(folder.glob("*.ours.dcm")):
    rewrite(file, file.with_name(file.name.replace(".ours.", ".pydicom.")))
for file in sorted(folder.glob("*.dcm")):
    describe(file)
