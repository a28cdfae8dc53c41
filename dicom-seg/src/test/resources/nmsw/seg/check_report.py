"""Computes every organ's volume, mean and standard deviation from the CT and SEG files with numpy, each pixel
weighted with the slab of its slice, and compares them with what the report says.

Usage: check_report.py REPORT SEG CT...
Prints one line per organ: its tracking identifier, and what was computed.
"""
import sys

import numpy
import pydicom


def children(item, meaning):
    return [c for c in item.ContentSequence if c.ConceptNameCodeSequence[0].CodeMeaning == meaning]


report = pydicom.dcmread(sys.argv[1])
seg = pydicom.dcmread(sys.argv[2])
images = [pydicom.dcmread(name) for name in sys.argv[3:]]
normal = numpy.cross(*numpy.array(images[0].ImageOrientationPatient, float).reshape(2, 3))
images.sort(key=lambda image: numpy.dot(normal, numpy.array(image.ImagePositionPatient, float)))
places = numpy.array([numpy.dot(normal, numpy.array(image.ImagePositionPatient, float)) for image in images])
slabs = numpy.gradient(places, numpy.arange(len(places)))
area = numpy.prod(numpy.array(images[0].PixelSpacing, float))
hounsfield = numpy.stack([i.pixel_array * float(i.RescaleSlope) + float(i.RescaleIntercept) for i in images])
index = {image.SOPInstanceUID: k for k, image in enumerate(images)}
masks = numpy.zeros((len(seg.SegmentSequence),) + hounsfield.shape, bool)
for frame, pixels in zip(seg.PerFrameFunctionalGroupsSequence, seg.pixel_array):
    number = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
    source = frame.DerivationImageSequence[0].SourceImageSequence[0].ReferencedSOPInstanceUID
    masks[number - 1, index[source]] = pixels

groups = children(children(report, "Imaging Measurements")[0], "Measurement Group")
assert len(groups) == len(masks), (len(groups), len(masks))
for group in groups:
    reference = children(group, "Referenced Segment")[0].ReferencedSOPSequence[0]
    assert reference.ReferencedSOPInstanceUID == seg.SOPInstanceUID
    mask = masks[reference.ReferencedSegmentNumber - 1]
    weights = (slabs * area)[:, None, None] * mask
    mean = numpy.average(hounsfield, weights=weights)
    deviation = numpy.sqrt(numpy.average((hounsfield - mean) ** 2, weights=weights))
    told = [children(group, "Volume")[0]] + children(group, "Attenuation Coefficient")
    told = [float(item.MeasuredValueSequence[0].NumericValue) for item in told]
    for said, real, digit in zip(told, (weights.sum() / 1000, mean, deviation), (0.001, 0.01, 0.01)):
        assert abs(said - real) <= 0.5001 * digit, (said, real)
    print(children(group, "Tracking Identifier")[0].TextValue, int(mask.sum()))
