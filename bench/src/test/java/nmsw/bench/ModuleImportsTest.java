package nmsw.bench;

import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** Who may import whom, as drawn in docs/ARCHITECTURE.md. It stands here because only bench sees every module. */
@AnalyzeClasses(packages = "nmsw", importOptions = DoNotIncludeTests.class)
class ModuleImportsTest {
  @ArchTest
  static final ArchRule modulesImportOnlyWhatTheyMay =
      layeredArchitecture()
          .consideringOnlyDependenciesInLayers()
          .layer("dicom").definedBy("nmsw.dicom..")
          .layer("volume").definedBy("nmsw.volume..")
          .layer("dicom-seg").definedBy("nmsw.seg..")
          .layer("segmentation").definedBy("nmsw.segmentation..")
          .layer("training").definedBy("nmsw.training..")
          .layer("scp").definedBy("nmsw.scp..")
          .layer("bench").definedBy("nmsw.bench..")
          .whereLayer("dicom").mayNotAccessAnyLayer()
          .whereLayer("volume").mayOnlyAccessLayers("dicom")
          .whereLayer("dicom-seg").mayOnlyAccessLayers("dicom", "volume")
          .whereLayer("segmentation").mayOnlyAccessLayers("volume")
          .whereLayer("training").mayOnlyAccessLayers("dicom", "volume", "dicom-seg", "segmentation")
          .whereLayer("scp").mayOnlyAccessLayers("dicom", "volume", "dicom-seg", "segmentation");

  @ArchTest
  static final ArchRule noCyclesBetweenPackages =
      slices().matching("nmsw.(**)").should().beFreeOfCycles();
}
