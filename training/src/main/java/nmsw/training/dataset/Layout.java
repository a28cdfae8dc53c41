package nmsw.training.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import nmsw.dicom.deid.DeidentificationKey;
import nmsw.dicom.deid.DeidentificationOptions;
import nmsw.dicom.deid.Deidentifier;

/** How a folder of labelled studies is laid out. */
public enum Layout {
  /** {@code cases.csv}, {@code NAME_ct.nii.gz}, {@code NAME_labels.nii.gz}. */
  NMSW,
  /** {@code imagesTr}, {@code labelsTr} and so on. */
  WORD,
  /** {@code NAME/ct.nii.gz}, {@code NAME/segmentations/CLASS.nii.gz}. */
  TOTALSEGMENTATOR,
  /** CT series with Segmentations, RT Structure Sets or {@code SeriesInstanceUID.nii.gz}. */
  DICOM;

  /** The layout of a folder: that of NIfTI files where one fits, else DICOM. */
  static Layout detect(Path folder) throws IOException {
    if (Files.exists(folder.resolve(CaseList.FILE))) {
      return NMSW;
    }
    if (WordFolders.isLayout(folder)) {
      return WORD;
    }
    return TotalSegmentatorFolders.isLayout(folder) ? TOTALSEGMENTATOR : DICOM;
  }

  StudySource open(Path folder, DeidentificationKey key) {
    return switch (this) {
      case NMSW -> new NamedPairs(folder);
      case WORD -> new WordFolders(folder);
      case TOTALSEGMENTATOR -> new TotalSegmentatorFolders(folder);
      case DICOM -> new DicomFolder(folder, new Deidentifier(key, DeidentificationOptions.BASIC));
    };
  }
}
