import FileAccess
import HDF5File
import InstructionSets
import SessionFolder
import Vocabulary
import WorkerProtocol

extension Worker {
  static func probe(_ task: ProbeTask) throws(Failure) -> ProbeResult {
    let directory: OpenDirectory
    do { directory = try OpenDirectory(at: task.directory) } catch { throw error.failure() }
    // To its end, so that nothing of it is left in somebody's folder.
    return try ParentWatch.uninterrupted { () throws(Failure) in
      do throws(H5Error) {
        let probe = try H5Probe(in: directory.descriptor, path: directory.path)
        return ProbeResult(
          lock: .init(probe.lock), hasLease: probe.hasLease,
          commitFailure: probe.commitError.map { Failure($0) }, libraryVersion: H5Probe.libraryVersion,
          instructionSet: KernelBuild.target)
      } catch {
        throw Failure(error)
      }
    }
  }
}

extension ProbeResult.Lock {
  fileprivate init(_ lock: H5Probe.Lock) {
    switch lock {
    case .excludes: self = .excludes
    case .doesNotExclude: self = .doesNotExclude
    case .refused(let error): self = .refused("\(error)")
    }
  }
}
