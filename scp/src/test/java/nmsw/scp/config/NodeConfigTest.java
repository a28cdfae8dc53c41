package nmsw.scp.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.RecordComponent;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import nmsw.dicom.net.TlsFiles;
import nmsw.seg.SegmentationFormat;
import nmsw.seg.SegmentationFormat.Compression;
import nmsw.seg.SegmentationFormat.Kind;
import nmsw.segmentation.PrecisionRequest;
import nmsw.segmentation.SelectionRequest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.event.Level;

class NodeConfigTest {
  private static final Path BASE = Path.of("/etc/nmsw");

  private static final String LEAST =
      """
      dataDirectory: data
      modelsDirectory: models
      destinations: {pacs: PACS@10.0.0.5:104}
      routes:
        - {model: abdomen, destinations: pacs}
      """;

  private static final String EVERYTHING =
      """
      name: gpu-2
      aeTitles: [SEG1, SEG2]
      bind: 127.0.0.1
      port: 104
      callingAeTitles: [CT1, PACS A]
      dataDirectory: /srv/nmsw
      modelsDirectory: ../bundles
      destinations:
        pacs: PACS@10.0.0.5:104
        research:
          address: VNA@vna.example:11112
          objects: [preview, sr, seg]
          segmentation: labelmap
          compression: deflated
          commitment: 2h
          callingAe: SEG9
          characterSet: ISO_IR 100
        web: {address: "https://web.example/dicom-web/", bearerFile: token}
      routes:
        - calledAe: SEG2
          callingAe: CT1
          model: headneck
          destinations: [pacs, research]
          deadline: 20s
          priority: urgent
          selection: random-foreground
          k: 3
          precision: f32
          bodyPart: [HEAD, NECK*]
          minSliceThickness: 0.5
          maxSliceThickness: 3
          minSlices: 40
        - model: abdomen
          destinations: [pacs]
      series: {quiet: 500ms, maxWait: 2h, minSlices: 20}
      network:
        maxAssociations: 7
        maxAssociationsPerPeer: 3
        maxPdu: 64KiB
        idleTimeout: 3m
        artimTimeout: PT4S
        compressed: lossless
        tls: {certificate: node.crt, privateKey: node.key, trusted: /etc/ca.crt, password: geheim, clientCertificates: false}
      storage:
        diskReserve: 1.5GiB
        maxObject: 100MiB
        quota: {total: 400GiB, perSender: 50GiB, senders: {PACS A: 300GiB}}
        retention: {age: 3d, total: 200GiB, atLeast: 2h}
      database: {url: "jdbc:postgresql://db/nmsw", user: nmsw, password: secret}
      compute: {device: "cuda:1", precision: bf16, threads: 3, selection: marginal-gain, k: 12, seed: 7}
      work: {attempts: 3, firstRetry: 1m, maxRetry: 1h, heartbeat: 5s}
      delivery: {connectTimeout: 3s, responseTimeout: 4s, firstRetry: 2s, maxRetry: 1d, maxRefusedRetry: 2d, warnAfter: 3h, tls: true}
      trends: {timeZone: Europe/Berlin, recentDays: 14, referenceDays: 60, minimumSeries: 20, alert: 5}
      review: {corrections: true, consent: true, quota: 3GiB}
      web: {bind: 127.0.0.2, port: 8080, tokenFile: /etc/tokens, hosts: [CT.example], tls: true, patientNames: true}
      audit:
        repository: tls://audit.example:6514
        tls: {certificate: audit.crt, privateKey: audit.key, trusted: audit-ca.crt, password: geheim}
        site: ward 3
        maxWaiting: 5
      log: {format: json, level: debug, levels: {nmsw.dicom: warn}}
      """;

