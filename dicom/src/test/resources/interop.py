"""What pydicom makes of our JSON and text, and we of its. Usage: interop.py FOLDER

For each NAME.dcm in the folder with our NAME.json beside it: NAME.theirs.json is pydicom's JSON of the file, and
NAME.theirs.dcm the file that it makes of our JSON. Bulk data go by tag: NAME.TAG.bulk.
"""
import pathlib
import sys

import pydicom

folder = pathlib.Path(sys.argv[1])
for source in sorted(folder.glob("*.dcm")):
    name = source.stem
    dataset = pydicom.dcmread(source, force=True)

    def keep(element, name=name):
        path = folder / f"{name}.{int(element.tag):08X}.bulk"
        path.write_bytes(element.value)
        return path.name

    ours = (folder / f"{name}.json").read_text("utf-8")
    (folder / f"{name}.theirs.json").write_text(
        dataset.to_json(bulk_data_threshold=2000, bulk_data_element_handler=keep), "utf-8"
    )
    read = pydicom.Dataset.from_json(ours, lambda tag, vr, uri: (folder / uri).read_bytes())
    read.file_meta = pydicom.dataset.FileMetaDataset()
    read.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    read.is_little_endian = True
    read.is_implicit_VR = False
    read.save_as(folder / f"{name}.theirs", write_like_original=True)
    (folder / f"{name}.name.txt").write_text(
        str(dataset.get("PatientName", "")) + "\n" + str(dataset.get("ImageComments", "")), "utf-8", newline=""
    )
