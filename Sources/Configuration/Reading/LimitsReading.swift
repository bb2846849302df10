extension Configuration.Limits {
  mutating func read(_ mapping: Mapping) {
    mapping.read {
      jobs = $0["jobs"]?.jobs() ?? jobs
      cpuPerJobPercent = $0["cpu_percent_per_job"]?.wholeNumber(in: 1...1000) ?? cpuPerJobPercent
      memoryPerJobMB = $0["memory_per_job_mb"]?.wholeNumber(in: 64...1_048_576) ?? memoryPerJobMB
      memoryTotalPercent = $0["memory_total_percent"]?.wholeNumber(in: 1...100) ?? memoryTotalPercent
      if let minutes = $0["wall_time_per_job_minutes"]?.wholeNumber(in: 1...10_080, unit: "minutes") {
        wallTimePerJob = .minutes(minutes)
      }
      nice = $0["nice"]?.wholeNumber(in: 0...19) ?? nice
      ioClass = $0["io_class"]?.word(IOClass.self) ?? ioClass
      freeDiskMinimumMB = $0["free_disk_min_mb"]?.wholeNumber(in: 0...1_000_000_000) ?? freeDiskMinimumMB
      pressure.read($0.mapping("pressure_max_percent"))
      hours = $0["hours"]?.hours()
    }
  }
}

extension Configuration.Limits.Pressure {
  fileprivate mutating func read(_ mapping: Mapping) {
    mapping.read { mapping in
      func percent(_ key: String, _ value: inout Int?) {
        guard let setting = mapping[key] else { return }
        value = setting.isNull ? nil : setting.wholeNumber(in: 1...100, or: "null")
      }
      percent("cpu", &cpuPercent)
      percent("memory", &memoryPercent)
      percent("io", &ioPercent)
    }
  }
}

extension Setting {
  fileprivate func jobs() -> Configuration.Limits.Jobs? {
    if node.scalar?.string == "auto" { return .auto }
    return wholeNumber(in: 1...1024, or: "auto").map { .count($0) }
  }

  fileprivate func hours() -> HoursOfDay? {
    if isNull { return nil }
    let allowed = "two times, HH:MM-HH:MM, such as 19:00-07:00"
    guard let text = text(mustBe: allowed, mayBeNull: true) else { return nil }
    guard let hours = HoursOfDay(text) else {
      refuse(mustBe: "\(allowed), or null for any time")
      return nil
    }
    return hours
  }
}
