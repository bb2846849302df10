import FoundationEssentials

extension DemoSession {
  /// The files beside the .h5, in the order in which they are written.
  func sidecars(name: String, electrodes: [Int]) throws -> [(name: String, text: String)] {
    let now = Self.localTime(Date.now)
    let scripts = [
      "blech_exp_info.py", "blech_init.py", "blech_common_avg_reference.py", "blech_process.py",
      "blech_post_process.py", "blech_make_arrays.py",
    ]
    let times = Dictionary(uniqueKeysWithValues: scripts.map { ("/opt/blech_clust/\($0)", now) })
    return [
      ("\(name).info", try Self.json(info(name: name))),
      (
        "\(name).params",
        try Self.json(
          Params(
            durations: [Self.durations.before, Self.durations.after], samplingRate: Self.samplingRate))
      ),
      ("\(name)_electrode_layout.csv", layout(name: name)),
      ("execution_log.json", try Self.json(["attempted": times, "completed": times])),
    ]
  }

  private func info(name: String) -> Info {
    let tasteNumbers = Array(0..<tastes)
    let layout = Self.regions.enumerated().map { index, region in
      (region, [Array(index * Self.electrodesPerRegion..<(index + 1) * Self.electrodesPerRegion)])
    }
    return Info(
      name: name, experiment: "demo", regions: Self.regions,
      electrodeLayout: Dictionary(uniqueKeysWithValues: layout),
      tasteParameters: Info.Tastes(
        digIns: tasteNumbers, digInNames: tasteNumbers.map(Self.digIn),
        tastes: tasteNumbers.map { Self.tasteNames[$0 % Self.tasteNames.count] },
        trialCount: tasteNumbers.map { _ in trials }, concentrations: tasteNumbers.map { _ in 0.1 },
        palatabilityRankings: tasteNumbers.map { tastes - $0 }),
      notes: "synthetic session written by blechctl demo")
  }

  private func layout(name: String) -> String {
    let rows = Self.regions.indices.flatMap { region in
      (0..<Self.electrodesPerRegion).map { index in
        let electrode = region * Self.electrodesPerRegion + index
        return "amp-A-\(electrode).dat,\(electrode),\(electrode),A,\(Self.regions[region].uppercased())\n"
      }
    }
    return "filename,electrode_ind,electrode_num,port,CAR_group\n" + rows.joined()
  }

  /// "YYYY-MM-DD HH:MM:SS" in local time, as Python's log has it.
  private static func localTime(_ date: Date) -> String {
    date.formatted(
      Date.ISO8601FormatStyle(dateTimeSeparator: .space, timeZone: .current).year().month().day()
        .time(includingFractionalSeconds: false))
  }

  private static func json(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(value), as: UTF8.self) + "\n"
  }
}

/// The part of a session's .info that its readers use.
private struct Info: Encodable {
  struct Tastes: Encodable {
    let digIns: [Int]
    let digInNames: [String]
    let tastes: [String]
    let trialCount: [Int]
    let concentrations: [Double]
    let palatabilityRankings: [Int]

    enum CodingKeys: String, CodingKey {
      case digIns = "dig_ins"
      case digInNames = "dig_in_names"
      case tastes
      case trialCount = "trial_count"
      case concentrations = "concs"
      case palatabilityRankings = "pal_rankings"
    }
  }

  let name: String
  let experiment: String
  let regions: [String]
  let electrodeLayout: [String: [[Int]]]
  let tasteParameters: Tastes
  let notes: String

  enum CodingKeys: String, CodingKey {
    case name
    case experiment = "exp_type"
    case regions
    case electrodeLayout = "electrode_layout"
    case tasteParameters = "taste_params"
    case notes
  }
}

private struct Params: Encodable {
  let durations: [Int]
  let samplingRate: Int

  enum CodingKeys: String, CodingKey {
    case durations = "spike_array_durations"
    case samplingRate = "sampling_rate"
  }
}
