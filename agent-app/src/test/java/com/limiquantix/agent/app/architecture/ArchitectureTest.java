package com.limiquantix.agent.app.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.List;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** The module table of docs/architecture.md as rules over the compiled classes. */
class ArchitectureTest {
  private static final String ROOT = "com.limiquantix.agent.";
  private static final String PROTOCOL = ROOT + "protocol..";
  private static final String TRANSPORT = ROOT + "transport..";
  private static final String SECURITY = ROOT + "security..";
  private static final String HANDLERS = ROOT + "handlers..";
  private static final String APP = ROOT + "app..";

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("com.limiquantix.agent");

  private static void holds(ArchRule rule) {
    rule.check(CLASSES);
  }

  @Test
  void givenAllModules_thenTheirClassesAreLookedAt() {
    for (String module : List.of("protocol", "transport", "security", "handlers", "app")) {
      assertThat(CLASSES.stream().anyMatch(c -> c.getPackageName().startsWith(ROOT + module)))
          .as("classes of %s", module)
          .isTrue();
    }
  }

  @Test
  void protocolSeesNoOtherModuleNorThreadsFilesSocketsJnaOrYaml() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(PROTOCOL)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                TRANSPORT,
                SECURITY,
                HANDLERS,
                APP,
                "com.sun.jna..",
                "org.yaml..",
                "java.net..",
                "java.nio.file..",
                "java.nio.channels.."));
  }

  @Test
  void transportSeesOnlyProtocolOfTheModules() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(TRANSPORT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(SECURITY, HANDLERS, APP, "oshi..", "org.yaml.."));
  }

  @Test
  void securitySeesOnlyProtocolOfTheModules() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(SECURITY)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(TRANSPORT, HANDLERS, APP));
  }

  @Test
  void handlersSeeNeitherTransportNorApplicationNorYaml() {
    holds(
        noClasses()
            .that()
            .resideInAPackage(HANDLERS)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(TRANSPORT, APP, "org.yaml.."));
  }

  @Test
  void withinTransportOnlyTheAdapterAndTheClientKnowTheAgentsOwnServices() {
    holds(
        noClasses()
            .that(
                resideInAPackage(TRANSPORT)
                    .and(
                        not(
                            resideInAnyPackage(
                                ROOT + "transport.v1..", ROOT + "transport.client.."))))
            .should()
            .dependOnClassesThat(
                resideInAPackage(ROOT + "protocol.v1..")
                    .or(
                        resideInAPackage(ROOT + "protocol.v2..")
                            .and(nameMatching(".*Grpc(\\$.*)?")))
                    .or(resideInAPackage(ROOT + "protocol.health.."))));
  }

  @Test
  void internalsOfAModuleAreUsedByThatModuleAlone() {
    for (String module : List.of("protocol", "transport", "security", "handlers", "app")) {
      holds(
          noClasses()
              .that()
              .resideOutsideOfPackage(ROOT + module + "..")
              .should()
              .dependOnClassesThat()
              .resideInAPackage(ROOT + module + "..internal.."));
    }
  }

  @Test
  void nativeCallsLiveInInternalJnaPackagesAlone() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage("..internal.jna..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.sun.jna.."));
  }

  @Test
  void theLoggingBackEndIsKnownToThePackageThatConfiguresItAlone() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "app.logging..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("ch.qos.logback..", "java.util.logging.."));
  }

  @Test
  void yamlIsKnownToTheConfigurationAlone() {
    holds(
        noClasses()
            .that()
            .resideOutsideOfPackage(ROOT + "app.config..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.yaml.."));
  }

  @Test
  void onlyTheProgramsEndTheProcess() {
    holds(
        noClasses()
            .that(not(nameMatching(ROOT.replace(".", "\\.") + "app\\.(Main|cli\\.QxGuest)")))
            .should()
            .callMethod(System.class, "exit", int.class));
  }

  @Test
  void packagesOfAModuleFormNoCyclesAmongModules() {
    holds(slices().matching("com.limiquantix.agent.(*)..").should().beFreeOfCycles());
  }

  @Test
  void everyPackageOfOursIsNullMarked() {
    List<String> unmarked =
        CLASSES.stream()
            .filter(c -> !c.getPackageName().matches(".*\\.protocol\\.(v1|v2|health\\.v1)"))
            .map(JavaClass::getPackage)
            .distinct()
            .filter(p -> !p.isAnnotatedWith(NullMarked.class))
            .map(JavaPackage::getName)
            .sorted()
            .toList();
    assertThat(unmarked).isEmpty();
  }

  @Test
  void theCommandLineOfTheHostKnowsNoHandlers() {
    holds(
        classes()
            .that()
            .resideInAPackage(ROOT + "app.cli..")
            .should()
            .onlyDependOnClassesThat(not(resideInAnyPackage(HANDLERS, SECURITY))));
  }
}
