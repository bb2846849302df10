import Vocabulary

/// Text in columns, for people.
public struct Table: Equatable, Sendable {
  public enum Alignment: Sendable {
    case left
    case right
  }

  private var header: [String]
  private var alignments: [Alignment]
  private var rows: [[String]] = []

  public init(_ columns: [(title: String, alignment: Alignment)]) {
    header = columns.map(\.title)
    alignments = columns.map(\.alignment)
  }

  /// - Parameter cells: one for each column.
  public mutating func append(_ cells: [String]) {
    precondition(cells.count == header.count, "a row has a cell for each column")
    rows.append(cells.map(\.escapingControls))
  }

  /// The table's lines, columns padded to their widest cell and two blanks apart.
  public var lines: [String] {
    let widths = header.indices.map { column in ([header] + rows).map { $0[column].columns }.max()! }
    return ([header] + rows).map { cells in
      var line = ""
      for (column, cell) in cells.enumerated() {
        let padding = String(repeating: " ", count: widths[column] - cell.columns)
        if column > 0 { line += "  " }
        line += alignments[column] == .right ? padding + cell : cell + padding
      }
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}

extension String {
  /// Columns that the text takes on a terminal: East Asian characters take two, combining marks none.
  var columns: Int {
    unicodeScalars.reduce(0) { width, scalar in
      switch scalar.properties.generalCategory {
      case .nonspacingMark, .enclosingMark, .format, .control: return width
      case _ where scalar.joinsSyllable: return width
      default: return width + (scalar.isWide ? 2 : 1)
      }
    }
  }
}

extension Unicode.Scalar {
  /// Vowels and final consonants of decomposed Hangul share the columns of the consonant before them.
  fileprivate var joinsSyllable: Bool { (0x1160...0x11FF).contains(value) }

  /// The blocks of Unicode's East Asian Width property that are in use in names.
  fileprivate var isWide: Bool {
    switch value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
      true
    default: false
    }
  }
}
