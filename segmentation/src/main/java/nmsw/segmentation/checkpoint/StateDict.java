package nmsw.segmentation.checkpoint;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tensors of a checkpoint by their dotted names: keys of nested dictionaries (and places in lists) are
 * joined by dots, so that {@code {"state_dict": {"model.0.weight": t}}} holds {@code
 * state_dict.model.0.weight}. Numbers and texts beside them are passed over.
 *
 * @param tensors in the file's order
 * @param aside top-level keys that hold what only training needs, such as the optimiser's moments; not read
 */
record StateDict(Map<String, TensorSource> tensors, List<String> aside) {
  private static final Set<String> TRAINING_STATE =
      Set.of(
          "optimizer", "optimizers", "optimizer_state", "optimizer_states", "optimizer_state_dict", "optim",
          "scheduler", "schedulers", "scheduler_state_dict", "lr_scheduler", "lr_schedulers", "scaler",
          "grad_scaler", "amp_grad_scaler", "callbacks", "loops");
  private static final int MAX_DEPTH = 16;
  private static final int MAX_VISITS = 200_000;
  private static final int MAX_NAME = 512;

  /** Tells whether a value in a checkpoint is a tensor, and which. */
  interface Leaf {
    Optional<TensorSource> tensor(Object value) throws IOException;
  }

  /**
   * @param value of the file, see {@link Unpickler#read}; may share and contain itself
   * @param root dotted keys of the dictionary to take; empty for the whole value
   * @throws ImportRefusal if there is no such dictionary or no tensor in it, or it is absurdly large
   */
  static StateDict of(Object value, Leaf leaf, String root) throws IOException {
    Object top = value;
    for (String key : root.isEmpty() ? new String[0] : root.split("\\.")) {
      top = top instanceof Map<?, ?> map ? map.get(key) : null;
    }
    if (!(top instanceof Map<?, ?> map)) {
      throw root.isEmpty()
          ? new ImportRefusal("holds no dictionary of tensors")
          : ImportRefusal.of("holds no dictionary '%s'", root);
    }
    Walk walk = new Walk(leaf);
    List<String> aside = new ArrayList<>();
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      boolean nested = entry.getValue() instanceof Map || entry.getValue() instanceof List;
      if (nested && entry.getKey() instanceof String key && TRAINING_STATE.contains(key)) {
        aside.add(key);
      } else {
        walk.visit(entry.getKey().toString(), entry.getValue(), 1);
      }
    }
    if (walk.tensors.isEmpty()) {
      throw new ImportRefusal("holds no tensor");
    }
    return new StateDict(walk.tensors, List.copyOf(aside));
  }

  /** A walk over values that may refer to each other at will: bounded in depth and in steps. */
  private static final class Walk {
    private final Leaf leaf;
    private final Map<String, TensorSource> tensors = new LinkedHashMap<>();
    private int visits;

    Walk(Leaf leaf) {
      this.leaf = leaf;
    }

    void visit(String name, Object value, int depth) throws IOException {
      if (++visits > MAX_VISITS) {
        throw ImportRefusal.of("holds more than %d values", MAX_VISITS);
      }
      if (depth > MAX_DEPTH) {
        throw ImportRefusal.of("'%s' is nested deeper than %d", name, MAX_DEPTH);
      }
      if (name.length() > MAX_NAME) {
        throw ImportRefusal.of("the name '%s' is longer than %d characters", name, MAX_NAME);
      }
      Optional<TensorSource> tensor = leaf.tensor(value);
      if (tensor.isPresent()) {
        if (tensors.put(name, tensor.get()) != null) {
          throw ImportRefusal.of("there are two tensors named '%s'", name);
        }
      } else if (value instanceof Map<?, ?> map) {
        for (Map.Entry<?, ?> entry : map.entrySet()) {
          visit(name + "." + entry.getKey(), entry.getValue(), depth + 1);
        }
      } else if (value instanceof List<?> list) {
        for (int i = 0; i < list.size(); i++) {
          visit(name + "." + i, list.get(i), depth + 1);
        }
      }
    }
  }
}
