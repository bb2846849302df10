import Configuration
import Control
import FileAccess
import FoundationEssentials
import Jobs
import Machine
import Reporting
import SystemPackage
import Vocabulary
import Watching
import WorkerProtocol

/// Looks at everything and puts the lines in order.
struct Doctor: Sendable {
  let site: DoctorSite
  let daemon: DaemonOptions

  /// Roots that are looked at side by side: each is two processes.
  private static let mostSideBySide = 4

  func examine() async -> [DoctorLine] {
    let (file, configuration, configurationLines) = loadConfiguration()
    async let worker = tryWorker()
    let (status, socket) = await askDaemon()
    let minimumFreeMB = (configuration?.limits ?? Configuration.Limits()).freeDiskMinimumMB
    async let belongings = Child(examiner: site.examiner).examine(
      .belongings(belongings(file, minimumFreeMB: minimumFreeMB)))
    let roots = await examineRoots(configuration, file, try? status.get())
    let size = roots.reduce(DoctorPart.Size()) { $0 + $1.size }
    let daemonCheck = DaemonCheck(file: file.hasPrefix("/") ? file : nil)
    let systemd = SystemdCheck(isOwn: site.isOwn, file: file)
    let own = await belongings
    return configurationLines + own.lines.filter { $0.check == .config } + [site.examiner.line]
      + roots.flatMap(\.lines)
      + InotifyCheck(directories: size.directories, trees: size.trees).lines(.ofThisMachine())
      + [await worker] + own.lines.filter { $0.check != .config }
      + [DirectoriesCheck.line(socket: site.runtime.controlSocket)].compactMap { $0 }
      + daemonCheck.lines(status, at: socket) + systemd.lines(site.systemd)
      + [controlGroups(inForce: try? status.get().work?.limits)]
  }

  private func loadConfiguration() -> (file: String, Configuration?, [DoctorLine]) {
    let found: ConfigurationFile
    do throws(Failure) {
      found = try site.file.get()
    } catch {
      return (ConfigurationFile.system.path, nil, ConfigurationCheck.lines(.failure(error)))
    }
    do throws(ConfigurationError) {
      let configuration = try found.load()
      return (found.path, configuration, ConfigurationCheck.lines(.success((found, configuration))))
    } catch {
      return (found.path, nil, ConfigurationCheck.lines(error))
    }
  }

  private func examineRoots(
    _ configuration: Configuration?, _ file: String, _ status: StatusDocument?
  ) async -> [Child.Findings] {
    let parts = (configuration?.watch ?? []).map { root in
      DoctorPart.root(
        .init(
          path: root.path, backend: root.backend.rawValue, exclusions: root.exclude,
          backendInForce: status?.watches.first { $0.path == FilePath(root.path).shown }?.backend,
          minimumFreeMB: configuration?.limits.freeDiskMinimumMB ?? 0, file: file,
          user: site.examiner.account.name))
    }
    let child = Child(examiner: site.examiner)
    return await withTaskGroup(of: (Int, Child.Findings).self) { group in
      var findings = [Child.Findings](repeating: .init(), count: parts.count)
      var waiting = parts.enumerated().makeIterator()
      func startNext() {
        guard let (index, part) = waiting.next() else { return }
        group.addTask { (index, await child.examine(part)) }
      }
      for _ in 0..<Self.mostSideBySide { startNext() }
      for await (index, found) in group {
        findings[index] = found
        startNext()
      }
      return findings
    }
  }

  private func belongings(_ file: String, minimumFreeMB: Int) -> DoctorPart.Belongings {
    let hasUnit = if case .present(let unit) = site.systemd { unit.exists } else { false }
    let maker: DirectoriesCheck.Maker = site.isOwn ? .blechd : hasUnit ? .systemd : .administrator
    let directory = FileManager.default.currentDirectoryPath
    let owner: String? = if case .standIn(_, let owner) = site.examiner, !site.isOwn { owner } else { nil }
    return DoctorPart.Belongings(
      account: site.examiner.account, owner: owner, stateDirectory: site.state.path,
      runtimeDirectory: site.runtime.path,
      // A child works elsewhere.
      configuration: file.hasPrefix("/") ? file : "\(directory)/\(file)", maker: maker,
      minimumFreeMB: minimumFreeMB)
  }

  private func askDaemon() async -> (Result<StatusDocument, Failure>, socket: String) {
    do throws(Failure) {
      let answer = try await daemon.ask(.status)
      guard let status = try? JSONDocument.decode(StatusDocument.self, from: answer) else {
        throw Failure.unknownAnswer
      }
      return (.success(status), site.runtime.controlSocket)
    } catch {
      return (.failure(error), error.place)
    }
  }

  /// In a folder of its own, where nothing but the worker itself can be at fault.
  private func tryWorker() async -> DoctorLine {
    let folder = FileManager.default.temporaryDirectory.appending(path: "blechd-doctor-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    do throws(Failure) {
      let path = try WorkerExecutable.find().path
      do {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
      } catch {
        throw Failure(.cannotWrite, folder.path, "cannot be made", remedy: "name another folder in $TMPDIR")
      }
      do throws(Failure) {
        return WorkerCheck.line(path, .success(try await RootExamination.probe(folder.path)))
      } catch {
        return WorkerCheck.line(path, .failure(error))
      }
    } catch {
      return WorkerCheck.line(error.place, .failure(error))
    }
  }

  private func controlGroups(inForce: String?) -> DoctorLine {
    ControlGroupCheck(
      obstacle: ControlGroups.machineObstacle, systemd: site.systemd, isOwn: site.isOwn, inForce: inForce
    ).line
  }
}
