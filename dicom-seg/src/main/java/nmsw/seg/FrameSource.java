package nmsw.seg;

import java.util.List;

/** The frames of an object that is written, in their order. A frame's pixels are made when they are asked for. */
interface FrameSource {
  /**
   * @param segment number of the segment that the frame is of; 0 where it holds all of them
   * @param slice of the stack, from 0
   */
  record Place(int segment, int slice) {}

  List<Place> places();

  /** 1, 8 or 16. */
  int bitsAllocated();

  /**
   * A frame's pixels, row by row: bytes, pairs of them with the lower first, or bits from the lowest of the first
   * byte on. They hold until the next call.
   */
  byte[] pixels(int frame);
}