  @Test
  void everyPropertyMaps() throws ConfigException {
    NodeConfig config = NodeConfig.parse(EVERYTHING, "node.yaml", BASE);
    DestinationConfig pacs =
        new DestinationConfig(
            DestinationAddress.parse("PACS@10.0.0.5:104"),
            Set.of(ResultKind.SEG),
            SegmentationFormat.DEFAULT,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty());
    DestinationConfig vna =
        new DestinationConfig(
            DestinationAddress.parse("VNA@vna.example:11112"),
            Set.of(ResultKind.SEG, ResultKind.SR, ResultKind.PREVIEW),
            new SegmentationFormat(Kind.LABELMAP, Compression.DEFLATED),
            Optional.of(Duration.ofHours(2)),
            Optional.of("SEG9"),
            Optional.of("ISO_IR 100"),
            Optional.empty());
    DestinationConfig web =
        new DestinationConfig(
            new DestinationAddress.StowRs(URI.create("https://web.example/dicom-web/studies")),
            Set.of(ResultKind.SEG),
            SegmentationFormat.DEFAULT,
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.of(new HttpAuthorization(HttpAuthorization.Scheme.BEARER, BASE.resolve("token"))));
    NodeConfig expected =
        new NodeConfig(
            "gpu-2",
            List.of("SEG1", "SEG2"),
            "127.0.0.1",
            104,
            Set.of("CT1", "PACS A"),
            Path.of("/srv/nmsw"),
            Path.of("/etc/bundles"),
            Map.of("pacs", pacs, "research", vna, "web", web),
            List.of(
                new Route(
                    new Route.Conditions(
                        Optional.of("SEG2"),
                        Optional.of("CT1"),
                        Map.of(RouteAttribute.BODY_PART, List.of("HEAD", "NECK*")),
                        OptionalDouble.of(0.5),
                        OptionalDouble.of(3),
                        40),
                    "headneck",
                    List.of("pacs", "research"),
                    Optional.of(Duration.ofSeconds(20)),
                    Route.Priority.URGENT,
                    new Effort(
                        Optional.of(SelectionRequest.Kind.RANDOM_FOREGROUND),
                        Optional.of(3),
                        Optional.of(PrecisionRequest.F32))),
                new Route(
                    new Route.Conditions(
                        Optional.empty(), Optional.empty(), Map.of(), OptionalDouble.empty(), OptionalDouble.empty(), 0),
                    "abdomen",
                    List.of("pacs"),
                    Optional.empty(),
                    Route.Priority.ROUTINE,
                    Effort.USUAL)),
            new SeriesConfig(Duration.ofMillis(500), Duration.ofHours(2), 20),
            new NetworkConfig(
                7,
                3,
                new DataSize(65536),
                Duration.ofMinutes(3),
                Duration.ofSeconds(4),
                NetworkConfig.Compressed.LOSSLESS,
                Optional.of(
                    new TlsConfig(
                        new TlsFiles(
                            Optional.of(BASE.resolve("node.crt")),
                            Optional.of(BASE.resolve("node.key")),
                            Path.of("/etc/ca.crt"),
                            Optional.of("geheim")),
                        false))),
            new StorageConfig(
                new DataSize(3L << 29),
                new DataSize(100 << 20),
                new QuotaConfig(
                    Optional.of(new DataSize(400L << 30)),
                    Optional.of(new DataSize(50L << 30)),
                    Map.of("PACS A", new DataSize(300L << 30))),
                new RetentionConfig(
                    Duration.ofDays(3), Optional.of(new DataSize(200L << 30)), Duration.ofHours(2))),
            new DatabaseConfig("jdbc:postgresql://db/nmsw", "nmsw", "secret"),
            new ComputeConfig(
                "cuda:1",
                PrecisionRequest.BF16,
                3,
                new SelectionRequest(SelectionRequest.Kind.MARGINAL_GAIN, Optional.of(12), 7)),
            new WorkConfig(3, Duration.ofMinutes(1), Duration.ofHours(1), Duration.ofSeconds(5)),
            new DeliveryConfig(
                Duration.ofSeconds(3),
                Duration.ofSeconds(4),
                Duration.ofSeconds(2),
                Duration.ofDays(1),
                Duration.ofDays(2),
                Duration.ofHours(3),
                true),
            new TrendRules(ZoneId.of("Europe/Berlin"), 14, 60, 20, 5),
            new ReviewConfig(true, true, new DataSize(3L << 30)),
            Optional.of(
                new WebSettings(
                    "127.0.0.2", 8080, Optional.of(Path.of("/etc/tokens")), Set.of("ct.example"), true, true)),
            Optional.of(
                new AuditConfig(
                    URI.create("tls://audit.example:6514"),
                    Optional.of(
                        new TlsFiles(
                            Optional.of(BASE.resolve("audit.crt")),
                            Optional.of(BASE.resolve("audit.key")),
                            BASE.resolve("audit-ca.crt"),
                            Optional.of("geheim"))),
                    Optional.of("ward 3"),
                    5)),
            new LogConfig(LogConfig.Format.JSON, Level.DEBUG, Map.of("nmsw.dicom", Level.WARN)));
    assertEquals(expected, config);
    assertEquals(
        List.of(ResultKind.SEG, ResultKind.SR, ResultKind.PREVIEW),
        List.copyOf(config.destinations().get("research").objects()),
        "what a report refers to is sent before it");
  }

