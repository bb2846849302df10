import Configuration
import Parameters
import Testing

@testable import blechctl

@Suite struct ConfigurationSummaryTests {
  private func lines(_ configuration: Configuration, folders: Set<String>) -> [String] {
    ConfigurationSummary(configuration, file: "/etc/blechd/blechd.yaml", isFolder: folders.contains).lines
  }

  @Test func `It says what would be watched, and how`() {
    var first = WatchedRoot(path: "/data/lab")
    first.exclude = ["*.tmp", "old/**"]
    first.priority = 10
    var second = WatchedRoot(path: "/mnt/nas")
    second.backend = .polling
    second.backlog = .since("2026-01-31")
    #expect(
      lines(Configuration(watch: [first, second]), folders: ["/data/lab", "/mnt/nas"]) == [
        "/etc/blechd/blechd.yaml: in order. It would watch:",
        "FOLDER     BACKEND  PRIORITY  BACKLOG           EXCLUDED",
        "/data/lab  auto           10  none              *.tmp, old/**",
        "/mnt/nas   polling         0  since 2026-01-31",
      ])
  }

  @Test func `It says what a person may not have meant`() {
    var configuration = Configuration(watch: [WatchedRoot(path: "/data/lab\u{1B}")])
    configuration.inferenceFile = .init(
      path: "/p.json", parameters: ParameterOverrides(), ignoredKeys: ["zeta"])
    #expect(
      lines(configuration, folders: []).suffix(2) == [
        "notice: there is no folder /data/lab\\u{1b} now; blechd would wait for it",
        "notice: /p.json: blechd knows no parameter zeta; it is ignored",
      ])
  }
}
