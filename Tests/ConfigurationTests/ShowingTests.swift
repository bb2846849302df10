import Configuration
import TestSupport
import Testing

@Suite struct ConfigurationShowingTests {
  @Test func `What is shown reads back as what it was`() throws {
    #expect(try read(Everything.configuration.yaml) == Everything.configuration)
    let defaults = Configuration(watch: [WatchedRoot(path: "/data/lab")])
    #expect(try read(defaults.yaml) == defaults)
  }

  @Test func `An inference file is named, not copied`() throws {
    try withScratch { scratch in
      let file = try scratch.write("params of ours.json", #"{"bin_size": 50}"#)
      let configuration = try read(someRoot + "inference_file: \"\(file)\"\n")
      #expect(configuration.inference.binSize == nil)
      #expect(try read(configuration.yaml) == configuration)
    }
  }

  /// Characters that YAML, a terminal or a careless quotation might trip over.
  private static let oddities: [Unicode.Scalar] = [
    "a", "é", "/", " ", "\"", "'", "\\", "#", ":", "-", "*", "&", "!", "%", "@", "`", "{", "}", "[", "]", ",",
    "?",
    "|", ">", "\n", "\r", "\t", "\u{1}", "\u{7F}", "\u{85}", "\u{A0}", "\u{2028}", "\u{2029}", "\u{202E}",
    "\u{E000}", "\u{FFFE}", "\u{1F980}", "\u{10FFFF}", "\u{301}", "~", "0", ".",
  ]

  @Test func `Any text survives`() throws {
    var numbers = SeededNumbers(seed: 1)
    for _ in 0..<500 {
      func text() -> String {
        var text = ""
        for _ in 0..<Int.random(in: 1...12, using: &numbers) {
          text.unicodeScalars.append(Self.oddities.randomElement(using: &numbers)!)
        }
        return text
      }
      var configuration = Configuration(watch: [WatchedRoot(path: "/data/lab")])
      configuration.notifyCommand = ["/" + text(), text(), text()]
      #expect(try read(configuration.yaml) == configuration, "\(configuration.yaml)")
    }
  }

  @Test(arguments: [
    ("/data/lab", "/data/lab"), ("/data/my lab", "\"/data/my lab\""), ("/data/#1", "\"/data/#1\""),
    ("/a: b", "\"/a: b\""), ("/a\nb", "\"/a\\U0000000ab\""),
  ]) func `Text that could be taken for something else is quoted`(path: String, shown: String) {
    let lines = Configuration(watch: [WatchedRoot(path: path)]).yaml.split(separator: "\n")
    #expect(lines[1] == "  - path: \(shown)")
  }
}
