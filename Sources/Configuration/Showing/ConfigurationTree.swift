import Parameters

extension Configuration {
  /// The configuration as a file that, read again, gives the same one.
  public var yaml: String { tree.yamlLines.map { $0 + "\n" }.joined() }

  /// Every key with its value, defaults included; below `inference` what is set.
  public var tree: SettingTree {
    .mapping([
      .init("watch", .list(watch.map(\.tree))),
      .init("settle_seconds", settle.secondsTree),
      .init("pipeline_wait_minutes", pipelineWait.minutesTree),
      .init("require_execution_log", .truth(requiresExecutionLog)),
      .init(
        "existing_results",
        .word((replacesForeignResults ? ExistingResults.replace : .keep).rawValue)),
      .init("inference_file", .orNull(inferenceFile) { .text($0.path) }),
      .init("inference", inference.tree),
      .init("figures", figures.tree),
      .init("limits", limits.tree),
      .init("retry", retry.tree),
      .init("history", .mapping([.init("days", .whole(history.days)), .init("rows", .whole(history.rows))])),
      .init(
        "notify", .mapping([.init("command", .orNull(notifyCommand) { .list($0.map { .text($0) }) })])),
      .init("control_group", .orNull(controlGroup) { .text($0) }),
    ])
  }
}

extension WatchedRoot {
  fileprivate var tree: SettingTree {
    .mapping([
      .init("path", .text(path)), .init("backend", .word(backend.rawValue)),
      .init("exclude", .list(exclude.map { .text($0) })), .init("priority", .whole(priority)),
      .init("backlog", .word(backlog.text)),
    ])
  }
}

extension ParameterOverrides {
  /// What is set, under its own names.
  public var tree: SettingTree {
    func entry<Value>(
      _ key: InferenceParameters.CodingKeys, _ value: Value?, _ tree: (Value) -> SettingTree
    ) -> SettingTree.Entry? {
      value.map { SettingTree.Entry(key.rawValue, tree($0)) }
    }
    let entries = [
      entry(.timeLims, timeLims) { .list([.whole($0.start), .whole($0.end)]) },
      entry(.binSize, binSize) { .whole($0) },
      entry(.forecastTime, forecastTime) { .whole($0) },
      entry(.trainSteps, trainSteps) { .whole($0) },
      entry(.hiddenSize, hiddenSize) { .whole($0) },
      entry(.trainTestSplit, trainTestSplit) { .decimal($0) },
      entry(.usePCA, usePCA) { .truth($0) },
      entry(.separateTastes, separateTastes) { .truth($0) },
      entry(.separateRegions, separateRegions) { .truth($0) },
      entry(.patience, patience) { .whole($0) },
      entry(.model, model) { .word($0.rawValue) },
      entry(.dropout, dropout) { .decimal($0) },
      entry(.learningRate, learningRate) { .decimal($0) },
      entry(.seed, seed) { .whole(Int(clamping: $0)) },
    ]
    return .mapping(entries.compactMap(\.self))
  }
}

extension Configuration.Figures {
  fileprivate var tree: SettingTree {
    .mapping([
      .init("set", .word(set.rawValue)), .init("format", .word(format.rawValue)), .init("dpi", .whole(dpi)),
    ])
  }
}

extension Configuration.Limits {
  fileprivate var tree: SettingTree {
    let jobs: SettingTree =
      switch jobs {
      case .auto: .word("auto")
      case .count(let count): .whole(count)
      }
    func percent(_ value: Int?) -> SettingTree { .orNull(value) { .whole($0) } }
    return .mapping([
      .init("jobs", jobs),
      .init("cpu_percent_per_job", .whole(cpuPerJobPercent)),
      .init("memory_per_job_mb", .whole(memoryPerJobMB)),
      .init("memory_total_percent", .whole(memoryTotalPercent)),
      .init("wall_time_per_job_minutes", wallTimePerJob.minutesTree),
      .init("nice", .whole(nice)),
      .init("io_class", .word(ioClass.rawValue)),
      .init("free_disk_min_mb", .whole(freeDiskMinimumMB)),
      .init(
        "pressure_max_percent",
        .mapping([
          .init("cpu", percent(pressure.cpuPercent)), .init("memory", percent(pressure.memoryPercent)),
          .init("io", percent(pressure.ioPercent)),
        ])),
      .init("hours", .orNull(hours) { .text($0.description) }),
    ])
  }
}

extension Configuration.Retry {
  fileprivate var tree: SettingTree {
    .mapping([
      .init("attempts", .whole(attempts)), .init("first_delay_seconds", firstDelay.secondsTree),
      .init("max_delay_seconds", longestDelay.secondsTree),
    ])
  }
}

extension Duration {
  fileprivate var secondsTree: SettingTree {
    let milliseconds = Int(components.attoseconds / 1_000_000_000_000_000)
    let seconds = Int(components.seconds)
    return milliseconds == 0 ? .whole(seconds) : .decimal(Double(seconds) + Double(milliseconds) / 1000)
  }

  fileprivate var minutesTree: SettingTree { .whole(Int(components.seconds) / 60) }
}
