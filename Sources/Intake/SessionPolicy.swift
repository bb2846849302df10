import Watching

/// What of a directory tells that it is a session's, by names alone: no file of a session is opened here.
public enum SessionPolicy {
  /// Files that decide about a session. Hidden ones do not: half-copied files and the journals of commits have such names.
  public static let directories = DirectoryPolicy(
    isRelevant: { name in
      !name.isHidden
        && (name.hasSuffix(".h5") || name.hasSuffix(".info") || name.hasSuffix(".params")
          || others.contains(name))
    },
    kind: { names in
      let files = names.count { $0.hasSuffix(".h5") }
      let hasInfo = names.contains { $0.hasSuffix(".info") }
      // With one .h5 alone it may still become a session; with several, sessions may lie below it.
      if files == 1 && hasInfo { return .terminal }
      return files > 0 || hasInfo ? .reported : .ordinary
    })

  private static let others: Set<FileName> = ["execution_log.json", "blechrnn_params.json"]
}
