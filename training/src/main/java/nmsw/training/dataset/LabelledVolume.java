package nmsw.training.dataset;

import nmsw.volume.LabelVolume;
import nmsw.volume.Volume;

/** A volume and its true labels, class indices, on one grid. */
public record LabelledVolume(String id, Volume image, LabelVolume labels) {}
