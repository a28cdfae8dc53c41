package nmsw.scp;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.conditions.ArchConditions.dependOnClassesThat;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import nmsw.scp.trends.TrendTable;

/**
 * Which packages of the node may know which, as docs/ARCHITECTURE.md tells. Rules are methods: surefire 3.5.3 does not run
 * rules that are fields, and says nothing (ArchUnit #1442).
 */
@AnalyzeClasses(packages = "nmsw.scp", importOptions = DoNotIncludeTests.class)
class PackagesTest {
  @ArchTest
  static void noCycles(JavaClasses classes) {
    slices().matching("nmsw.(**)").should().beFreeOfCycles().check(classes);
  }

  /** What is set is set without regard to who asks. */
  @ArchTest
  static void foundationsKnowNothingOfTheNode(JavaClasses classes) {
    for (String foundation : new String[] {"config", "series", "disk", "systemd"}) {
      String own = "nmsw.scp." + foundation;
      noClasses()
          .that().resideInAPackage(own)
          .should(dependOnClassesThat(resideInAPackage("nmsw.scp..").and(not(resideInAPackage(own)))))
          .check(classes);
    }
  }

  /** The pages ask by an interface of their own, which the node implements. */
  @ArchTest
  static void pagesKnowSettingsAndDiskOnly(JavaClasses classes) {
    noClasses()
        .that().resideInAPackage("nmsw.scp.web")
        .should(
            dependOnClassesThat(
                resideInAPackage("nmsw.scp..")
                    .and(not(resideInAnyPackage("nmsw.scp.web", "nmsw.scp.config", "nmsw.scp.disk")))))
        .check(classes);
  }

  /** A series is segmented, and its objects made, without a node. */
  @ArchTest
  static void segmentationNeedsNoNode(JavaClasses classes) {
    noClasses()
        .that().resideInAnyPackage("nmsw.scp.segment", "nmsw.scp.result")
        .should(
            dependOnClassesThat(
                resideInAPackage("nmsw.scp..")
                    .and(
                        not(
                            resideInAnyPackage(
                                "nmsw.scp.segment",
                                "nmsw.scp.result",
                                "nmsw.scp.config",
                                "nmsw.scp.series",
                                "nmsw.scp.disk")))))
        .check(classes);
  }

  @ArchTest
  static void sqlIsSpokenInOnePlace(JavaClasses classes) {
    noClasses()
        .that().resideOutsideOfPackages("nmsw.scp.database", "nmsw.scp.doctor")
        .and().doNotBelongToAnyOf(TrendTable.class)
        .should(
            dependOnClassesThat(
                belongToAnyOf(Statement.class, PreparedStatement.class, ResultSet.class, DriverManager.class)))
        .check(classes);
  }

  /** Which libraries keep the database is known in one place. */
  @ArchTest
  static void databaseLibrariesAreKnownInOnePlace(JavaClasses classes) {
    noClasses()
        .that().resideOutsideOfPackages("nmsw.scp.database", "nmsw.scp.doctor")
        .should(dependOnClassesThat(resideInAnyPackage("com.zaxxer.hikari..", "org.h2..", "com.github.kagkarlsson..")))
        .check(classes);
  }

  /** Commands, and the checks that one of them makes, stand on top; so does the class that ties the parts together. */
  @ArchTest
  static void commandsAreOnTop(JavaClasses classes) {
    classes().that().resideInAPackage("nmsw.scp.cli").should().onlyBeAccessed().byClassesThat().resideInAPackage("nmsw.scp.cli").check(classes);
    classes()
        .that().resideInAPackage("nmsw.scp.doctor")
        .should().onlyBeAccessed().byAnyPackage("nmsw.scp.doctor", "nmsw.scp.cli")
        .check(classes);
    classes()
        .that().resideInAPackage("nmsw.scp")
        .should().onlyBeAccessed().byAnyPackage("nmsw.scp", "nmsw.scp.cli")
        .check(classes);
  }

  /** The doctor looks at a configuration and a machine, not at a node. */
  @ArchTest
  static void doctorKnowsTheConfigurationOnly(JavaClasses classes) {
    noClasses()
        .that().resideInAPackage("nmsw.scp.doctor")
        .should(
            dependOnClassesThat(
                resideInAPackage("nmsw.scp..").and(not(resideInAnyPackage("nmsw.scp.doctor", "nmsw.scp.config")))))
        .check(classes);
  }
}
