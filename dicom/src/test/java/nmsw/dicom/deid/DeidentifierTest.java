package nmsw.dicom.deid;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import nmsw.dicom.Dataset;
import nmsw.dicom.DicomException;
import nmsw.dicom.Element;
import nmsw.dicom.Tag;
import nmsw.dicom.Uid;
import nmsw.dicom.VR;
import nmsw.dicom.deid.DeidentificationOptions.PrivateAttribute;
import nmsw.dicom.deid.DeidentifiedObject.Action;
import nmsw.dicom.deid.DeidentifiedObject.Change;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeidentifierTest {
  private static final DeidentificationOptions ALL =
      new DeidentificationOptions(true, true, Set.of(), true, Set.of());

  @TempDir Path folder;
  private DeidentificationKey key;

  @BeforeEach
  void makeKey() throws Exception {
    key = DeidentificationKeyTest.in(folder);
  }

  private static Dataset ct() {
    return new Dataset()
        .putString(Tag.SpecificCharacterSet, "ISO_IR 100")
        .putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "AXIAL")
        .putString(Tag.SOPClassUID, Uid.CTImageStorage)
        .putString(Tag.SOPInstanceUID, "1.2.3.1")
        .putString(Tag.StudyDate, "20200301")
        .putString(Tag.ContentDate, "20200302")
        .putString(Tag.StudyTime, "101500.25")
        .putString(Tag.Modality, "CT")
        .putString(Tag.SeriesDescription, "Abdomen M\u00fcller 5.0")
        .putString(Tag.PatientName, "M\u00fcller^J\u00f6rg")
        .putString(Tag.PatientID, "4711")
        .putString(Tag.PatientBirthDate, "19500101")
        .putString(Tag.DeviceSerialNumber, "SN-12")
        .putString(Tag.StudyInstanceUID, "1.2.3.2")
        .putString(Tag.SeriesInstanceUID, "1.2.3.3")
        .putString(Tag.FrameOfReferenceUID, "1.2.3.4")
        .putInt(Tag.SamplesPerPixel, 1)
        .putString(Tag.PhotometricInterpretation, "MONOCHROME2")
        .putBytes(Tag.PixelData, VR.OW, new byte[8]);
  }

  private DeidentifiedObject apply(Dataset object) throws Exception {
    return new Deidentifier(key, ALL).apply(object);
  }

  private Dataset applied(Dataset object) throws Exception {
    return apply(object).dataset();
  }

  @Test
  void theResultSaysWhatWasDone() throws Exception {
    Dataset result = applied(ct());
    assertEquals("YES", result.string(Tag.PatientIdentityRemoved).orElseThrow());
    assertTrue(result.string(Tag.DeidentificationMethod).orElseThrow().contains("PS3.15"));
    assertEquals("MODIFIED", result.string(Tag.LongitudinalTemporalInformationModified).orElseThrow());
    assertEquals(List.of("113100", "113105", "113107", "113109"), codes(result));
    Dataset basic = new Deidentifier(key, DeidentificationOptions.BASIC).apply(ct()).dataset();
    assertEquals("REMOVED", basic.string(Tag.LongitudinalTemporalInformationModified).orElseThrow());
    assertEquals(List.of("113100"), codes(basic));
  }

  private static List<String> codes(Dataset result) {
    return result.items(Tag.DeidentificationMethodCodeSequence).stream()
        .map(item -> item.string(Tag.CodeValue).orElseThrow())
        .toList();
  }

  @Test
  void anEarlierCleaningStaysDeclared() throws Exception {
    Dataset object =
        ct()
            .putItems(
                Tag.DeidentificationMethodCodeSequence,
                List.of(
                    DeidentificationMethod.CLEAN_PIXEL_DATA.code(),
                    DeidentificationMethod.UIDS.code(),
                    new Dataset().putString(Tag.CodeValue, "113102")));
    assertEquals(List.of("113100", "113101", "113105", "113107", "113109"), codes(applied(object)));
  }

  @Test
  void objectsOfAPatientStayTogether() throws Exception {
    Dataset structureSet =
        new Dataset()
            .putString(Tag.SOPClassUID, Uid.RTStructureSetStorage)
            .putString(Tag.SOPInstanceUID, "1.2.3.9")
            .putString(Tag.StudyDate, "20200311")
            .putString(Tag.PatientName, "MUELLER^JOERG")
            .putString(Tag.PatientID, "4711 ")
            .putString(Tag.StudyInstanceUID, "1.2.3.2")
            .putItems(
                Tag.ROIContourSequence,
                List.of(
                    new Dataset()
                        .putItems(
                            Tag.ContourSequence,
                            List.of(
                                new Dataset()
                                    .putItems(
                                        Tag.ContourImageSequence,
                                        List.of(
                                            new Dataset()
                                                .putString(Tag.ReferencedSOPClassUID, Uid.CTImageStorage)
                                                .putString(Tag.ReferencedSOPInstanceUID, "1.2.3.1")))))));
    Dataset image = applied(ct());
    Dataset rt = applied(structureSet);
    assertEquals(image.string(Tag.PatientID), rt.string(Tag.PatientID));
    assertEquals(image.string(Tag.PatientName), rt.string(Tag.PatientName));
    assertEquals(image.string(Tag.StudyInstanceUID), rt.string(Tag.StudyInstanceUID));
    assertEquals(10, ChronoUnit.DAYS.between(date(image, Tag.StudyDate), date(rt, Tag.StudyDate)));
    Dataset reference =
        rt.item(Tag.ROIContourSequence)
            .flatMap(contours -> contours.item(Tag.ContourSequence))
            .flatMap(contour -> contour.item(Tag.ContourImageSequence))
            .orElseThrow();
    assertEquals(
        image.string(Tag.SOPInstanceUID), reference.string(Tag.ReferencedSOPInstanceUID));
    assertEquals(Uid.CTImageStorage, reference.string(Tag.ReferencedSOPClassUID).orElseThrow());
  }

  @Test
  void anotherKeyMakesAnotherPatient() throws Exception {
    DeidentificationKey another =
        DeidentificationKeyTest.in(Files.createDirectory(folder.resolve("another")));
    Dataset here = applied(ct());
    Dataset there = new Deidentifier(another, ALL).apply(ct()).dataset();
    for (int tag : List.of(Tag.PatientID, Tag.SOPInstanceUID, Tag.StudyInstanceUID)) {
      assertNotEquals(here.string(tag), there.string(tag));
    }
  }

  @Test
  void anotherPatientGetsAnotherPseudonym() throws Exception {
    String one = applied(ct()).string(Tag.PatientID).orElseThrow();
    String other = applied(ct().putString(Tag.PatientID, "4712")).string(Tag.PatientID).orElseThrow();
    assertTrue(one.matches("[0-9A-Z]{16}"), one);
    assertNotEquals(one, other);
  }

  @Test
  void withoutPatientIdTheNameDecidesAndThenTheStudy() throws Exception {
    Dataset nameless = ct().putEmpty(Tag.PatientID);
    String byName = applied(nameless).string(Tag.PatientID).orElseThrow();
    nameless.putString(Tag.StudyInstanceUID, "1.2");
    assertEquals(byName, applied(nameless).string(Tag.PatientID).orElseThrow());
    nameless.remove(Tag.PatientName);
    String byStudy = applied(nameless).string(Tag.PatientID).orElseThrow();
    assertNotEquals(byName, byStudy);
    nameless.putString(Tag.StudyInstanceUID, "1.3");
    assertNotEquals(byStudy, applied(nameless).string(Tag.PatientID).orElseThrow());
  }

  private static LocalDate date(Dataset object, int tag) {
    return LocalDate.parse(object.string(tag).orElseThrow(), DateTimeFormatter.BASIC_ISO_DATE);
  }

  @Test
  void datesMoveTogetherByOneToTenYearsAndTimesStay() throws Exception {
    Dataset result = applied(ct());
    long days = ChronoUnit.DAYS.between(date(result, Tag.StudyDate), LocalDate.of(2020, 3, 1));
    assertTrue(days >= 366 && days < 3650, days + " days");
    assertEquals(date(result, Tag.StudyDate).plusDays(1), date(result, Tag.ContentDate));
    assertEquals("101500.25", result.string(Tag.StudyTime).orElseThrow());
    assertTrue(result.get(Tag.PatientBirthDate).isEmpty());
  }

  @Test
  void whatIsNoDateIsRemovedByTheBasicProfile() throws Exception {
    for (String odd : List.of("20200231", "2020", "M\u00fcller", "20200101\\M")) {
      Dataset object = ct();
      object.putBytes(Tag.StudyDate, VR.DA, odd.getBytes(StandardCharsets.ISO_8859_1));
      object.putBytes(Tag.StudyTime, VR.TM, odd.getBytes(StandardCharsets.ISO_8859_1));
      Dataset result = applied(object);
      assertTrue(result.get(Tag.StudyDate).isEmpty(), odd);
      assertTrue(odd.matches("\\d{4}") || result.get(Tag.StudyTime).isEmpty(), odd);
    }
    assertTrue(
        applied(ct().putBytes(Tag.StudyDate, VR.DA, "2020.03.01".getBytes(StandardCharsets.US_ASCII)))
            .string(Tag.StudyDate).orElseThrow().matches("20[01]\\d{5}"));
  }

  @Test
  void descriptionsKeepWhatIsHarmless() throws Exception {
    DeidentifiedObject result = apply(ct());
    assertEquals("Abdomen 5.0", result.dataset().string(Tag.SeriesDescription).orElseThrow());
    assertTrue(result.report().contains(new Change(Tag.SeriesDescription, Action.CLEANED, 1)));
    assertEquals("SN-12", result.dataset().string(Tag.DeviceSerialNumber).orElseThrow());
  }

  @Test
  void theReportCountsAndNamesNoValue() throws Exception {
    Dataset item = new Dataset().putString(Tag.ReferencedSOPInstanceUID, "1.2.3.5");
    Dataset object = ct().putItems(Tag.ReferencedSeriesSequence, List.of(item, item.copy()));
    List<Change> report = apply(object).report();
    assertTrue(report.contains(new Change(Tag.ReferencedSOPInstanceUID, Action.UID_REPLACED, 2)));
    assertFalse(report.toString().contains("1.2.3.5") || report.toString().contains("4711"));
  }

  @Test
  void theOriginalIsNotTouchedAndPixelsAreShared() throws Exception {
    Dataset object = ct();
    Dataset before = object.copy();
    Dataset result = applied(object);
    assertEquals(before, object);
    assertSame(object.bytes(Tag.PixelData), result.bytes(Tag.PixelData));
  }

  @Test
  void privateAttributesGoUnlessListed() throws Exception {
    Dataset object =
        ct()
            .putBytes(0x00190010, VR.LO, "GEMS_ACQU_01".getBytes(StandardCharsets.US_ASCII))
            .putBytes(0x00191023, VR.DS, "27.5".getBytes(StandardCharsets.US_ASCII))
            .putBytes(0x00191024, VR.LO, "M\u00fcller".getBytes(StandardCharsets.ISO_8859_1))
            .putBytes(0x00290010, VR.LO, "OTHER".getBytes(StandardCharsets.US_ASCII))
            .putBytes(0x00291023, VR.DS, "27.5".getBytes(StandardCharsets.US_ASCII))
            .putBytes(0x00310023, VR.LO, "no block".getBytes(StandardCharsets.US_ASCII));
    DeidentifiedObject none = apply(object);
    for (Element element : none.dataset()) {
      assertFalse(Tag.isPrivate(element.tag()), element.toString());
    }
    assertTrue(none.report().contains(new Change(0x00191024, Action.REMOVED, 1)));
    DeidentificationOptions safe =
        new DeidentificationOptions(
            false, false, Set.of(), false, Set.of(new PrivateAttribute(0x0019, "GEMS_ACQU_01", 0x23)));
    Dataset result = new Deidentifier(key, safe).apply(object).dataset();
    assertEquals("27.5", result.string(0x00191023).orElseThrow());
    assertTrue(result.contains(0x00190010) && !result.contains(0x00191024));
    assertTrue(!result.contains(0x00290010) && !result.contains(0x00291023));
    assertEquals(List.of("113100", "113111"), codes(result));
  }

  @Test
  void whatTheDictionaryDoesNotKnowOrContradictsGoes() throws Exception {
    byte[] name = "M\u00fcller".getBytes(StandardCharsets.ISO_8859_1);
    Dataset object =
        ct()
            .putBytes(0x00100012, VR.LT, name)
            .putBytes(0x00187FFE, VR.UN, name)
            .putBytes(Tag.ReferencedSeriesSequence, VR.UN, name)
            .putBytes(Tag.BitsStored, VR.LO, name)
            .putBytes(Tag.BodyPartExamined, VR.UN, name)
            .putBytes(Tag.ReferringPhysicianName, VR.UN, name)
            .putBytes(Tag.OverlayData, VR.OW, new byte[2])
            .putInt(Tag.OverlayRows, 1)
            .putBytes(0x60021500, VR.LO, name)
            .putBytes(0x50003000, VR.OW, name)
            .putBytes(Tag.SourceApplicationEntityTitle, VR.AE, name);
    Dataset result = applied(object);
    for (int tag :
        List.of(
            0x00100012, 0x00187FFE, Tag.ReferencedSeriesSequence, Tag.BitsStored, Tag.BodyPartExamined,
            Tag.ReferringPhysicianName, Tag.OverlayData, Tag.OverlayRows, 0x60021500, 0x50003000,
            Tag.SourceApplicationEntityTitle)) {
      assertFalse(result.contains(tag), Tag.describe(tag));
    }
  }

  @Test
  void registeredUidsStay() throws Exception {
    String talairach = "1.2.840.10008.1.4.1.1";
    Dataset result = applied(ct().putString(Tag.FrameOfReferenceUID, talairach));
    assertEquals(talairach, result.string(Tag.FrameOfReferenceUID).orElseThrow());
    result = applied(ct().putString(Tag.FrameOfReferenceUID, "1.2.840.10008.4711"));
    assertTrue(result.string(Tag.FrameOfReferenceUID).orElseThrow().startsWith("2.25."));
    result = applied(ct().putString(Tag.FailedSOPInstanceUIDList, "1.2.3.1", "", "1.2.3.2"));
    List<String> list = result.strings(Tag.FailedSOPInstanceUIDList);
    assertEquals(result.string(Tag.SOPInstanceUID).orElseThrow(), list.get(0));
    assertEquals("", list.get(1));
  }

  private void assertRefused(String why, UnaryOperator<Dataset> change) {
    DicomException e = assertThrows(DicomException.class, () -> apply(change.apply(ct())));
    assertTrue(e.getMessage().contains(why) && e.getMessage().contains("1.2.3.1"), e.getMessage());
    assertFalse(e.getMessage().contains("4711"), e.getMessage());
  }

  @Test
  void pixelsThatMayShowTextAreRefused() throws Exception {
    assertRefused("Burned In", ct -> ct.putString(Tag.BurnedInAnnotation, "YES"));
    assertRefused("LOCALIZER", ct -> ct.putString(Tag.ImageType, "ORIGINAL", "PRIMARY", "LOCALIZER"));
    assertRefused("SCREEN SAVE", ct -> ct.putString(Tag.ImageType, "DERIVED", "SECONDARY", "SCREEN SAVE"));
    assertRefused("colour", ct -> ct.putInt(Tag.SamplesPerPixel, 3));
    assertRefused("colour", ct -> ct.putString(Tag.PhotometricInterpretation, "PALETTE COLOR"));
    assertRefused("Secondary Capture", ct -> ct.putString(Tag.SOPClassUID, Uid.SecondaryCaptureImageStorage));
    assertRefused("Ultrasound", ct -> ct.putString(Tag.SOPClassUID, Uid.UltrasoundImageStorage));
    assertRefused("document", ct -> ct.putBytes(Tag.EncapsulatedDocument, VR.OB, new byte[2]));
    assertRefused(
        "overlay", ct -> ct.putInt(Tag.OverlayBitsAllocated, 16).putInt(Tag.OverlayBitPosition, 12));
    assertEquals(
        "NO", applied(ct().putString(Tag.BurnedInAnnotation, "NO")).string(Tag.BurnedInAnnotation).get());
  }
}
