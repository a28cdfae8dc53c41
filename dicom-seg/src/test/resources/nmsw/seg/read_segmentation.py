"""Prints what pydicom reads in a Segmentation: a line per segment, then a line per frame with its pixels' checksum."""
import sys
import zlib

import pydicom

seg = pydicom.dcmread(sys.argv[1])
print(seg.PatientName, seg.SOPClassUID, seg.file_meta.TransferSyntaxUID)
for s in seg.SegmentSequence:
    print(s.SegmentNumber, s.SegmentLabel, s.SegmentedPropertyTypeCodeSequence[0].CodeValue)
pixels = seg.Rows * seg.Columns
bits = "".join(format(byte, "08b")[::-1] for byte in seg.PixelData)
for i, groups in enumerate(seg.PerFrameFunctionalGroupsSequence):
    mask = bytes(int(bit) for bit in bits[i * pixels : (i + 1) * pixels])
    print(
        groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber,
        groups.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID,
        *(float(x) for x in groups.PlanePositionSequence[0].ImagePositionPatient),
        zlib.crc32(mask),
    )
