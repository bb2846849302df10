import FoundationEssentials

enum Program {
  /// Whether there is a program of that name where a shell, or root's, would find it.
  static func isInstalled(
    _ name: String, path: String = ProcessInfo.processInfo.environment["PATH"] ?? ""
  ) -> Bool {
    (path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]).contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }
}
