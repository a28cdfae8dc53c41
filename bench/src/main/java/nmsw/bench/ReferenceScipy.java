package nmsw.bench;

/** The same metrics, written as one writes them in Python: SciPy's erosion and exact distance transform in each class's box. */
final class ReferenceScipy {
  /** Prints per class and rule, 0 for millimetres and 1 for voxels, Dice, NSD and HD95; then the seconds. */
  static final String PROGRAM =
      """
      import sys, time
      import numpy as np
      from scipy import ndimage
      classes = int(sys.argv[3])
      size = [int(n) for n in sys.argv[4:7]]
      spacing = [float(mm) for mm in sys.argv[7:10]]
      p, t = (np.fromfile(f, np.uint8).reshape(size[::-1]) for f in sys.argv[1:3])
      start = time.perf_counter()
      cross = ndimage.generate_binary_structure(3, 1)
      pbox, tbox = (ndimage.find_objects(v, classes) for v in (p, t))
      for c in range(1, classes + 1):
          box = tuple(slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(pbox[c - 1], tbox[c - 1]))
          a, b = p[box] == c, t[box] == c
          dice = 2 * np.count_nonzero(a & b) / (np.count_nonzero(a) + np.count_nonzero(b))
          a, b = np.pad(a, 1), np.pad(b, 1)
          a, b = (m & ~ndimage.binary_erosion(m, cross) for m in (a, b))
          for rule, mm in enumerate((spacing[::-1], (1, 1, 1))):
              there = ndimage.distance_transform_edt(~b, sampling=mm)[a]
              back = ndimage.distance_transform_edt(~a, sampling=mm)[b]
              nsd = (np.count_nonzero(there <= 2) + np.count_nonzero(back <= 2)) / (len(there) + len(back))
              hd95 = max(np.percentile(there, 95), np.percentile(back, 95))
              print(c, rule, dice, nsd, hd95)
      print('seconds', time.perf_counter() - start)
      """;

  private ReferenceScipy() {}
}
