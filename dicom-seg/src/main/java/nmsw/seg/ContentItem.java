package nmsw.seg;

import java.util.List;
import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;
import nmsw.volume.Code;

/** Content items of structured reports: the Document Content Macro (PS3.3 §C.17.3). */
final class ContentItem {
  /** How an item belongs to the one above it (PS3.3 §C.17.3.2.4). */
  enum Relationship {
    CONTAINS("CONTAINS"),
    HAS_CONCEPT_MOD("HAS CONCEPT MOD"),
    HAS_OBS_CONTEXT("HAS OBS CONTEXT"),
    HAS_ACQ_CONTEXT("HAS ACQ CONTEXT");

    private final String term;

    Relationship(String term) {
      this.term = term;
    }
  }

  private ContentItem() {}

  /** What a container is without its place: the root of a document. */
  static Dataset root(Dataset document, Code name, String template, List<Dataset> children) {
    return container(document, name, template, children);
  }

  /**
   * @param template its number in PS3.16 (Mapping Resource DCMR); empty if it is none's first row
   */
  static Dataset container(Relationship relationship, Code name, String template, List<Dataset> children) {
    Dataset item = new Dataset().putString(Tag.RelationshipType, relationship.term);
    return container(item, name, template, children);
  }

  private static Dataset container(Dataset item, Code name, String template, List<Dataset> children) {
    named(item, "CONTAINER", name).putString(Tag.ContinuityOfContent, "SEPARATE");
    if (!template.isEmpty()) {
      item.putItems(
          Tag.ContentTemplateSequence,
          List.of(
              new Dataset().putString(Tag.MappingResource, "DCMR").putString(Tag.TemplateIdentifier, template)));
    }
    return children.isEmpty() ? item : item.putItems(Tag.ContentSequence, children);
  }

  static Dataset text(Relationship relationship, Code name, String value) {
    return item(relationship, "TEXT", name).putString(Tag.TextValue, Text.ascii(value, 1024, name.meaning()));
  }

  static Dataset code(Relationship relationship, Code name, Code value, List<Dataset> children) {
    Dataset item = item(relationship, "CODE", name).putItems(Tag.ConceptCodeSequence, CodeItem.items(value));
    return children.isEmpty() ? item : item.putItems(Tag.ContentSequence, children);
  }

  static Dataset code(Relationship relationship, Code name, Code value) {
    return code(relationship, name, value, List.of());
  }

  static Dataset uid(Relationship relationship, Code name, String uid) {
    return item(relationship, "UIDREF", name).putString(Tag.UID, uid);
  }

  static Dataset number(Relationship relationship, Code name, double value, Code unit, List<Dataset> children) {
    Dataset measured =
        new Dataset()
            .putNumber(Tag.NumericValue, value)
            .putItems(Tag.MeasurementUnitsCodeSequence, CodeItem.items(unit));
    Dataset item = item(relationship, "NUM", name).putItems(Tag.MeasuredValueSequence, List.of(measured));
    return children.isEmpty() ? item : item.putItems(Tag.ContentSequence, children);
  }

  /**
   * @param reference SOP class and instance, and what of it
   */
  static Dataset image(Relationship relationship, Code name, Dataset reference) {
    return item(relationship, "IMAGE", name).putItems(Tag.ReferencedSOPSequence, List.of(reference));
  }

  /** An image of the library, where it needs no name. */
  static Dataset image(Relationship relationship, Dataset reference) {
    return new Dataset()
        .putString(Tag.RelationshipType, relationship.term)
        .putString(Tag.ValueType, "IMAGE")
        .putItems(Tag.ReferencedSOPSequence, List.of(reference));
  }

  private static Dataset item(Relationship relationship, String valueType, Code name) {
    return named(new Dataset().putString(Tag.RelationshipType, relationship.term), valueType, name);
  }

  private static Dataset named(Dataset item, String valueType, Code name) {
    return item.putString(Tag.ValueType, valueType).putItems(Tag.ConceptNameCodeSequence, CodeItem.items(name));
  }
}
