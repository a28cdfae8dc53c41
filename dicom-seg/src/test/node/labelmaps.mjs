// What OHIF's code makes of our Segmentations: for each folder on the command line its seg*.dcm on its ct*.dcm, one byte
// per pixel, slice after slice in the order of the files' names, as seg*.dcm.labels beside each.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersSEG } from '@cornerstonejs/adapters';
import { cache, metaData } from '@cornerstonejs/core';
import dcmjs from 'dcmjs';

const { DicomMessage, DicomMetaDictionary } = dcmjs.data;

function buffer(file) {
  const bytes = readFileSync(file);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
}

/** The modules of a CT slice that the viewer's metadata provider has. */
function modules(file) {
  const instance = DicomMetaDictionary.naturalizeDataset(DicomMessage.readFile(buffer(file)).dict);
  const orientation = instance.ImageOrientationPatient.map(Number);
  const spacing = instance.PixelSpacing.map(Number);
  return {
    instance,
    generalImageModule: { sopInstanceUID: instance.SOPInstanceUID },
    generalSeriesModule: { seriesInstanceUID: instance.SeriesInstanceUID, modality: instance.Modality },
    sopCommonModule: { sopInstanceUID: instance.SOPInstanceUID, sopClassUID: instance.SOPClassUID },
    imagePlaneModule: {
      frameOfReferenceUID: instance.FrameOfReferenceUID,
      rows: instance.Rows,
      columns: instance.Columns,
      imageOrientationPatient: orientation,
      rowCosines: orientation.slice(0, 3),
      columnCosines: orientation.slice(3),
      imagePositionPatient: instance.ImagePositionPatient.map(Number),
      pixelSpacing: spacing,
      rowPixelSpacing: spacing[0],
      columnPixelSpacing: spacing[1],
      sliceThickness: Number(instance.SliceThickness),
    },
    imagePixelModule: {
      samplesPerPixel: 1,
      photometricInterpretation: instance.PhotometricInterpretation,
      rows: instance.Rows,
      columns: instance.Columns,
      bitsAllocated: instance.BitsAllocated,
      bitsStored: instance.BitsStored,
      highBit: instance.HighBit,
      pixelRepresentation: instance.PixelRepresentation,
    },
  };
}

for (const folder of process.argv.slice(2)) {
  const names = readdirSync(folder).sort();
  for (const seg of names.filter((name) => /^seg.*\.dcm$/.test(name))) {
    const known = new Map();
    names
      .filter((name) => /^ct.*\.dcm$/.test(name))
      .forEach((name) => known.set(`ct:${folder}/${name}`, modules(join(folder, name))));
    const get = (type, imageId) => known.get(imageId)?.[type];
    const metadataProvider = { get, addCustomMetadata: (imageId, type, value) => known.set(imageId, { [type]: value }) };
    const imageIds = [...known.keys()];
    cache.purgeCache();
    metaData.addProvider(get);
    const { labelMapImages, segMetadata, overlappingSegments } =
      await adaptersSEG.Cornerstone3D.Segmentation.createFromDICOMSegBuffer(imageIds, buffer(join(folder, seg)), {
        metadataProvider,
      });
    metaData.removeProvider(get);
    if (overlappingSegments || labelMapImages.length !== 1) {
      throw new Error(`${seg} in ${folder}: segments overlap`);
    }
    const labels = labelMapImages[0].map((image) => image.voxelManager.getScalarData());
    writeFileSync(join(folder, `${seg}.labels`), Buffer.concat(labels.map((slice) => Buffer.from(slice))));
    const segments = segMetadata.data.map((segment) => segment?.SegmentLabel ?? '');
    writeFileSync(join(folder, `${seg}.segments`), segments.join('\n'));
  }
}
