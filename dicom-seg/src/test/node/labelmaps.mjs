// What OHIF's code makes of our Segmentations: for each folder on the command line its seg*.dcm on its ct*.dcm, one byte
// per pixel, slice after slice in the order of the files' names, as seg*.dcm.labels beside each. The last label map is then
// written by OHIF's code, as ohif-*.dcm.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adaptersSEG } from '@cornerstonejs/adapters';
import { cache, metaData } from '@cornerstonejs/core';
import dcmjs from 'dcmjs';

const { DicomMessage, DicomMetaDictionary, datasetToDict } = dcmjs.data;
const OHIF_WRITES = {
  'ohif-binary.dcm': { sopClassUID: '1.2.840.10008.5.1.4.1.1.66.4' },
  'ohif-labelmap.dcm': { sopClassUID: '1.2.840.10008.5.1.4.1.1.66.7' },
  'ohif-labelmap-rle.dcm': { sopClassUID: '1.2.840.10008.5.1.4.1.1.66.7', transferSyntaxUid: '1.2.840.10008.1.2.5' },
};

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
    StudyData: instance,
    SeriesData: instance,
    ImageData: instance,
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

function write(folder, labelMapImages, imageIds, segments, metadataProvider) {
  const images = imageIds.map((imageId) => {
    const pixels = metadataProvider.get('instance', imageId).PixelData;
    const bytes = Array.isArray(pixels) ? pixels[0] : pixels;
    return { imageId, voxelManager: { getScalarData: () => new Int16Array(bytes.slice(0)) } };
  });
  for (const [name, options] of Object.entries(OHIF_WRITES)) {
    const labelmaps2D = labelMapImages.map((image) => {
      const pixelData = image.voxelManager.getScalarData();
      return {
        pixelData,
        rows: image.rows,
        columns: image.columns,
        segmentsOnLabelmap: [...new Set(pixelData)].filter((value) => value !== 0),
      };
    });
    const metadata = segments.map((segment) => segment && { ...segment });
    const labelmap = { labelmaps2D, metadata };
    const { dataset } = adaptersSEG.Cornerstone3D.Segmentation.generateSegmentation(
      images,
      labelmap,
      metadataProvider,
      options
    );
    writeFileSync(join(folder, name), Buffer.from(datasetToDict(dataset).write()));
  }
}

for (const folder of process.argv.slice(2)) {
  const names = readdirSync(folder).sort();
  let last;
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
    last = [labelMapImages[0], imageIds, segMetadata.data, metadataProvider];
  }
  write(folder, ...last);
}
