// What dcmqi makes of our Segmentations: for each folder on the command line its seg.dcm is read, voxels to seg.raw (a byte
// each) and segments to seg.segments, then written again on the folder's ct*.dcm, as dcmqi.dcm.
import { readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { readSegmentationNode, writeSegmentationNode } from '@itk-wasm/dicom';

for (const name of process.argv.slice(2)) {
  const folder = resolve(name);
  const { segImage, metaInfo } = await readSegmentationNode(join(folder, 'seg.dcm'));
  const segments = metaInfo.segmentAttributes.flat();
  writeFileSync(join(folder, 'seg.raw'), Buffer.from(Uint8Array.from(segImage.data)));
  writeFileSync(join(folder, 'seg.segments'), segments.map((s) => `${s.labelID} ${s.SegmentLabel}`).join());
  // It takes CIELab's white for D65's, not PCS's D50, and does not write the colours that come out below 0 there.
  for (const segment of segments) {
    segment.recommendedDisplayRGBValue = segment.recommendedDisplayRGBValue.map((value) => (value > 255 ? 0 : value));
  }
  const refDicomSeries = readdirSync(folder)
    .filter((file) => /^ct.*\.dcm$/.test(file))
    .map((file) => join(folder, file));
  await writeSegmentationNode(segImage, metaInfo, join(folder, 'dcmqi.dcm'), { refDicomSeries });
}
