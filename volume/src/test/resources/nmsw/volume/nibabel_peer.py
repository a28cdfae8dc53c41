"""Writes NIfTI files in every way that matters, and reads what the Java side wrote.

nibabel_peer.py write DIR: DIR/N.nii[.gz] with DIR/N.txt, whose lines are the affine (12 numbers) and the scaled values.
nibabel_peer.py read DIR:  makes such a DIR/N.txt of each DIR/N.nii[.gz].
"""
import itertools
import pathlib
import sys

import nibabel
import numpy


def describe(path):
    image = nibabel.load(path)
    name = path.name.split(".")[0]
    with open(path.parent / (name + ".txt"), "w") as out:
        out.write(" ".join(repr(float(v)) for v in image.affine[:3].ravel()) + "\n")
        out.write(" ".join(repr(float(v)) for v in numpy.asarray(image.dataobj).ravel(order="F")) + "\n")


def affine(turned):
    if not turned:
        return numpy.array([[0.8, 0, 0, -70], [0, 1.25, 0, 30.5], [0, 0, 3, -400], [0, 0, 0, 1.0]])
    a, b = 0.4, -0.7
    one = numpy.array([[numpy.cos(a), -numpy.sin(a), 0], [numpy.sin(a), numpy.cos(a), 0], [0, 0, 1]])
    two = numpy.array([[1, 0, 0], [0, numpy.cos(b), -numpy.sin(b)], [0, numpy.sin(b), numpy.cos(b)]])
    result = numpy.eye(4)
    result[:3, :3] = one @ two @ numpy.diag([0.8, 1.25, -3])
    result[:3, 3] = [12.5, -80, 300]
    return result


def write(folder):
    types = ["u1", "i1", "i2", "u2", "i4", "u4", "i8", "u8", "f4", "f8"]
    cases = itertools.product(types, "<>", (False, True), (False, True), ("sform", "qform", "both"))
    for number, (kind, order, packed, turned, form) in enumerate(cases):
        low, high = (0, 120) if kind[0] == "u" else (-60, 60)
        voxels = (numpy.arange(3 * 4 * 2) % (high - low) + low).reshape((3, 4, 2), order="F")
        header = nibabel.Nifti1Header()
        header.set_data_dtype(kind)
        image = nibabel.Nifti1Image(voxels.astype(kind), None, header)
        if form != "qform":
            image.set_sform(affine(turned), code=2)
        if form != "sform":
            # Where both stand and differ, the sform counts.
            image.set_qform(affine(turned if form == "qform" else not turned), code=1)
        slope, intercept = ((1, 0), (2.5, -100))[number % 2]
        image.header.set_slope_inter(slope, intercept)
        path = folder / ("%d.nii%s" % (number, ".gz" if packed else ""))
        stored(image.header.as_byteswapped(order), path, voxels.astype(numpy.dtype(kind).newbyteorder(order)))
        describe(path)


def stored(header, path, voxels):
    """nibabel chooses slope and intercept anew when it saves an image, and the machine's byte order."""
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    with nibabel.openers.ImageOpener(path, "wb") as out:
        header.write_to(out)
        out.write(voxels.tobytes(order="F"))


folder = pathlib.Path(sys.argv[2])
if sys.argv[1] == "write":
    write(folder)
else:
    for path in folder.glob("*.nii*"):
        describe(path)
