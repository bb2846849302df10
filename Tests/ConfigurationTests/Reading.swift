import Configuration
import FoundationEssentials

/// The path that problems name in these tests.
let someFile = "blechd.yaml"

/// The least that a configuration has.
let someRoot = "watch: [{path: /data/lab}]\n"

func read(_ yaml: String) throws(ConfigurationError) -> Configuration {
  try Configuration(yaml: Array(yaml.utf8), file: someFile)
}

/// What is wrong with the text, a line for each problem; nothing if all is well.
func problems(_ yaml: [UInt8]) -> [String] {
  do throws(ConfigurationError) {
    _ = try Configuration(yaml: yaml, file: someFile)
    return []
  } catch {
    return error.lines
  }
}

func problems(_ yaml: String) -> [String] { problems(Array(yaml.utf8)) }

/// The example that comes with blechd.
func example() throws -> String {
  let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()
  return String(decoding: try Data(contentsOf: project.appending(path: "config/blechd.yaml")), as: UTF8.self)
}