  @Test
  void whatADestinationCannotBeSentIsReported() {
    String yaml =
        """
        dataDirectory: data
        modelsDirectory: models
        destinations:
          a: {address: A@h:1, objects: [seg, pdf], segmentation: bits, compression: zip}
          b: {objects: [], colour: blue}
          c: {address: nowhere}
          d: {address: A@h:1, commitment: 0s, callingAe: 'A\\B'}
          e: {address: A@h:1, commitment: soon}
          f: {address: 'https://h/dicom', commitment: true, callingAe: A}
          g: {address: 'http://h/dicom', basicFile: secret}
          h: {address: A@h:1, bearerFile: token}
          i: {address: 'https://h', basicFile: secret, bearerFile: token}
          j: https://user:secret@h/dicom
          k: {address: A@h:1, characterSet: UTF-8}
        routes:
          - {model: abdomen, destinations: a}
        """;
    ConfigException refusal =
        assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE));
    for (String expected :
        new String[] {
          "line 4: destinations.a.objects: 'pdf' is not one of seg, sr, preview",
          "line 4: destinations.a.segmentation: kind of segmentation 'bits' is none of [binary, fractional, labelmap, labelmap16]",
          "line 4: destinations.a.compression: compression 'zip' is none of [none, deflated, rle]",
          "line 5: destinations.b.address: is needed",
          "line 5: destinations.b.objects: needs at least one of seg, sr, preview",
          "line 5: destinations.b.colour: unknown key",
          "line 6: destinations.c.address: ",
          "line 7: destinations.d.commitment: must be longer than zero",
          "line 7: destinations.d.callingAe: 'A\\B' is not an AE title",
          "line 8: destinations.e.commitment: 'soon' is not a duration",
          "line 9: destinations.f.commitment: is for AETITLE@HOST:PORT",
          "line 9: destinations.f.callingAe: is for AETITLE@HOST:PORT",
          "line 10: destinations.g.address: the secret would be open",
          "line 11: destinations.h.address: basicFile and bearerFile are for",
          "line 12: destinations.i.bearerFile: there is a basicFile too",
          "line 13: destinations.j: the address has a secret in it",
          "line 14: destinations.k.characterSet: 'UTF-8' is none of [GB18030, GBK, ISO_IR 100,",
        }) {
      assertTrue(refusal.getMessage().contains(expected), () -> expected + "\nnot in\n" + refusal.getMessage());
    }
  }

  /** A report names segments, which have to be somewhere. */
  @Test
  void aReportNeedsItsSegmentationOnTheSameRoute() throws ConfigException {
    String yaml =
        """
        dataDirectory: data
        modelsDirectory: models
        destinations:
          pacs: PACS@10.0.0.5:104
          ris: {address: RIS@10.0.0.6:104, objects: sr, segmentation: %s}
        routes:
          - {model: abdomen, destinations: %s}
        """;
    String together = yaml.formatted("binary", "[ris, pacs]");
    assertEquals(
        Set.of(ResultKind.SR),
        NodeConfig.parse(together, "node.yaml", BASE).destinations().get("ris").objects());
    for (String wrong : List.of(yaml.formatted("binary", "ris"), yaml.formatted("labelmap", "[ris, pacs]"))) {
      ConfigException refusal =
          assertThrows(ConfigException.class, () -> NodeConfig.parse(wrong, "node.yaml", BASE));
      assertTrue(refusal.getMessage().contains("line 7: routes[0].destinations: 'ris' gets a report on"), wrong);
    }
  }

  /** Keeps the test above complete: a property that it does not set would still have its default. */
  @Test
  void everyPropertyOfThatTestDiffersFromItsDefault() throws Exception {
    NodeConfig set = NodeConfig.parse(EVERYTHING, "node.yaml", BASE);
    NodeConfig defaults = NodeConfig.parse(LEAST, "node.yaml", BASE);
    assertDiffer(set, defaults);
  }

  private static void assertDiffer(Record set, Record defaults) throws ReflectiveOperationException {
    for (RecordComponent component : set.getClass().getRecordComponents()) {
      Object one = component.getAccessor().invoke(set);
      Object other = component.getAccessor().invoke(defaults);
      if (one instanceof Record inner && !(one instanceof DataSize)) {
        assertDiffer(inner, (Record) other);
      } else {
        assertNotEquals(other, one, component.getName());
      }
    }
  }

  @Test
  void whatTrendsSayFitsTogether() {
    String yaml = LEAST + "trends: {timeZone: Berlin, recentDays: 0, referenceDays: 400, minimumSeries: 1, alert: 17}\n";
    List<String> problems =
        assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE)).problems();
    assertEquals(5, problems.size(), problems::toString);
    assertTrue(problems.get(0).contains("trends.timeZone: 'Berlin' is no time zone"), problems::toString);
    assertTrue(
        problems.stream().anyMatch(problem -> problem.contains("trends.referenceDays: results are kept for 400 days")),
        problems::toString);
  }

  @Test
  void whatStorageSaysFitsTogether() {
    String yaml =
        LEAST
            + """
            storage:
              quota: {total: 1GiB, senders: {THIS_TITLE_IS_TOO_LONG: 1GiB, CT1: much}}
              retention: {age: 30m, total: 2GiB, atLeast: 31m}
            """;
    String message =
        assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE)).getMessage();
    for (String expected :
        List.of(
            "storage.quota.senders.THIS_TITLE_IS_TOO_LONG: 'THIS_TITLE_IS_TOO_LONG' is not an AE title",
            "storage.quota.senders.CT1: 'much' is not a size",
            "storage.retention: total is larger than quota.total",
            "storage.retention.atLeast: is longer than age")) {
      assertTrue(message.contains(expected), () -> expected + "\nnot in\n" + message);
    }
  }

  @Test
  void allErrorsAreReportedTogetherWithKeyAndLine() {
    String yaml =
        """
        aeTitles: [THIS_TITLE_IS_TOO_LONG]
        port: 70000
        prot: 11112
        dataDirectory: data
        destinations: {pacs: PACS@10.0.0.5}
        routes:
          - {model: ../../etc, destinations: [archive]}
        series:
          quiet: soon
          maxWait: 1s
        storage: {diskReserve: 2 bananas}
        compute: {device: gpu, precision: f16}
        """;
    ConfigException refusal =
        assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE));
    String message = refusal.getMessage();
    for (String expected :
        new String[] {
          "line 1: aeTitles: 'THIS_TITLE_IS_TOO_LONG'",
          "line 2: port: '70000' is not between 0 and 65535",
          "line 3: prot: unknown key, is port meant?; known here: ",
          "line 5: destinations.pacs:",
          "modelsDirectory: is needed",
          "line 7: routes[0].model: '../../etc' is not a name",
          "line 7: routes[0].destinations: 'archive' is not among the destinations",
          "line 9: series.quiet: 'soon' is not a duration",
          "series.maxWait: is shorter than quiet",
          "line 11: storage.diskReserve: '2 bananas' is not a size",
          "line 12: compute.device: 'gpu' is not auto, cpu, cuda or cuda:N",
          "line 12: compute.precision: 'f16' is not auto, f32 or bf16"
        }) {
      assertTrue(message.contains(expected), () -> expected + "\nnot in\n" + message);
    }
  }

  @Test
  void anAuditRepositoryNeedsAnAddressAndMaterial() {
    for (String wrong :
        List.of(
            "audit: {site: x}", "audit: {repository: audit.example}", "audit: {repository: 'tcp://a:1'}",
            "audit: {repository: 'udp://a'}", "audit: {repository: 'udp://a:1/x'}", "audit: {repository: 'tls://a:1'}",
            "audit: {repository: 'tls://a:1', tls: {privateKey: k, trusted: t}}",
            "log: {format: xml}", "log: {level: loud}", "log: {levels: {nmsw: 3}}")) {
      assertThrows(ConfigException.class, () -> NodeConfig.parse(LEAST + wrong + "\n", "node.yaml", BASE), wrong);
    }
  }

  @Test
  void onlyNearKeysAreSuggested() {
    ConfigException refusal =
        assertThrows(
            ConfigException.class,
            () ->
                NodeConfig.parse(
                    LEAST + "series: {quite: 1s, MAXWAIT: 2s, minSlice: 3, silence: 4s}\n", "node.yaml", BASE));
    String known = "; known here: quiet, maxWait, minSlices";
    assertEquals(
        List.of(
            "line 6: series.quite: unknown key, is quiet meant?" + known,
            "line 6: series.MAXWAIT: unknown key, is maxWait meant?" + known,
            "line 6: series.minSlice: unknown key, is minSlices meant?" + known,
            "line 6: series.silence: unknown key" + known),
        refusal.problems());
  }

  @Test
  void passwordsMayStandInFilesOfTheirOwn(@TempDir Path folder) throws Exception {
    Files.writeString(folder.resolve("db"), "geheim\n");
    NodeConfig config = NodeConfig.parse(LEAST + "database: {passwordFile: db}\n", "node.yaml", folder);
    assertEquals("geheim", config.database().password());
    Files.writeString(folder.resolve("two"), "one\ntwo\n");
    Files.write(folder.resolve("binary"), new byte[] {(byte) 0xFF, (byte) 0xFE});
    for (String wrong : List.of("passwordFile: none", "passwordFile: two", "passwordFile: binary", "passwordFile: .",
        "passwordFile: db, password: x")) {
      ConfigException refusal =
          assertThrows(
              ConfigException.class,
              () -> NodeConfig.parse(LEAST + "database: {" + wrong + "}\n", "node.yaml", folder));
      assertEquals(1, refusal.problems().size(), refusal.getMessage());
      assertTrue(refusal.getMessage().contains("line 6: database.passwordFile: "), refusal.getMessage());
      assertTrue(!refusal.getMessage().contains("geheim"), refusal.getMessage());
    }
  }

  @Test
  void aFileThatCannotBeReadIsAProblemToo(@TempDir Path folder) throws Exception {
    Path none = folder.resolve("none.yaml");
    assertEquals(
        none + ": there is no such file",
        assertThrows(ConfigException.class, () -> NodeConfig.read(none)).getMessage());
    Path latin = Files.write(folder.resolve("latin.yaml"), new byte[] {'#', (byte) 0xE4, '\n'});
    assertEquals(
        latin + ": is not UTF-8 text", assertThrows(ConfigException.class, () -> NodeConfig.read(latin)).getMessage());
  }

  @Test
  void yamlTricksAreRefused() {
    for (String yaml :
        new String[] {
          LEAST + "port: 1\nport: 2\n",
          LEAST + "bind: &a x\nname: *a\n",
          "- a list",
          "{unclosed",
          LEAST + "port: [1]\n",
          LEAST + "series: 5\n"
        }) {
      assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE), yaml);
    }
  }

  @Test
  void aPasswordIsNotInTheDatabasesUrl() {
    for (String url :
        List.of("jdbc:postgresql://db/nmsw?user=n&password=hush", "jdbc:postgresql://n:hush@db/nmsw", "jdbc:h2:mem:x;PASSWORD=hush")) {
      String yaml = LEAST + "database: {url: '" + url + "'}\n";
      ConfigException refusal = assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE), url);
      assertTrue(refusal.getMessage().contains("database.url: holds a password"), refusal.getMessage());
      assertFalse(refusal.getMessage().contains("hush"), refusal.getMessage());
    }
  }

  @Test
  void tlsNeedsItsMaterial() {
    for (String wrong :
        List.of("network: {tls: {certificate: a}}\n", "network: {tls: {trusted: a}}\n", "delivery: {tls: true}\n",
            "network: {tls: {certificate: a, trusted: b, clientCertificates: perhaps}}\n")) {
      assertThrows(ConfigException.class, () -> NodeConfig.parse(LEAST + wrong, "node.yaml", BASE), wrong);
    }
  }

  @Test
  void pagesForOtherMachinesNeedALoginAndTls() throws ConfigException {
    String tls = "network: {tls: {certificate: node.crt, trusted: ca.crt}}\n";
    for (String bind : List.of("0.0.0.0", "192.0.2.7", "'::'")) {
      for (String more : List.of("", ", tls: true", ", tokenFile: tokens")) {
        String yaml = LEAST + tls + "web: {bind: " + bind + more + "}\n";
        ConfigException refused =
            assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE), yaml);
        assertTrue(refused.getMessage().contains("web.bind"), refused.getMessage());
      }
      NodeConfig.parse(LEAST + tls + "web: {bind: " + bind + ", tls: true, tokenFile: tokens}\n", "node.yaml", BASE);
    }
    NodeConfig.parse(LEAST + "web: {bind: '::1'}\n", "node.yaml", BASE);
    assertThrows(
        ConfigException.class, () -> NodeConfig.parse(LEAST + "web: {tls: true, tokenFile: t}\n", "node.yaml", BASE));
  }

  @Test
  void thePasswordIsNotPrinted() throws ConfigException {
    String printed = NodeConfig.parse(EVERYTHING, "node.yaml", BASE).toString();
    assertTrue(!printed.contains("secret") && !printed.contains("geheim") && printed.contains("user=nmsw"), printed);
  }

  @Test
  void theExampleIsValidAndSaysTheDefaults() throws Exception {
    Path example = Path.of(System.getProperty("nmsw.root"), "config", "node.yaml");
    NodeConfig config = NodeConfig.read(example);
    NodeConfig defaults = NodeConfig.parse(LEAST, "node.yaml", BASE);
    assertEquals(defaults.series(), config.series());
    assertEquals(defaults.network(), config.network());
    assertEquals(defaults.storage(), config.storage());
    assertEquals(defaults.compute(), config.compute());
    assertEquals(defaults.work(), config.work());
    assertEquals(defaults.delivery(), config.delivery());
    assertEquals(defaults.review(), config.review());
    assertEquals(defaults.log(), config.log());
    for (String name : Arrays.asList("name", "aeTitles", "bind", "port", "callingAeTitles")) {
      assertEquals(
          NodeConfig.class.getMethod(name).invoke(defaults), NodeConfig.class.getMethod(name).invoke(config));
    }
  }

  @Test
  void theSlidingWindowAndADeadlineExcludeEachOther() {
    String yaml =
        LEAST.replace("destinations: pacs}", "destinations: pacs, deadline: 20s}")
            + "compute: {selection: sliding-window}\n";
    ConfigException refusal =
        assertThrows(ConfigException.class, () -> NodeConfig.parse(yaml, "node.yaml", BASE));
    assertTrue(refusal.getMessage().contains("selection sliding-window can keep none"), refusal.getMessage());
    for (String wrong : List.of("deadline: 0s", "deadline: soon")) {
      String other = LEAST.replace("destinations: pacs}", "destinations: pacs, " + wrong + "}");
      ConfigException problem =
          assertThrows(ConfigException.class, () -> NodeConfig.parse(other, "node.yaml", BASE));
      assertTrue(problem.getMessage().contains("deadline"), problem.getMessage());
    }
  }
}
