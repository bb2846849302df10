extension [String: String] {
  /// The variable's value, if it is an absolute path: the XDG base directory specification has others
  /// ignored.
  func absolutePath(_ variable: String) -> String? { self[variable].flatMap { $0.isAbsolutePath ? $0 : nil } }

  /// The first of the directories that systemd names in the variable: a unit may have several, the first is
  /// ours.
  func firstDirectory(_ variable: String) -> String? {
    absolutePath(variable).map { String($0.prefix { $0 != ":" }) }
  }
}
