package nmsw.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;

/**
 * Who may import whom, as drawn in docs/ARCHITECTURE.md. It stands here because only bench sees every module.
 * Rules are methods: surefire 3.5.3 does not run rules that are fields, and says nothing (ArchUnit #1442).
 */
@AnalyzeClasses(packages = "nmsw", importOptions = DoNotIncludeTests.class)
class ModuleImportsTest {
  @ArchTest
  static void modulesImportOnlyWhatTheyMay(JavaClasses classes) {
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
        .whereLayer("scp").mayOnlyAccessLayers("dicom", "volume", "dicom-seg", "segmentation")
        .check(classes);
  }

  /** Held-out cases can be read by what measures a model, and by nothing that learns or chooses weights. */
  @ArchTest
  static void onlyMeasurementReadsHeldOutCases(JavaClasses classes) {
    noClasses()
        .that().resideInAPackage("nmsw.training")
        .and().doNotHaveSimpleName("RecipeData")
        .should().dependOnClassesThat().haveSimpleName("TestCases")
        .orShould().dependOnClassesThat().haveSimpleName("DataSet")
        .check(classes);
    noClasses()
        .that().haveNameMatching("nmsw\\.training\\.(Trainer|TrainingStep|SampleMaker|CachedCases|PreparedCaseFile)(\\$.*)?")
        .should().dependOnClassesThat().haveSimpleName("LabelledVolumes")
        .orShould().dependOnClassesThat().haveSimpleName("RecipeData")
        .check(classes);
  }

  @ArchTest
  static void noCyclesBetweenPackages(JavaClasses classes) {
    slices().matching("nmsw.(**)").should().beFreeOfCycles().check(classes);
  }
}
