package nmsw.seg;

import nmsw.dicom.Dataset;
import nmsw.dicom.Tag;

/**
 * What a segmentation takes over from its source unchanged, empty values and character set included: the
 * Patient, Clinical Trial Subject, General Study, Patient Study and Frame of Reference modules.
 */
final class SourceAttributes {
  private static final int[] REQUIRED_EVEN_IF_EMPTY = {
    Tag.PatientName,
    Tag.PatientID,
    Tag.PatientBirthDate,
    Tag.PatientSex,
    Tag.StudyDate,
    Tag.StudyTime,
    Tag.ReferringPhysicianName,
    Tag.StudyID,
    Tag.AccessionNumber,
    Tag.PositionReferenceIndicator,
  };

  private static final int[] WHERE_PRESENT = {
    Tag.TimezoneOffsetFromUTC,
    Tag.IssuerOfPatientID,
    Tag.IssuerOfPatientIDQualifiersSequence,
    Tag.TypeOfPatientID,
    Tag.OtherPatientIDsSequence,
    Tag.OtherPatientNames,
    Tag.PatientBirthTime,
    Tag.EthnicGroup,
    Tag.PatientComments,
    Tag.PatientSpeciesDescription,
    Tag.PatientSpeciesCodeSequence,
    Tag.PatientBreedDescription,
    Tag.PatientBreedCodeSequence,
    Tag.BreedRegistrationSequence,
    Tag.ResponsiblePerson,
    Tag.ResponsiblePersonRole,
    Tag.ResponsibleOrganization,
    Tag.PatientIdentityRemoved,
    Tag.DeidentificationMethod,
    Tag.DeidentificationMethodCodeSequence,
    Tag.LongitudinalTemporalInformationModified,
    Tag.ClinicalTrialSponsorName,
    Tag.ClinicalTrialProtocolID,
    Tag.ClinicalTrialProtocolName,
    Tag.ClinicalTrialSiteID,
    Tag.ClinicalTrialSiteName,
    Tag.ClinicalTrialSubjectID,
    Tag.ClinicalTrialSubjectReadingID,
    Tag.ClinicalTrialTimePointID,
    Tag.ClinicalTrialTimePointDescription,
    Tag.StudyDescription,
    Tag.PhysiciansOfRecord,
    Tag.IssuerOfAccessionNumberSequence,
    Tag.ReferencedStudySequence,
    Tag.ProcedureCodeSequence,
    Tag.AdmittingDiagnosesDescription,
    Tag.PatientAge,
    Tag.PatientSize,
    Tag.PatientWeight,
    Tag.Occupation,
    Tag.AdditionalPatientHistory,
    Tag.PregnancyStatus,
    Tag.SmokingStatus,
    Tag.PatientSexNeutered,
    Tag.BodyPartExamined,
  };

  private SourceAttributes() {}

  static void copy(Dataset source, Dataset target) {
    copyIfPresent(source, Tag.SpecificCharacterSet, target);
    for (int tag : REQUIRED_EVEN_IF_EMPTY) {
      if (!copyIfPresent(source, tag, target)) {
        target.putEmpty(tag);
      }
    }
    for (int tag : WHERE_PRESENT) {
      copyIfPresent(source, tag, target);
    }
  }

  /** Copies one element as it stands; false if the source has none. */
  static boolean copyIfPresent(Dataset source, int tag, Dataset target) {
    if (!source.contains(tag)) {
      return false;
    }
    target.put(source.get(tag));
    return true;
  }
}
