package nmsw.scp.config;

import nmsw.dicom.Tag;

/** An attribute of the images that routing rules can ask for. */
public enum RouteAttribute {
  IMAGE_TYPE("imageType", Tag.ImageType),
  STATION_NAME("stationName", Tag.StationName),
  STUDY_DESCRIPTION("studyDescription", Tag.StudyDescription),
  SERIES_DESCRIPTION("seriesDescription", Tag.SeriesDescription),
  BODY_PART("bodyPart", Tag.BodyPartExamined),
  PROTOCOL("protocol", Tag.ProtocolName),
  KERNEL("kernel", Tag.ConvolutionKernel);

  private final String key;
  private final int tag;

  RouteAttribute(String key, int tag) {
    this.key = key;
    this.tag = tag;
  }

  /** Its name in the configuration. */
  public String key() {
    return key;
  }

  public int tag() {
    return tag;
  }
}
