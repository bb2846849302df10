import Configuration
import Terminal
import Vocabulary

/// What `config check` says of a configuration that can be used.
struct ConfigurationSummary {
  private let configuration: Configuration
  private let file: String
  private let isFolder: (String) -> Bool

  /// - Parameter isFolder: whether there is a folder at a path.
  init(_ configuration: Configuration, file: String, isFolder: @escaping (String) -> Bool) {
    self.configuration = configuration
    self.file = file
    self.isFolder = isFolder
  }

  var lines: [String] {
    ["\(file.escapingControls): in order. It would watch:"] + roots + notices.map(\.escapingControls)
  }

  private var roots: [String] {
    var table = Table([
      ("FOLDER", .left), ("BACKEND", .left), ("PRIORITY", .right), ("BACKLOG", .left), ("EXCLUDED", .left),
    ])
    for root in configuration.watch {
      let backlog =
        switch root.backlog {
        case .none: "none"
        case .all: "all"
        case .since(let day): "since \(day)"
        }
      table.append([
        root.path, root.backend.rawValue, "\(root.priority)", backlog, root.exclude.joined(separator: ", "),
      ])
    }
    return table.lines
  }

  /// What a person may not have meant.
  private var notices: [String] {
    let missing = configuration.watch.filter { !isFolder($0.path) }.map {
      "notice: there is no folder \($0.path) now; blechd would wait for it"
    }
    let ignored = configuration.inferenceFile.map { file in
      file.ignoredKeys.map { "notice: \(file.path): blechd knows no parameter \($0); it is ignored" }
    }
    return missing + (ignored ?? [])
  }
}
